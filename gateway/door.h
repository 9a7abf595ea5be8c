/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* door.h - a listener: lets connections in, so many in a turn of the loop.
 *
 * lws accepts for as long as somebody waits: one caller who connects and leaves in a loop would
 * keep the loop from turning, and everybody else waiting. Belongs to the loop's thread. */
#ifndef ZT_GATEWAY_DOOR_H
#define ZT_GATEWAY_DOOR_H

#include "gateway/gateway.h"

struct ev_loop;

struct door_settings {
	const char *name;      /* of the setting, for sentences: "port" */
	const char *host;      /* an address, or the name of one */
	int64_t port;          /* 0: a free one */
	const char *port_file; /* gets the port; "": none does */
	bool is_metrics;       /* only pages, without TLS; else everything */
};

/* Listens as S says; what comes is a connection of lws. The caller closes *OUT before LOOP and
 * lws end. MESSAGE[200] says what failed. Errors: UNAVAILABLE (the port), CONFIG (the file),
 * MEMORY.
 */
ZT_CHECKED enum zt_err door_open(struct gateway *g, struct ev_loop *loop,
    const struct door_settings *s, struct door **out, char message[200]);
/* Refuses connections that wait. NULL is nothing. */
void door_close(struct door *d);
bool door_is_metrics(const struct door *d);

#endif
