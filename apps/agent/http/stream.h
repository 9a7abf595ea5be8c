/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* stream.h - the content of an open reader or writer under a separate address, by plain
 * HTTP: a browser saves, plays and sends it faster than a page could by messages.
 *
 * A page asks for the address (host.stream), and only what has the page's cookie as well may
 * use it, while the connection that asked is there. All is the loop's. */
#ifndef ZT_AGENT_STREAM_H
#define ZT_AGENT_STREAM_H

#include "agent/agent.h"

struct connection;
struct flow;
struct lws;
struct request;

#define STREAMS_MAX 32      /* of a connection: the one used longest ago is forgotten first */
#define STREAM_FLOWS_MAX 32 /* exchanges under way of a connection */
#define STREAM_PATH "/content/"

/* The address of W at C, which is the same for the same handle: "/content/..." into URL. False:
 * all are in use, or no memory. */
bool stream_open(struct connection *c, const struct stream_wish *w, char *url, size_t size);
/* C has gone. */
void stream_forget(struct connection *c);

/* A head for PATH came, whose Host and cookie are the page's. Sets *SLOT while the exchange is
 * under way. Each returns the callback's value. */
int stream_head(struct agent *a, struct lws *wsi, struct flow **slot, const char *path);
int stream_body(struct flow *f, const void *in, size_t n);
int stream_body_end(struct flow *f);
int stream_writable(struct flow **slot);
/* The browser has gone, or the exchange is over. */
void stream_gone(struct flow **slot);

#endif
