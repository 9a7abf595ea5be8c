/* standard.h - standard input, output and error as a program is given them, and how it leaves
 * them. */
#ifndef ZT_COMMON_STANDARD_H
#define ZT_COMMON_STANDARD_H

#include <stdbool.h>

/* The first act of a program. Those that are closed are opened so that their use fails: a file
 * or socket that is opened later would get their number, and what is printed would go there. */
void standard_begin(void);
/* The last act: whether all that was printed has reached standard output. */
bool standard_end(void);

#endif
