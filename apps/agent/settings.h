/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* settings.h - what people set at the host, in a file of the agent's folder. */
#ifndef ZT_AGENT_SETTINGS_H
#define ZT_AGENT_SETTINGS_H

#include "agent/agent.h"

#define SETTINGS_LOCK_AFTER 15 /* minutes, until somebody says another time */

/* After how many minutes the device KEY locks, as the file says; the usual where it does not.
 */
unsigned settings_lock_after(const struct agent *a, const char *key);
/* Writes what each device of A has. False: it was not written, and the old one is there. */
bool settings_write(const struct agent *a);

#endif
