/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* message.h - what a page's message is, for a host that chooses who gets it; and the answer of
 * a host that gives it to nobody. */
#ifndef ZT_RPC_MESSAGE_H
#define ZT_RPC_MESSAGE_H

#include <stdint.h>

#include "rpc/rpc.h"

#define RPC_KEY_MAX 128 /* bytes of a device's key, with its end */

enum rpc_message_kind { RPC_OTHER, RPC_REQUEST, RPC_REPLY, RPC_CANCEL };
struct rpc_message {
	enum rpc_message_kind kind;
	uint64_t id;               /* of the request, which a reply or a cancel names */
	uint64_t ask;              /* of a reply: of the question */
	const struct rpc_row *row; /* of a request's method; NULL: rpc_run refuses it */
	char device[RPC_KEY_MAX];  /* of a request; "": none */
};
/* Looks at N bytes of TEXT, any bytes. OTHER: there is no such message, or no memory. A request
 * with an id and a method is one, whatever else rpc_run then refuses. */
void rpc_look(const char *text, size_t n, struct rpc_message *out);
/* The answer to the request ID that nobody runs, with ERR and its words, by HOST's translate.
 * Errors: MEMORY. */
enum zt_err rpc_refuse(const struct rpc_host *host, uint64_t id, enum zt_err err,
    struct rpc_answer *out) __attribute__((warn_unused_result));

#endif
