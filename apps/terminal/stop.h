/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* stop.h - a signal ends a command in order: the first is heeded, a second ends the program. */
#ifndef ZT_TERMINAL_STOP_H
#define ZT_TERMINAL_STOP_H

#include <stdbool.h>

struct zt_cancel;

/* The flag that the first signal sets, for zt_options; it lives as long as the program. */
const struct zt_cancel *stop_cancel(void);
/* From now on SIGINT, SIGTERM and SIGHUP, unless it is ignored, set the flag; each ends the
 * program the second time. */
void stop_heed_signals(void);
/* Whether a signal was heeded. */
bool stop_is_asked(void);

#endif
