/* SPDX-License-Identifier: Apache-2.0 */
/* changeset.h - one signature over many versions of one workspace, accepted or refused as a
 * whole, and the chain of changesets (docs/protocol.md 6). */
#ifndef ZT_FILES_CHANGESET_H
#define ZT_FILES_CHANGESET_H

#include "base/id.h"
#include "crypto/envelope.h"
#include "files/authored.h"
#include "format/statement.h"
#include "proto/files.pb-c.h"
#include "trust/merkle.h"
#include "trust/org_state.h"

/* One change, as its author states it. */
struct change {
	struct id vlob;
	uint64_t version;
	bool has_prev;
	struct hash prev;
	struct envelope_pins pins;
	struct bytes blocks; /* ids, ID_BYTES each; borrowed */
};

/* A changeset without its changes. */
struct changeset {
	struct id org, workspace, author;
	unsigned generation;
	uint64_t parent_position, seen_size, time;
	struct hash parent_link, seen_root, root;
	struct statement stmt; /* borrows from the message it was read from */
	size_t count;
	bool is_adjacent; /* valid only directly after its parent */
};

/* Appends the encoding of C. */
ZT_CHECKED enum zt_err changeset_encode_change(const struct change *c, struct buf *out);
/* Signs C over CHANGES, each an encoded change; fills C->root, C->count and C->signed_, whose
 * body is kept in BODY. */
ZT_CHECKED enum zt_err changeset_sign(const struct sign_key *key, struct changeset *c,
    const struct bytes *changes, size_t count, struct buf *body);
/* Reads M and checks that the changes are the signed ones (count, root, shapes, no vlob
 * twice); the signature is checked by changeset_check or the service. *CHANGES is an array of
 * OUT->count, freed by the caller, borrowing from M. Errors: CORRUPT, SUITE, CRITICAL,
 * MEMORY. */
ZT_CHECKED enum zt_err changeset_read(
    const Zt__Changeset *m, struct changeset *out, struct change **changes);
/* The RFC 9162 tree over the changes of M, for proofs of single ones; the caller frees *OUT
 * with merkle_free. Errors: MEMORY. */
ZT_CHECKED enum zt_err changeset_tree(const Zt__Changeset *m, struct merkle **out);
/* Reads what a changeset's author signed, without its changes; OUT borrows from M. Errors:
 * CORRUPT, SUITE, CRITICAL, MEMORY. */
ZT_CHECKED enum zt_err changeset_read_statement(const Zt__Statement *m, struct changeset *out);
/* Whether C directly follows version NUMBER of its object, whose hash is OBJECT; 0 and NULL:
 * no version yet (F2, F4, F5, F6). Clients, services and auditors use this check. */
bool change_follows(const struct change *c, uint64_t number, const struct hash *object);
/* Reads one change of C, which PROOF proves to be the one at INDEX; OUT borrows from CHANGE.
 * Errors: PROOF, CORRUPT, CRITICAL, MEMORY. */
ZT_CHECKED enum zt_err changeset_read_proved(const struct changeset *c, size_t index,
    struct bytes change, const struct merkle_proof *proof, struct change *out);
/* Checks LINK at POSITION against the log, whose entries pin the chain of their time. Errors:
 * FORK. */
ZT_CHECKED enum zt_err changeset_check_pin(const struct org_workspace *w, uint64_t position,
    const struct hash *link, const char **message);
/* Link POSITION of the chain from the one before it (zeros before the first). */
void changeset_link(const struct hash *before, const struct statement *s, struct hash *out);

/* A changeset's position, and its verifier's log when it first verified it. */
struct changeset_place {
	uint64_t position; /* from 1 */
	uint64_t known;    /* the verifier's log size then */
};
/* Checks that C is valid at PLACE of W's chain by the log of O: its author had the right to
 * write, and C the current key generation, at the log position that C names. The caller checks
 * that PARENT_LINK is its own link at C->parent_position. On refusal *MESSAGE is a static
 * sentence. Errors: FORK (names a head that is not of this log), FORBIDDEN, REVOKED (see
 * changeset_counts), UNKNOWN_DEVICE, STALE_KEY, SIGNATURE, CORRUPT. */
ZT_CHECKED enum zt_err changeset_check(const struct org_state *o, const struct org_workspace *w,
    const struct changeset *c, const struct changeset_place *place, const char **message);
/* The same as of now, for what a service takes as new (authored_check_now). */
ZT_CHECKED enum zt_err changeset_check_now(const struct org_state *o,
    const struct org_workspace *w, const struct changeset *c, uint64_t position,
    const char **message);
/* Checks that LINK and TIME of the changeset at C->parent_position (not 0) match the chain
 * that C's author had verified. Errors: FORK, CLOCK (C claims to be older). */
ZT_CHECKED enum zt_err changeset_check_parent(
    const struct changeset *c, const struct hash *link, uint64_t time);
/* Promise P6: whether a changeset of device D, signed at SEEN log entries, counts at PLACE
 * although D or its user may have lost the right to write since. It counts up to the position
 * that the log pins for that loss; while no entry pins one, only if the verifier had it before
 * it learned of the loss. A new entry of W's topic may change the answer. */
bool changeset_counts(const struct org_workspace *w, const struct org_device *d, uint64_t seen,
    const struct changeset_place *place);

#endif
