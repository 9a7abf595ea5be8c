/* SPDX-License-Identifier: Apache-2.0 */
/* event.h - event sockets: the kinds of events, which are words in proto/rpc.proto's Event, and
 * the first message, by which a device signs the request that opened its socket. */
#ifndef ZT_FORMAT_EVENT_H
#define ZT_FORMAT_EVENT_H

#include "base/buf.h"
#include "base/id.h"

/* A new entry of a log; of a space: a changeset, sealed keys, a message. OTHER: of a newer
 * version. */
enum event_kind { EVENT_LOG, EVENT_CHAIN, EVENT_KEYS, EVENT_MESSAGE, EVENT_OTHER };

/* Its word: "log", "chain", "keys", "message"; "" for OTHER. */
const char *event_kind_name(enum event_kind k);
enum event_kind event_kind_of(const char *name);

/* TOPIC: the organization or a workspace. */
struct event {
	enum event_kind kind;
	struct id topic;
	uint64_t position;
};
/* MESSAGE as a gateway sends it, of EVENT_MAX bytes at most. Errors: MEMORY, INVALID. */
#define EVENT_MAX ((size_t)64 * 1024)
ZT_CHECKED enum zt_err event_read(struct bytes message, struct event *out);

/* A browser cannot add fields to the request that opens a WebSocket: the signature (RFC 9421)
 * over its method, path and query is the first message. Two lines, each with its end:
 * "signature-input: " and the field's value, "signature: " and the other's. */
#define EVENT_FIRST_MAX 1280
void event_first_write(const char *input, const char *signature, struct buf *out);
/* The two values in TEXT, a message of N bytes, which is written to. Errors: INVALID. */
ZT_CHECKED enum zt_err event_first_read(
    char *text, size_t n, const char **input, const char **signature);

#endif
