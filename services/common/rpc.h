/* rpc.h - calls and answers between gateway and services, many to one nng message.
 *
 * A request message: count u32, then for each call its Call (counted), its body (counted). An
 * answer message: count u32, then for each: error u32, with RPC_PROVED when the caller proved
 * who they are, detail (counted), body (counted). */
#ifndef ZT_COMMON_RPC_H
#define ZT_COMMON_RPC_H

#include <nng/nng.h>

#include "base/wire.h"
#include "proto/rpc.pb-c.h"

#define RPC_PROVED 0x80000000u

/* Appends one call whose body of BODY bytes the caller appends right behind. Errors: MEMORY. */
ZT_CHECKED enum zt_err rpc_add_call(nng_msg *m, const Zt__Call *call, size_t body);
/* Starts a message of COUNT calls or answers. */
ZT_CHECKED enum zt_err rpc_new(uint32_t count, nng_msg **out);

/* An answer under construction; it goes straight into the message that will be sent. */
struct rpc_answer {
	nng_msg *msg;
	size_t start; /* where this answer begins */
	char detail[200];
	bool is_proved; /* the caller proved who they are, by a signature or a token */
	bool failed;    /* no memory */
};

struct rpc_answer rpc_answer_begin(nng_msg *m);
/* Room for a body of up to N bytes that begins at a page, so that a file can be read into it
 * past the page cache; NULL when there is no memory. Lives until the next call. */
uint8_t *rpc_answer_pages(struct rpc_answer *a, size_t n);
/* The first N bytes of that room are the body. */
void rpc_answer_keep(struct rpc_answer *a, size_t n);
void rpc_answer_add(struct rpc_answer *a, struct bytes bytes);
/* Ends it: with an error the body is dropped and DETAIL kept. Errors: MEMORY. */
ZT_CHECKED enum zt_err rpc_answer_end(struct rpc_answer *a, enum zt_err err);

/* Reads the next answer. Errors: CORRUPT. */
struct rpc_result {
	enum zt_err err;
	bool is_proved;
	struct bytes detail, body; /* borrowed from the message */
};
ZT_CHECKED enum zt_err rpc_read_answer(struct wire_reader *r, struct rpc_result *out);

#endif
