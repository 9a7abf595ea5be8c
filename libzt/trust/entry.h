/* SPDX-License-Identifier: Apache-2.0 */
/* entry.h - one entry of the trust log: decoded once, with the exact bytes that were signed. */
#ifndef ZT_TRUST_ENTRY_H
#define ZT_TRUST_ENTRY_H

#include "base/id.h"
#include "format/statement.h"
#include "proto/trust.pb-c.h"

struct entry {
	struct statement stmt; /* body owned by this entry */
	struct hash digest, tag, leaf;
	struct id org, topic, author; /* author is zero in a genesis */
	bool has_prev;
	struct hash prev;
	uint64_t seen_size;
	struct hash seen_root;
	Zt__EntryBody *body; /* the decoded form, for reading */
};

/* The leaf of an entry, from its digest and its tag. The server sends both in place of an
 * entry hidden from the reader. The tag hashes topic, number in the topic and predecessor:
 * members of the topic can compute it in advance, so that no server can hide an entry of
 * theirs. To all others it is random; not even removed members recognise a later one. */
void entry_leaf(const struct hash *digest, const struct hash *tag, struct hash *out);
/* The tag of entry INDEX of TOPIC after PREV, the leaf of its predecessor (NULL: the
 * first). */
void entry_tag(
    const struct id *topic, uint64_t index, const struct hash *prev, struct hash *out);
/* Copies and decodes S; checks shapes, not rights. The caller frees *OUT. Errors: CORRUPT,
 * SUITE, CRITICAL (also an action that this version does not know), TOO_BIG, MEMORY. */
ZT_CHECKED enum zt_err entry_decode(const struct statement *s, struct entry **out);
void entry_free(struct entry *e);
/* Signs BODY; the result is as entry_decode makes it. */
ZT_CHECKED enum zt_err entry_sign(
    const struct sign_key *key, const Zt__EntryBody *body, struct entry **out);
/* The name of E's action, such as "user_added". Static. */
const char *entry_action(const struct entry *e);

#endif
