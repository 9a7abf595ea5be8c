/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* completion.h - what shells complete and man shows, of the table of commands. */
#ifndef ZT_TERMINAL_COMPLETION_H
#define ZT_TERMINAL_COMPLETION_H

#include "terminal/command.h"

/* Prints the completion of bash or zsh, or the manual page, as the argument says. Errors:
 * USAGE. */
enum zt_err completion_show(struct cli *c);

#endif
