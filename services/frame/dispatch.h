/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* dispatch.h - runs every request: route row, size, signature, right, handler, metrics. */
#ifndef ZT_FRAME_DISPATCH_H
#define ZT_FRAME_DISPATCH_H

#include "frame/metrics.h"
#include "frame/rate.h"
#include "frame/service.h"
#include "frame/verify.h"

struct dispatch {
	const struct service_def *def;
	void *state;
	struct service *service;
	struct policy *policy;
	struct rate *rate; /* NULL: without limits */
	struct verify_window window;
	struct metrics metrics;
};

/* Answers one CALL with BODY into MSG, using this worker's DB. Errors: MEMORY (the message
 * cannot be built; every other error is sent as an answer). */
ZT_CHECKED enum zt_err dispatch_call(
    struct dispatch *d, struct db *db, const Zt__Call *call, struct bytes body, nng_msg *msg);
/* Answers each call of REQUEST. Errors: CORRUPT, MEMORY: no answer is possible. */
ZT_CHECKED enum zt_err dispatch_message(
    struct dispatch *d, struct db *db, struct bytes request, nng_msg **out);

#endif
