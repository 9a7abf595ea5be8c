/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* head.h - a request's head, assembled from libwebsockets' parts. */
#ifndef ZT_GATEWAY_HEAD_H
#define ZT_GATEWAY_HEAD_H

#include <libwebsockets.h>

#include "base/err.h"
#include "proto/rpc.pb-c.h"

/* The memory that a Call borrows from. */
struct head_texts {
	char target[1100], authority[256], input[1024], signature[256], digest[256],
	    authorization[256], trace[64];
};

/* Fills a Call with the parts of the request that a service verifies. Errors: TOO_BIG. */
ZT_CHECKED enum zt_err head_call(struct lws *wsi, const char *method, const char *path,
    int deadline_s, struct head_texts *texts, Zt__Call *out);
/* Borrows from OUT or from nothing. */
const char *head_method(struct lws *wsi, char out[16]);
/* The body's announced size, or -1. A body without one (chunked) is refused. */
int64_t head_body(struct lws *wsi);

#endif
