/* SPDX-License-Identifier: Apache-2.0 */
/* hear.h - an event of the servers with the name that this device knows. */
#ifndef ZT_PEOPLE_HEAR_H
#define ZT_PEOPLE_HEAR_H

#include "format/event.h"
#include "session/session.h"
#include "zt/sync.h"

#define HEAR_NAME 260

/* The name of TOPIC, its id, or "" for the organization, within a call. */
void hear_name(struct zt *z, const struct id *topic, char name[HEAR_NAME]);
/* E as libzt's users see it; borrows NAME, and SPACE, where it writes the topic's id. */
struct zt_event hear_event(const struct event *e, const char *name, char space[ID_TEXT]);

#endif
