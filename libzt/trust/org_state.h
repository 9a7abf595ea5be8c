/* SPDX-License-Identifier: Apache-2.0 */
/* org_state.h - the organization's state, computed from its trust log entry by entry.
 *
 * Every fact is stored with the log index at which it began, so that all questions can be
 * asked "as of index N": a statement is judged at the log position that it names. Not
 * thread-safe. */
#ifndef ZT_TRUST_ORG_STATE_H
#define ZT_TRUST_ORG_STATE_H

#include "trust/entry.h"
#include "trust/org.h"

/* An organization without entries. Errors: MEMORY. */
ZT_CHECKED enum zt_err org_state_new(const struct id *org, struct org_state **out);
void org_state_free(struct org_state *o);
/* The organization's id: the first 16 bytes of a hash of its root key, so that the id alone
 * pins the root. */
void org_state_id(const uint8_t root_key[SIGN_PUBLIC_BYTES], struct id *out);

/* Look-ups; NULL when unknown. */
struct org_user *org_state_user(const struct org_state *o, const struct id *id);
struct org_device *org_state_device(const struct org_state *o, const struct id *id);
struct org_workspace *org_state_workspace(const struct org_state *o, const struct id *id);

/* Questions as of just before entry AT (ORG_NEVER: now). */
bool org_state_user_live(const struct org_user *u, uint64_t at);
bool org_state_device_live(const struct org_device *d, uint64_t at); /* and its user */
enum profile org_state_profile(const struct org_user *u, uint64_t at);
/* The effective role: none for the revoked, at most contributor for an outsider. */
enum role org_state_role(const struct org_workspace *w, const struct org_user *u, uint64_t at);
/* Whether access was lost after the newest rotation before AT: the key must be rotated. */
bool org_state_needs_rotation(const struct org_workspace *w, uint64_t at);
/* Whether a device of U was revoked after U's last key rotation: it knows the key, so nothing
 * new is sealed to U before the next rotation. */
bool org_state_user_key_needs_rotation(const struct org_user *u);
/* The first index in [FROM, ORG_NEVER) at which D or its user lost the right to write in W, or
 * ORG_NEVER. */
uint64_t org_state_loss(
    const struct org_workspace *w, const struct org_device *d, uint64_t from);
/* The first loss of access to W after its newest rotation, before AT, of a user who could
 * write and whose changesets no entry has pinned; ORG_NEVER: none. */
uint64_t org_state_unpinned_loss(const struct org_workspace *w, uint64_t at);
/* The pin up to which changesets of U count that were signed before the loss at index LOSS;
 * NULL: no entry states one yet. */
const struct org_pin *org_state_pin(
    const struct org_workspace *w, const struct org_user *u, uint64_t loss);
/* The furthest pin of W's chain; NULL: none. */
const struct org_pin *org_state_furthest_pin(const struct org_workspace *w);
/* What P says of TOPIC's messages; NULL: nothing, so that none count. */
const struct org_topic_pin *org_state_topic_pin(
    const struct org_pin *p, const struct id *topic);
/* The furthest pin of TOPIC's messages in W; NULL: none. */
const struct org_topic_pin *org_state_furthest_topic_pin(
    const struct org_workspace *w, const struct id *topic);
/* Whether an owner declared void the changeset at POSITION with chain hash LINK. */
bool org_state_is_void(
    const struct org_workspace *w, uint64_t position, const struct hash *link);
/* Whether U may read entry INDEX of W. */
bool org_state_may_see(const struct org_workspace *w, const struct org_user *u, uint64_t index);
/* Whether U has, or had, any role in W. */
bool org_state_knows(const struct org_workspace *w, const struct org_user *u);

/* Records that the log contains an entry with TAG that is hidden here. Errors: MEMORY. */
ZT_CHECKED enum zt_err org_state_hide(struct org_state *o, const struct hash *tag);
/* Whether the log contains the next entry of TOPIC (the organization's, or a workspace's) as a
 * hidden one. If this device may see the topic, the server is cheating. */
bool org_state_hides_next(const struct org_state *o, const struct id *topic);

/* Applies E, which rules_check accepted as entry INDEX; the caller updates the tree. Errors:
 * MEMORY. */
ZT_CHECKED enum zt_err org_state_apply(
    struct org_state *o, const struct entry *e, uint64_t index);

const char *org_state_profile_name(enum profile p);
const char *org_state_role_name(enum role r);

#endif
