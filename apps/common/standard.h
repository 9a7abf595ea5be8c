/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* standard.h - checks standard input, output and error at start and exit. */
#ifndef ZT_COMMON_STANDARD_H
#define ZT_COMMON_STANDARD_H

#include <stdbool.h>

/* Call first in main. Opens closed ones so that their use fails: otherwise a file or socket
 * opened later would get their number and receive the program's output. */
void standard_begin(void);
/* Call last: whether all output has reached standard output. */
bool standard_end(void);

#endif
