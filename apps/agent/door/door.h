/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* door.h - who may come in by loopback: this user's processes, with the agent's own Host and
 * Origin, and the cookie that a one-time link gave.
 *
 * Decides without I/O, but for door_user_of; times are arguments. */
#ifndef ZT_AGENT_DOOR_H
#define ZT_AGENT_DOOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "door/mark.h"

#define DOOR_TICKETS 8 /* that may be open at once */
#define DOOR_TICKET_MS 60000
#define DOOR_COOKIE "zt_agent"

struct door {
	/* "http://zt-NAME.localhost:PORT", which browsers take for 127.0.0.1. The name is new
	 * each time: what another program's page left behind at this port (a service worker, a
	 * cookie) is of another origin, and cookies of this one go to no other port. */
	char origin[64];
	char cookie[MARK_TEXT];
	char run[MARK_TEXT]; /* by which a page knows this agent again */
	struct door_ticket {
		uint64_t until_ms; /* 0: none */
		char text[MARK_TEXT];
	} tickets[DOOR_TICKETS];
};

/* A door at PORT, with a new cookie. */
void door_begin(struct door *d, int port);
/* A new ticket. False: as many are open as may be. */
bool door_ticket(struct door *d, uint64_t now_ms, char out[MARK_TEXT]);
/* Whether TICKET is open: it is used up then. */
bool door_use(struct door *d, uint64_t now_ms, const char *ticket);
/* Whether HOST is this door's name with the port. NULL is none. */
bool door_has_host(const struct door *d, const char *host);
/* Whether ORIGIN is this door's own, and HOST too, by the same name. */
bool door_has_origin(const struct door *d, const char *host, const char *origin);
/* Whether one of the cookies of the header COOKIES is this door's. NULL is none. */
bool door_has_cookie(const struct door *d, const char *cookies);
/* The user whose socket is at the other end of FD, a TCP connection within this machine, as the
 * kernel says. False: it does not know. */
bool door_user_of(int fd, uid_t *out);

#endif
