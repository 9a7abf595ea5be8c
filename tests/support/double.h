/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* double.h - the hostile server: a proxy before the real one, which alters what a test tells it
 * to.
 *
 * It listens on a free port of localhost and passes every request on as it came. A test's hooks
 * see each request before it goes on, and each answer before it comes back. Hooks run one at a
 * time, on threads of the double. */
#ifndef ZT_TEST_DOUBLE_H
#define ZT_TEST_DOUBLE_H

#include "base/buf.h"
#include "format/route.h"

struct double_;

struct double_call {
	enum route route;
	struct route_params params;
	const char *method, *target;
	struct bytes request; /* the whole of it, as it came: to be replayed */
	struct bytes body;
	int status;        /* of the answer */
	struct buf answer; /* its body */
};

struct double_hooks {
	void *ctx;
	/* True: answered here, the real server is not asked. NULL: nothing. */
	bool (*before)(void *ctx, struct double_call *c);
	void (*after)(void *ctx, struct double_call *c);
};

/* UPSTREAM is http://127.0.0.1:PORT. Fails the test when it cannot. */
struct double_ *double_start(const char *upstream);
void double_stop(struct double_ *d);
/* How many connections of clients there have been. */
unsigned double_connections(struct double_ *d);
const char *double_url(const struct double_ *d);
/* From now on HOOKS; NULL: an honest proxy. */
void double_play(struct double_ *d, const struct double_hooks *hooks);
/* Answers C with an error of the service's own. */
void double_refuse(struct double_call *c, enum zt_err err);
/* Sends REQUEST to the real server, byte for byte, and returns the status of the answer; the
 * error that the answer names in *ERR. */
int double_send(const struct double_ *d, struct bytes request, enum zt_err *err);

#endif
