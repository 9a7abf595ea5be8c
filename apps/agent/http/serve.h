/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* serve.h - HTTP by loopback: the page's files, and the link that gives the cookie. */
#ifndef ZT_AGENT_SERVE_H
#define ZT_AGENT_SERVE_H

#include <libwebsockets.h>

#include "agent/agent.h"

/* An answer under way. */
struct serve {
	const uint8_t *body;
	size_t n, at;
	struct flow *flow; /* stream.h; or NULL */
};

/* A request's head came, for PATH as lws has decoded it: answers. Returns the callback's value.
 */
int serve_head(struct agent *a, struct lws *wsi, struct serve *s, const char *path);
/* N bytes of a request's body came; and its end. */
int serve_body(struct serve *s, const void *in, size_t n);
int serve_body_end(struct serve *s);
/* More of the answer can be sent. */
int serve_writable(struct lws *wsi, struct serve *s);
/* The browser has gone. S may be NULL. */
void serve_gone(struct serve *s);
/* Whether WSI, which asks to become a WebSocket, may: by loopback with Host, Origin and cookie;
 * by the unix socket always. */
bool serve_may_speak(struct agent *a, struct lws *wsi);
#define SERVE_HEADERS 9
/* The headers of every answer of HOST (with its port), also of those that lws makes itself,
 * which borrows them: H is filled, and outlives it. */
struct serve_headers {
	char policy[512];
	struct lws_protocol_vhost_options rows[SERVE_HEADERS];
};
const struct lws_protocol_vhost_options *serve_headers(
    struct serve_headers *h, const char *host);

#endif
