/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* sleep.h - the machine is about to sleep: the desktop's login manager says so before
 * (org.freedesktop.login1 on the system's D-Bus), and waits for the agent to lock. */
#ifndef ZT_AGENT_SLEEP_H
#define ZT_AGENT_SLEEP_H

#include <stdbool.h>

struct agent;
struct sleep;

/* Asks to learn of it, and to be waited for, without waiting for answers. NULL: there is no
 * such bus here, and the clocks tell afterwards (door/idle.h). The caller gives it to
 * sleep_free, before the loop is gone. */
struct sleep *sleep_begin(struct agent *a);
/* Takes what came by the bus; where the machine is about to sleep, lets it once no device is
 * open any more. To be called in each turn of the loop. NULL is nothing. */
void sleep_turn(struct sleep *s);
/* NULL is nothing. */
void sleep_free(struct sleep *s);

#endif
