/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* connection.h - one WebSocket: messages in, messages out, and the requests of it that run. */
#ifndef ZT_AGENT_CONNECTION_H
#define ZT_AGENT_CONNECTION_H

#include "agent/agent.h"

struct flow;
struct lws;

#define CONNECTIONS_MAX 32    /* by each door */
#define CONNECTION_WAITING 64 /* requests of one lane that one may have in flight */
#define CONNECTION_PENDING ((size_t)256 * 1024) /* bytes to be sent: nothing is read beyond */
#define CONNECTION_EVENTS ((size_t)4 * 1024 * 1024) /* and no event is added beyond */
#define CONNECTION_GIVING 16 /* answers with content under way: nothing is read beyond */
#define CONNECTION_DEVICE 8  /* connections with streams, a device */

/* A message on its way to a page. */
struct out {
	STAILQ_ENTRY(out) link;
	size_t n, at;
	bool is_binary;
	uint8_t bytes[]; /* LWS_PRE of room, then N */
};
/* A text message; or, with CONTENT, a binary one. NULL: no memory. Any thread. */
struct out *out_new(const char *json, size_t n, const void *content, size_t content_n);

struct connection {
	LIST_ENTRY(connection) link;
	struct agent *a;
	struct lws *wsi;
	bool is_near; /* by the unix socket */
	bool is_stopped, in_is_binary;
	uint8_t *in; /* the message that comes */
	size_t in_n, in_room;
	STAILQ_HEAD(, out) out;
	size_t pending;
	unsigned waiting[RPC_HOST + 1], giving; /* requests under way */
	struct requests requests;
	LIST_HEAD(, lane) streams; /* one a device */
	LIST_HEAD(, stream) given; /* stream.h */
};

/* The content of an open reader or writer that a page wants an address for (host.stream). */
struct stream_wish {
	const char *key; /* of the device */
	uint64_t handle, size;
	const char *name, *type; /* NAME: it is saved. Either may be NULL */
	bool is_held;            /* nothing is read until it is asked for again */
};

/* WSI was let in. NULL: no more are. */
struct connection *connection_open(struct agent *a, struct lws *wsi);
/* A part of a message came, which is wiped. Returns the callback's value. */
int connection_receive(struct connection *c, void *part, size_t n);
int connection_writable(struct connection *c);
/* The peer has gone: what runs for it ends. */
void connection_gone(struct connection *c);
/* Sends O, and takes it. NULL, or no connection, is nothing. */
void connection_send(struct connection *c, struct out *o);
/* Sends the event JSON to all connections. */
void connection_tell_all(struct agent *a, const char *json, size_t n);
/* Gives R, which asks for a flow's content, to the lane of C's streams, or answers it. */
void connection_begin(struct connection *c, struct request *r);
/* Ends the requests of C that F asked for. */
void connection_cancel(struct connection *c, const struct flow *f);
/* R is answered by O: forgets and frees R. */
void connection_answer(struct request *r, struct out *o);

#endif
