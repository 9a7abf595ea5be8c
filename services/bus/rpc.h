/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* rpc.h - calls and answers between gateway and services, many to one nng message.
 *
 * A request message: count u32, then for each call its Call (counted), its body (counted). An
 * answer message: count u32, then for each: error u32, with RPC_PROVED if the caller was
 * authenticated, its user (16 bytes), detail (counted), body (counted). Once an answer message
 * has RPC_FILL bytes it takes no more answers: the calls behind the last one were not run, and
 * are sent again. */
#ifndef ZT_BUS_RPC_H
#define ZT_BUS_RPC_H

#include <nng/nng.h>

#include "base/id.h"
#include "base/wire.h"
#include "proto/rpc.pb-c.h"

#define RPC_PROVED 0x80000000u
#define RPC_FILL (1024 * 1024)

/* Appends one call; the caller then appends its body of BODY bytes. Errors: MEMORY. */
ZT_CHECKED enum zt_err rpc_add_call(nng_msg *m, const Zt__Call *call, size_t body);
/* Starts a message of COUNT calls or answers. */
ZT_CHECKED enum zt_err rpc_new(uint32_t count, nng_msg **out);
/* Changes COUNT. */
void rpc_set_count(nng_msg *m, uint32_t count);

/* An answer under construction, written directly into the message to send. */
struct rpc_answer {
	nng_msg *msg;
	size_t start; /* where this answer begins */
	char detail[200];
	/* The caller was authenticated, by a signature or a token, and is not shut out. */
	bool is_proved;
	struct id user; /* who signed; zero: nobody, or the operator */
	bool failed;    /* no memory */
};

struct rpc_answer rpc_answer_begin(nng_msg *m);
/* A page-aligned buffer for a body of up to N bytes, so that a file can be read into it with
 * O_DIRECT; NULL without memory. Lives until the next call. */
uint8_t *rpc_answer_pages(struct rpc_answer *a, size_t n);
/* Makes the first N bytes of that buffer the body. */
void rpc_answer_keep(struct rpc_answer *a, size_t n);
void rpc_answer_add(struct rpc_answer *a, struct bytes bytes);
/* Ends it: with an error the body is dropped and DETAIL kept. Errors: MEMORY. */
ZT_CHECKED enum zt_err rpc_answer_end(struct rpc_answer *a, enum zt_err err);

/* Reads the next answer. Errors: CORRUPT. */
struct rpc_result {
	enum zt_err err;
	bool is_proved;
	struct id user;            /* as in rpc_answer */
	struct bytes detail, body; /* borrowed from the message */
};
ZT_CHECKED enum zt_err rpc_read_answer(struct wire_reader *r, struct rpc_result *out);

#endif
