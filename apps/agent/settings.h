/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* settings.h - what people set at the host, and which organization each device is of, which
 * pages show while it is locked: in a file of the agent's folder, in clear. */
#ifndef ZT_AGENT_SETTINGS_H
#define ZT_AGENT_SETTINGS_H

#include "agent/agent.h"

#define SETTINGS_LOCK_AFTER 15 /* minutes, until somebody says another time */

struct device;

/* Sets after how many minutes D locks, and what is known of it, as the file says; the usual,
 * and nothing, where it does not. */
void settings_read(struct device *d);
/* Writes what each device of A has; of devices whose folders are away what the file has, for
 * when they come back. False: it was not written, and the old one is there. */
bool settings_write(const struct agent *a);
/* Forgets what an earlier device KEY had, of which nothing is there any more: a new one begins
 * with the usual. False: it was not written. */
bool settings_forget(const struct agent *a, const char *key);

#endif
