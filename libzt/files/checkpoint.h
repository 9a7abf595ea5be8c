/* SPDX-License-Identifier: Apache-2.0 */
/* checkpoint.h - a member's signed statement of a workspace's chain position and current
 * versions, so that a newcomer need not verify the whole chain first (docs/protocol.md).
 *
 * The reader relies on the author only for "this is current": the changeset that wrote an
 * entry proves each one. */
#ifndef ZT_FILES_CHECKPOINT_H
#define ZT_FILES_CHECKPOINT_H

#include "base/id.h"
#include "format/statement.h"
#include "trust/org_state.h"

#define CHECKPOINT_ENTRY_BYTES 32

struct checkpoint {
	struct id org, workspace, author;
	uint64_t position, count, seen_size, time;
	struct hash link, root, seen_root;
};

struct checkpoint_entry {
	struct id vlob;
	uint64_t version, position; /* of the changeset that wrote it */
};

void checkpoint_pack(const struct checkpoint_entry *e, uint8_t out[CHECKPOINT_ENTRY_BYTES]);
void checkpoint_unpack(const uint8_t in[CHECKPOINT_ENTRY_BYTES], struct checkpoint_entry *out);
/* Negative, zero or positive: the order of entries, by position and then by vlob. */
int checkpoint_order(const struct checkpoint_entry *a, const struct checkpoint_entry *b);
/* The RFC 9162 root over ENTRIES, packed without gaps. Errors: CORRUPT (not whole, not in
 * order, a version 0, a position 0 or beyond POSITION), MEMORY. */
ZT_CHECKED enum zt_err checkpoint_root(
    struct bytes entries, uint64_t position, struct hash *out);
/* Signs C; BODY keeps the bytes and is freed by the caller after OUT. */
ZT_CHECKED enum zt_err checkpoint_sign(const struct sign_key *key, const struct checkpoint *c,
    struct buf *body, struct statement *out);
/* Reads S; its signature is checked by checkpoint_check or the service. Errors: CORRUPT, SUITE,
 * CRITICAL, MEMORY. */
ZT_CHECKED enum zt_err checkpoint_read(const struct statement *s, struct checkpoint *out);
/* Checks that C, read from S, is signed by a member who may share the workspace: a live device
 * of a manager or owner, then and now, with this history. Errors: CORRUPT (another workspace),
 * FORK (another log), UNKNOWN_DEVICE, FORBIDDEN, SIGNATURE. */
ZT_CHECKED enum zt_err checkpoint_check(const struct org_state *o,
    const struct org_workspace *w, const struct checkpoint *c, const struct statement *s);

#endif
