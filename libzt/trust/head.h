/* SPDX-License-Identifier: Apache-2.0 */
/* head.h - tree heads that the organization's log key signed (protocol.md 4). */
#ifndef ZT_TRUST_HEAD_H
#define ZT_TRUST_HEAD_H

#include "base/id.h"
#include "format/statement.h"

struct head {
	uint64_t size, time;
	struct hash root;
};

/* Signs H for ORG; BODY keeps the bytes and is freed by the caller after OUT. */
ZT_CHECKED enum zt_err head_sign(const struct sign_key *log_key, const struct id *org,
    const struct head *h, struct buf *body, struct statement *out);
/* Verifies S as a head of ORG. Errors: SIGNATURE, CORRUPT (another organization, sizes), SUITE.
 */
ZT_CHECKED enum zt_err head_check(const uint8_t log_key[SIGN_PUBLIC_BYTES],
    const struct id *org, const struct statement *s, struct head *out);

#endif
