/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* proxy.h - the hostile server: a proxy before the real one, which alters what a test tells it
 * to.
 *
 * It listens on a free port of localhost and passes every request on as it came. A test's hooks
 * see each request before it is passed on, and each answer before it is returned. Hooks run one
 * at a time, on threads of the double. */
#ifndef ZT_TEST_DOUBLE_H
#define ZT_TEST_DOUBLE_H

#include "base/buf.h"
#include "format/route.h"

struct proxy;

struct proxy_call {
	enum route route;
	struct route_params params;
	const char *method, *target;
	struct bytes request; /* the whole of it, as it came: to be replayed */
	struct bytes body;
	int status;        /* of the answer; 0: none comes, and the connection ends */
	struct buf answer; /* its body */
};

struct proxy_hooks {
	void *ctx;
	/* True: answered here, the real server is not asked. NULL: nothing. */
	bool (*before)(void *ctx, struct proxy_call *c);
	void (*after)(void *ctx, struct proxy_call *c);
};

/* UPSTREAM is http://127.0.0.1:PORT. Fails the test when it cannot. */
struct proxy *proxy_start(const char *upstream);
void proxy_stop(struct proxy *d);
/* How many connections of clients there have been. */
unsigned proxy_connections(struct proxy *d);
const char *proxy_url(const struct proxy *d);
/* From now on HOOKS; NULL: an honest proxy. */
void proxy_play(struct proxy *d, const struct proxy_hooks *hooks);
/* Answers C with an error of the service's own. */
void proxy_refuse(struct proxy_call *c, enum zt_err err);
/* Sends REQUEST to the real server, byte for byte, and returns the status of the answer; the
 * error that the answer names in *ERR. */
int proxy_send(const struct proxy *d, struct bytes request, enum zt_err *err);

#endif
