/* SPDX-License-Identifier: Apache-2.0 */
/* append.h - new entries of the trust log. */
#ifndef ZT_LOG_APPEND_H
#define ZT_LOG_APPEND_H

#include "proto/trust.pb-c.h"
#include "session/session.h"
#include "trust/entry.h"

/* Appends a signed entry to TOPIC, retrying on CONFLICT. FILL sets the action from the current
 * state; what FILL borrows must live until its next call. */
typedef enum zt_err log_fill(struct zt *z, void *ctx, Zt__EntryBody *body);
ZT_CHECKED enum zt_err log_append(
    struct zt *z, const struct id *topic, log_fill *fill, void *ctx);
/* Appends two entries to one topic in one request, adjacent. The server may keep the first
 * alone: the log then requires the second act later, and *BOTH is false. */
ZT_CHECKED enum zt_err log_append_two(struct zt *z, const struct id *topic, log_fill *fill,
    void *ctx, log_fill *then, void *then_ctx, bool *both);
/* Signs an entry without sending it: its place in TOPIC, and the newest head that this device
 * has verified. The caller frees *OUT. */
ZT_CHECKED enum zt_err log_sign_act(
    struct zt *z, const struct id *topic, log_fill *fill, void *ctx, struct entry **out);
/* The proved place of an appended entry in the log. ALL is only the server's word: the entries
 * sent with it (log_append_two) were appended right behind it. */
struct log_appended {
	struct hash leaf;
	uint64_t index;
	bool all;
};
/* Verifies a server's answer to an append: the head, that E is at its index in it, and that
 * the log as E's author had seen it is a prefix. */
ZT_CHECKED enum zt_err log_check_append(
    struct zt *z, const struct entry *e, struct bytes answer, struct log_appended *out);

#endif
