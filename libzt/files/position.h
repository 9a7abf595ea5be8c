/* SPDX-License-Identifier: Apache-2.0 */
/* position.h - a workspace's chain position signed by the organization's log key: the answer
 * to a push, so that devices remember it independently of the server. */
#ifndef ZT_FILES_POSITION_H
#define ZT_FILES_POSITION_H

#include "base/id.h"
#include "format/statement.h"

struct position {
	struct id org, workspace;
	uint64_t position; /* from 1 */
	struct hash link;  /* chain hash there */
	uint64_t time;     /* of the server, milliseconds */
};

/* Signs P; BODY keeps the bytes and is freed by the caller after OUT. */
ZT_CHECKED enum zt_err position_sign(const struct sign_key *log_key, const struct position *p,
    struct buf *body, struct statement *out);
/* Verifies S as a position of WORKSPACE of ORG. Errors: SIGNATURE, CORRUPT (of another, or not
 * well formed), SUITE. */
ZT_CHECKED enum zt_err position_check(const uint8_t log_key[SIGN_PUBLIC_BYTES],
    const struct id *org, const struct id *workspace, const struct statement *s,
    struct position *out);

#endif
