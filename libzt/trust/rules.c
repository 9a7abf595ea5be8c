/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/rules.h"

#include "crypto/envelope.h"
#include "crypto/hpke.h"
#include "format/limits.h"
#include "format/origin.h"
#include "format/pb.h"
#include "trust/policy.h"
#include "trust/rules_parts.h"

static bool
is_admin(const struct act *a)
{
	return org_state_profile(a->author, a->at) == PROFILE_ADMIN;
}

static bool
profile_is_known(Zt__Profile p)
{
	return p == ZT__PROFILE__ADMIN || p == ZT__PROFILE__STANDARD ||
	       p == ZT__PROFILE__OUTSIDER;
}

/* The live user that FIELD names, or NULL. */
static const struct org_user *
live_user(const struct act *a, ProtobufCBinaryData field)
{
	struct id id;
	const struct org_user *u;

	if (pb_id(field, &id) || (u = org_state_user(a->o, &id)) == NULL ||
	    !org_state_user_live(u, a->at))
		return NULL;
	return u;
}

/* Refuses a key that cannot be sealed to: it would block every rotation, which seals to each
 * member or device. */
static enum zt_err
takes_seals(struct act *a, ProtobufCBinaryData key)
{
	if (key.len != HPKE_PUBLIC_BYTES || !hpke_is_public(key.data))
		return rules_no(a, ZT_ERR_CORRUPT, "nothing can be sealed to this key");
	return ZT_OK;
}

static size_t
live_devices(const struct act *a, const struct id *user)
{
	const struct org_device *d;
	size_t at = 0, n = 0;

	while ((d = idmap_next(&a->o->devices, &at)) != NULL)
		n += id_equal(&d->user->id, user) && org_state_device_live(d, a->at);
	return n;
}

/* The origin is what the device says of itself: it keeps those out who are honest, and their
 * page with them (docs/security.md). */
static enum zt_err
may_be_in_browser(struct act *a, const char *origin, enum profile profile)
{
	const struct org_policy p = policy_at(a->o, a->at);

	if (origin[0] == 0)
		return ZT_OK;
	if (!origin_is_good(origin))
		return rules_no(a, ZT_ERR_CORRUPT, "the device's fields are not well formed");
	if (policy_lets_browser(&p, profile))
		return ZT_OK;
	return rules_no(a, ZT_ERR_FORBIDDEN,
	    p.browsers == ORG_BROWSERS_NOBODY
		? N_("the organization lets nobody have a device in a browser")
		: N_("the organization lets no admin have a device in a browser"));
}

static enum zt_err
device_is_new(
    struct act *a, const Zt__DeviceAdded *m, const struct id *user, enum profile profile)
{
	struct id device, of;
	enum zt_err err;

	if (m == NULL || pb_id(m->user, &of) || !id_equal(&of, user) ||
	    pb_id(m->device, &device) || m->sign_key.len != SIGN_PUBLIC_BYTES ||
	    m->seal_key.len != 32 || m->sealed_label.len > 2 * LIMIT_TEXT ||
	    strlen(m->purpose) > 31)
		return rules_no(a, ZT_ERR_CORRUPT, "the device's fields are not well formed");
	if (org_state_device(a->o, &device) != NULL)
		return rules_no(a, ZT_ERR_EXISTS, "the device's id is taken");
	if (live_devices(a, user) >= LIMIT_USER_DEVICES)
		return rules_no(
		    a, ZT_ERR_LIMIT, "the user has as many live devices as one may have");
	err = may_be_in_browser(a, m->browser, profile);
	return err ? err : takes_seals(a, m->seal_key);
}

static enum zt_err
user_is_new(struct act *a, const Zt__UserAdded *m)
{
	struct id user;
	enum zt_err err;

	if (m == NULL || pb_id(m->user, &user) || m->handle_commitment.len != HASH_BYTES ||
	    m->user_key.len != 32 || !profile_is_known(m->profile))
		return rules_no(a, ZT_ERR_CORRUPT, "the user's fields are not well formed");
	if (org_state_user(a->o, &user) != NULL)
		return rules_no(a, ZT_ERR_EXISTS, "the user's id is taken");
	err = takes_seals(a, m->user_key);
	return err ? err : device_is_new(a, m->device, &user, (enum profile)m->profile);
}

static enum zt_err
genesis(struct act *a)
{
	const Zt__Genesis *g = a->b->genesis;
	struct id id;

	if (a->o->begun || a->at != 0)
		return rules_no(a, ZT_ERR_EXISTS, "the organization has its genesis already");
	if (g->format != LOG_FORMAT)
		return rules_no(a, ZT_ERR_VERSION,
		    "the log has another format than this zt; begin a new organization and put "
		    "the files there");
	if (g->root_key.len != SIGN_PUBLIC_BYTES || g->log_key.len != SIGN_PUBLIC_BYTES ||
	    strlen(g->slug) == 0 || strlen(g->slug) > LIMIT_SLUG)
		return rules_no(a, ZT_ERR_CORRUPT, "the genesis is not well formed");
	org_state_id(g->root_key.data, &id);
	if (!id_equal(&id, &a->o->id))
		return rules_no(a, ZT_ERR_ROOT,
		    "the root key is not the one that the organization's id names");
	if (g->first == NULL || g->first->profile != ZT__PROFILE__ADMIN)
		return rules_no(a, ZT_ERR_CORRUPT, "the first user must be an admin");
	return user_is_new(a, g->first);
}

static enum zt_err
user_added(struct act *a)
{
	if (!is_admin(a))
		return rules_no(a, ZT_ERR_FORBIDDEN, "only an admin adds a user");
	return user_is_new(a, a->b->user_added);
}

static enum zt_err
device_added(struct act *a)
{
	struct id user;

	if (pb_id(a->b->device_added->user, &user) || !id_equal(&user, &a->author->id))
		return rules_no(
		    a, ZT_ERR_FORBIDDEN, "only a device of the same user adds a device");
	return device_is_new(a, a->b->device_added, &user, org_state_profile(a->author, a->at));
}

/* Without an admin nobody is let in or out any more. */
static bool
is_last_admin(const struct act *a, const struct org_user *u)
{
	const struct org_user *other;
	size_t at = 0;

	while ((other = idmap_next(&a->o->users, &at)) != NULL)
		if (other != u && org_state_user_live(other, a->at) &&
		    org_state_profile(other, a->at) == PROFILE_ADMIN)
			return false;
	return org_state_profile(u, a->at) == PROFILE_ADMIN;
}

/* A device that U could not add as an admin is no way to become one. */
static bool
may_have_profile(const struct act *a, const struct org_user *u, enum profile profile)
{
	const struct org_policy p = policy_at(a->o, a->at);
	const struct org_device *d;
	size_t at = 0;

	if (policy_lets_browser(&p, profile) || profile != PROFILE_ADMIN)
		return true;
	while ((d = idmap_next(&a->o->devices, &at)) != NULL)
		if (d->user == u && d->browser != NULL && org_state_device_live(d, a->at))
			return false;
	return true;
}

static enum zt_err
profile_changed(struct act *a)
{
	const Zt__ProfileChanged *m = a->b->profile_changed;
	const struct org_user *u = live_user(a, m->user);

	if (!is_admin(a))
		return rules_no(a, ZT_ERR_FORBIDDEN, "only an admin changes a profile");
	if (u == NULL)
		return rules_no(a, ZT_ERR_NOT_FOUND, "the user is not known or was revoked");
	if (!profile_is_known(m->profile))
		return rules_no(a, ZT_ERR_CORRUPT, "the profile is unknown");
	if ((unsigned)m->profile == (unsigned)org_state_profile(u, a->at))
		return rules_no(a, ZT_ERR_EXISTS, "the user has this profile already");
	if (is_last_admin(a, u))
		return rules_no(a, ZT_ERR_FORBIDDEN, "the last admin stays one");
	if (!may_have_profile(a, u, (enum profile)m->profile))
		return rules_no(a, ZT_ERR_FORBIDDEN,
		    "the user has a device in a browser, which the organization lets no admin "
		    "have: revoke it first");
	return ZT_OK;
}

static enum zt_err
user_revoked(struct act *a)
{
	const struct org_user *u = live_user(a, a->b->user_revoked->user);

	if (!is_admin(a))
		return rules_no(a, ZT_ERR_FORBIDDEN, "only an admin revokes a user");
	if (u == NULL)
		return rules_no(a, ZT_ERR_NOT_FOUND, "the user is not known or was revoked");
	if (u == a->author)
		return rules_no(a, ZT_ERR_FORBIDDEN, "another admin must revoke an admin");
	return ZT_OK;
}

static enum zt_err
device_revoked(struct act *a)
{
	struct id id;
	const struct org_device *d;

	if (pb_id(a->b->device_revoked->device, &id) ||
	    (d = org_state_device(a->o, &id)) == NULL || !org_state_device_live(d, a->at))
		return rules_no(a, ZT_ERR_NOT_FOUND, "the device is not known or was revoked");
	if (d->user != a->author && !is_admin(a))
		return rules_no(a, ZT_ERR_FORBIDDEN,
		    "only a device of the same user or of an admin revokes a device");
	if (d == a->device) /* it could not renew the keys that it knows */
		return rules_no(a, ZT_ERR_FORBIDDEN, "another device must revoke a device");
	return ZT_OK;
}

/* Older keys that a rotation to GENERATION brings along besides the previous one: each once,
 * oldest first. */
static bool
are_older_keys(unsigned generation, Zt__OlderKey *const *older, size_t n)
{
	unsigned before = 0;

	if (n > LIMIT_OLDER)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (older[i]->generation <= before || older[i]->generation >= generation - 1 ||
		    older[i]->sealed.len != ENVELOPE_WRAP_BYTES)
			return false;
		before = older[i]->generation;
	}
	return true;
}

/* The previous key is there, or its author lacks it. */
static bool
is_previous_key(ProtobufCBinaryData sealed)
{
	return sealed.len == 0 || sealed.len == ENVELOPE_WRAP_BYTES;
}

/* Nobody but the recipients can look inside what is sealed, so a user who was sealed rubbish by
 * a stolen device must be able to renew without the previous key (P9). */
static enum zt_err
user_key_rotated(struct act *a)
{
	const Zt__UserKeyRotated *m = a->b->user_key_rotated;
	struct org_device *d;
	struct id id;

	if (pb_id(m->user, &id) || !id_equal(&id, &a->author->id))
		return rules_no(
		    a, ZT_ERR_FORBIDDEN, "only a device of the same user rotates its key");
	if (m->generation != a->author->key_generation + 1 || m->user_key.len != 32 ||
	    !is_previous_key(m->previous_sealed) ||
	    !are_older_keys(m->generation, m->older, m->n_older))
		return rules_no(a, ZT_ERR_CORRUPT, "the key rotation is not well formed");
	for (size_t i = 0; i < m->n_sealed; i++) {
		if (pb_id(m->sealed[i]->device, &id) ||
		    (d = org_state_device(a->o, &id)) == NULL || d->user != a->author ||
		    !org_state_device_live(d, a->at))
			return rules_no(a, ZT_ERR_CORRUPT,
			    "the key is sealed to a device that is not a live one");
		if (m->sealed[i]->sealed.len != SECRET_BYTES + HPKE_OVERHEAD)
			return rules_no(a, ZT_ERR_CORRUPT, "a sealed key has another length");
		for (size_t k = 0; k < i; k++)
			if (bytes_equal(
				pb_bytes(m->sealed[k]->device), pb_bytes(m->sealed[i]->device)))
				return rules_no(
				    a, ZT_ERR_CORRUPT, "the key is sealed twice to one device");
	}
	if (m->n_sealed != live_devices(a, &a->author->id))
		return rules_no(a, ZT_ERR_CORRUPT, "the key is not sealed to each live device");
	return takes_seals(a, m->user_key);
}

static enum zt_err
org_settings(struct act *a)
{
	struct org_policy p;
	enum zt_err err;

	if (!is_admin(a))
		return rules_no(a, ZT_ERR_FORBIDDEN, "only an admin changes the settings");
	if (a->b->org_settings->settings.len > LIMIT_SETTINGS)
		return rules_no(a, ZT_ERR_TOO_BIG, "the settings are too large");
	err = policy_read(pb_bytes(a->b->org_settings->settings), &p);
	return err ? rules_no(a, err, "the settings are not well formed") : ZT_OK;
}

static enum zt_err
web_release_pinned(struct act *a)
{
	const Zt__WebReleasePinned *m = a->b->web_release_pinned;

	if (!is_admin(a))
		return rules_no(
		    a, ZT_ERR_FORBIDDEN, "only an admin says which releases of the page count");
	if (m->n_manifests > LIMIT_RELEASES)
		return rules_no(a, ZT_ERR_LIMIT, "an organization accepts 16 releases at most");
	for (size_t i = 0; i < m->n_manifests; i++) {
		if (m->manifests[i].len != HASH_BYTES)
			return rules_no(a, ZT_ERR_CORRUPT, "a release is a SHA-256");
		for (size_t k = 0; k < i; k++)
			if (bytes_equal(pb_bytes(m->manifests[k]), pb_bytes(m->manifests[i])))
				return rules_no(a, ZT_ERR_CORRUPT, "a release is named twice");
	}
	return ZT_OK;
}

static enum zt_err
workspace_created(struct act *a)
{
	const Zt__WorkspaceCreated *m = a->b->workspace_created;
	enum profile p = org_state_profile(a->author, a->at);
	struct id id;

	if (p != PROFILE_ADMIN && p != PROFILE_STANDARD)
		return rules_no(a, ZT_ERR_FORBIDDEN, "an outsider cannot create a workspace");
	if (m->kind > ZT__SPACE_KIND__CONVERSATION || (int)m->kind < 0)
		return rules_no(
		    a, ZT_ERR_CRITICAL, "the kind of the space is not known to this version");
	if (p != PROFILE_ADMIN && m->kind != ZT__SPACE_KIND__CONVERSATION &&
	    policy_at(a->o, a->at).creators == ORG_CREATORS_ADMINS)
		return rules_no(a, ZT_ERR_FORBIDDEN,
		    "in this organization only an admin creates a workspace");
	if (a->w != NULL)
		return rules_no(a, ZT_ERR_EXISTS, "the workspace exists already");
	if (pb_id(m->workspace, &id) || !id_equal(&id, &a->e->topic) ||
	    m->key_commitment.len != HASH_BYTES || m->sealed_name.len == 0 ||
	    m->sealed_name.len > 4 * LIMIT_TEXT)
		return rules_no(
		    a, ZT_ERR_CORRUPT, "the workspace's fields are not well formed");
	return ZT_OK;
}

static enum zt_err
by_owner(struct act *a)
{
	return a->role == ROLE_OWNER ? ZT_OK
				     : rules_no(a, ZT_ERR_FORBIDDEN, "only an owner does this");
}

static enum zt_err
role_changed(struct act *a)
{
	const Zt__RoleChanged *m = a->b->role_changed;
	const struct org_user *u = live_user(a, m->user);
	enum role was, to, need;

	if (u == NULL)
		return rules_no(a, ZT_ERR_NOT_FOUND, "the user is not known or was revoked");
	if (m->role > ZT__ROLE__OWNER || (int)m->role < 0)
		return rules_no(a, ZT_ERR_CORRUPT, "the role is unknown");
	to = (enum role)m->role;
	was = org_state_role(a->w, u, a->at);
	need = to >= ROLE_MANAGER || was >= ROLE_MANAGER ? ROLE_OWNER : ROLE_MANAGER;
	if (u == a->author)
		return rules_no(a, ZT_ERR_FORBIDDEN, "nobody changes their own role");
	if (a->role < need)
		return rules_no(a, ZT_ERR_FORBIDDEN,
		    need == ROLE_OWNER ? "only an owner changes managers and owners"
				       : N_("only a manager or an owner changes roles"));
	if (to >= ROLE_MANAGER && org_state_profile(u, a->at) == PROFILE_OUTSIDER)
		return rules_no(
		    a, ZT_ERR_FORBIDDEN, "an outsider is never a manager or an owner");
	if (to == was)
		return rules_no(a, ZT_ERR_EXISTS, "the user has this role already");
	if ((m->pin != NULL) != (was >= ROLE_CONTRIBUTOR && to < ROLE_CONTRIBUTOR))
		return rules_no(a, ZT_ERR_CORRUPT,
		    "the place in the chain is stated exactly where the right to write ends");
	return m->pin != NULL ? rules_check_pin(a, m->pin, false) : ZT_OK;
}

static enum zt_err
key_rotated(struct act *a)
{
	const Zt__KeyRotated *m = a->b->key_rotated;

	if (a->role < ROLE_MANAGER)
		return rules_no(
		    a, ZT_ERR_FORBIDDEN, "only a manager or an owner rotates the key");
	if (m->generation != a->w->generation_count + 1)
		return rules_no(a, ZT_ERR_CONFLICT, "the key generation is not the next one");
	if (m->key_commitment.len != HASH_BYTES || !is_previous_key(m->previous_sealed) ||
	    m->sealed_name.len == 0 || m->sealed_name.len > 4 * LIMIT_TEXT ||
	    !are_older_keys(m->generation, m->older, m->n_older) || m->pin == NULL)
		return rules_no(a, ZT_ERR_CORRUPT, "the key rotation is not well formed");
	return rules_check_pin(a, m->pin, true);
}

/* An honest member's word for the chain ends every threat by a pin that a member spoiled. */
static enum zt_err
pin_voided(struct act *a)
{
	enum zt_err err = by_owner(a);

	if (err)
		return err;
	for (size_t i = 0; i < a->w->pin_count; i++)
		if (a->w->pins[i].index == a->b->pin_voided->index && !a->w->pins[i].voided)
			return ZT_OK;
	return rules_no(
	    a, ZT_ERR_NOT_FOUND, "the entry has no pin that could be declared void");
}

static enum zt_err
changeset_voided(struct act *a)
{
	const Zt__ChangesetVoided *m = a->b->changeset_voided;
	struct hash link;
	enum zt_err err = by_owner(a);

	if (err)
		return err;
	if (m->position == 0 || pb_hash(m->link, &link))
		return rules_no(a, ZT_ERR_CORRUPT, "the place in the chain is not well formed");
	if (org_state_is_void(a->w, m->position, &link))
		return rules_no(a, ZT_ERR_EXISTS, "the changeset is void already");
	return ZT_OK;
}

static enum zt_err
ownership_claimed(struct act *a)
{
	enum role highest = ROLE_NONE;

	for (size_t i = 0; i < a->w->member_count; i++) {
		const struct org_user *u = a->w->members[i]->user;
		enum role r = org_state_role(a->w, u, a->at);

		if (r == ROLE_OWNER)
			return rules_no(a, ZT_ERR_FORBIDDEN, "the workspace has a live owner");
		if (r > highest && org_state_profile(u, a->at) != PROFILE_OUTSIDER)
			highest = r;
	}
	if (a->role == ROLE_NONE || a->role < highest)
		return rules_no(a, ZT_ERR_FORBIDDEN, "a member of a higher role is left");
	if (org_state_profile(a->author, a->at) == PROFILE_OUTSIDER)
		return rules_no(a, ZT_ERR_FORBIDDEN, "an outsider is never an owner");
	return ZT_OK;
}

static enum zt_err
workspace_renamed(struct act *a)
{
	const Zt__WorkspaceRenamed *m = a->b->workspace_renamed;
	enum zt_err err = by_owner(a);

	if (err == ZT_OK && (m->sealed_name.len == 0 || m->sealed_name.len > 4 * LIMIT_TEXT ||
				m->generation != a->w->generation_count))
		err = rules_no(a, ZT_ERR_CORRUPT, "the new name is not well formed");
	return err;
}

static enum zt_err
workspace_archived(struct act *a)
{
	enum zt_err err = by_owner(a);

	if (err == ZT_OK && (a->b->workspace_archived->archived != 0) == a->w->archived)
		err = rules_no(a, ZT_ERR_EXISTS,
		    a->w->archived ? N_("the workspace is archived already")
				   : N_("the workspace is not archived"));
	return err;
}

static enum zt_err
workspace_deletion(struct act *a)
{
	uint64_t due = a->b->workspace_deletion->due, delay;
	enum zt_err err = by_owner(a);

	if (err)
		return err;
	/* So that another owner can object: one device, lost or hostile, ends nothing at once.
	 */
	delay = policy_at(a->o, a->at).deletion_delay;
	if (due != 0 && (due <= a->b->time || due - a->b->time < delay))
		return rules_no(a, ZT_ERR_FORBIDDEN,
		    delay == LIMIT_DELETION_MS
			? N_("a deletion is due a day later at the earliest")
			: N_("the organization's settings let a deletion be due only later"));
	if (due == 0 && (a->w->deletion_due == 0 || a->w->deletion_due <= a->b->time))
		return rules_no(a, ZT_ERR_FORBIDDEN,
		    "no deletion of the workspace is announced that can still be taken back");
	return ZT_OK;
}

typedef enum zt_err rule(struct act *a);
enum topic_kind { TOPIC_ORG, TOPIC_WORKSPACE, TOPIC_NEW };

/* The table: what topic an action belongs to, and who may do it. */
static rule *
rule_of(Zt__EntryBody__ActionCase action, enum topic_kind *topic)
{
	*topic = TOPIC_ORG;
	switch (action) {
	case ZT__ENTRY_BODY__ACTION_GENESIS:
		return genesis;
	case ZT__ENTRY_BODY__ACTION_USER_ADDED:
		return user_added;
	case ZT__ENTRY_BODY__ACTION_DEVICE_ADDED:
		return device_added;
	case ZT__ENTRY_BODY__ACTION_PROFILE_CHANGED:
		return profile_changed;
	case ZT__ENTRY_BODY__ACTION_USER_REVOKED:
		return user_revoked;
	case ZT__ENTRY_BODY__ACTION_DEVICE_REVOKED:
		return device_revoked;
	case ZT__ENTRY_BODY__ACTION_USER_KEY_ROTATED:
		return user_key_rotated;
	case ZT__ENTRY_BODY__ACTION_ORG_SETTINGS:
		return org_settings;
	case ZT__ENTRY_BODY__ACTION_WEB_RELEASE_PINNED:
		return web_release_pinned;
	case ZT__ENTRY_BODY__ACTION_WORKSPACE_CREATED:
		*topic = TOPIC_NEW;
		return workspace_created;
	case ZT__ENTRY_BODY__ACTION_ROLE_CHANGED:
		*topic = TOPIC_WORKSPACE;
		return role_changed;
	case ZT__ENTRY_BODY__ACTION_KEY_ROTATED:
		*topic = TOPIC_WORKSPACE;
		return key_rotated;
	case ZT__ENTRY_BODY__ACTION_OWNERSHIP_CLAIMED:
		*topic = TOPIC_WORKSPACE;
		return ownership_claimed;
	case ZT__ENTRY_BODY__ACTION_WORKSPACE_RENAMED:
		*topic = TOPIC_WORKSPACE;
		return workspace_renamed;
	case ZT__ENTRY_BODY__ACTION_WORKSPACE_ARCHIVED:
		*topic = TOPIC_WORKSPACE;
		return workspace_archived;
	case ZT__ENTRY_BODY__ACTION_WORKSPACE_DELETION:
		*topic = TOPIC_WORKSPACE;
		return workspace_deletion;
	case ZT__ENTRY_BODY__ACTION_PIN_VOIDED:
		*topic = TOPIC_WORKSPACE;
		return pin_voided;
	case ZT__ENTRY_BODY__ACTION_CHANGESET_VOIDED:
		*topic = TOPIC_WORKSPACE;
		return changeset_voided;
	case ZT__ENTRY_BODY__ACTION__NOT_SET:
	case _ZT__ENTRY_BODY__ACTION__CASE_IS_INT_SIZE:
		break;
	}
	return NULL;
}

/* The entry's place: right organization, right topic, behind its topic's newest entry. */
static enum zt_err
place(struct act *a, enum topic_kind kind)
{
	static const struct org_topic fresh;
	bool is_org = id_equal(&a->e->topic, &a->o->id);
	const struct org_topic *t = is_org         ? &a->o->topic
				    : a->w != NULL ? &a->w->topic
						   : &fresh;

	if (!id_equal(&a->e->org, &a->o->id))
		return rules_no(a, ZT_ERR_CORRUPT, "the entry belongs to another organization");
	if (is_org != (kind == TOPIC_ORG))
		return rules_no(a, ZT_ERR_CORRUPT, "the act does not belong to this topic");
	if (kind == TOPIC_WORKSPACE && a->w == NULL)
		return rules_no(a, ZT_ERR_NOT_FOUND, "the workspace is not known");
	if (a->b->topic_index != t->length || a->e->has_prev != (t->length > 0) ||
	    (a->e->has_prev && !hash_equal(&a->e->prev, &t->last)))
		return rules_no(a, ZT_ERR_CONFLICT, "another entry of its topic came first");
	if (a->b->time < t->time)
		return rules_no(
		    a, ZT_ERR_CORRUPT, "its time lies before that of its topic's newest entry");
	return ZT_OK;
}

/* The head that the author had seen must be of this very log (P4, P5). */
static enum zt_err
seen(struct act *a)
{
	struct hash root;

	if (a->e->seen_size == 0 || a->e->seen_size > a->at ||
	    merkle_root(a->o->tree, a->e->seen_size, &root))
		return rules_no(
		    a, ZT_ERR_FORK, "its author had seen more of the log than there is");
	if (!hash_equal(&root, &a->e->seen_root))
		return rules_no(a, ZT_ERR_FORK, "its author had seen another history");
	return ZT_OK;
}

static enum zt_err
author(struct act *a)
{
	a->device = org_state_device(a->o, &a->e->author);
	if (a->device == NULL || a->device->added >= a->at)
		return rules_no(
		    a, ZT_ERR_UNKNOWN_DEVICE, "its author is not a device of the organization");
	a->author = a->device->user;
	if (!org_state_device_live(a->device, a->at))
		return rules_no(a, ZT_ERR_REVOKED, "its author was revoked");
	if (a->w != NULL)
		a->role = org_state_role(a->w, a->author, a->at);
	return ZT_OK;
}

/* After a loss of access the key rotation is the next step; only what makes a rotation
 * possible, takes more access away or takes a deletion back may be before it. */
static bool
waits_for_rotation(const struct act *a)
{
	bool may = a->b->action_case == ZT__ENTRY_BODY__ACTION_KEY_ROTATED ||
		   a->b->action_case == ZT__ENTRY_BODY__ACTION_OWNERSHIP_CLAIMED ||
		   a->b->action_case == ZT__ENTRY_BODY__ACTION_PIN_VOIDED ||
		   a->b->action_case == ZT__ENTRY_BODY__ACTION_CHANGESET_VOIDED ||
		   (a->b->action_case == ZT__ENTRY_BODY__ACTION_WORKSPACE_DELETION &&
		       a->b->workspace_deletion->due == 0) ||
		   (a->b->action_case == ZT__ENTRY_BODY__ACTION_ROLE_CHANGED &&
		       (a->b->role_changed->role == ZT__ROLE__ROLE_NONE ||
			   a->b->role_changed->pin != NULL));

	return a->w != NULL && !may && org_state_needs_rotation(a->w, a->at);
}

static enum zt_err
check(struct act *a)
{
	enum topic_kind kind;
	rule *r = rule_of(a->b->action_case, &kind);
	bool is_genesis = a->b->action_case == ZT__ENTRY_BODY__ACTION_GENESIS;
	const uint8_t *key;
	enum zt_err err;

	if (r == NULL)
		return rules_no(a, ZT_ERR_CRITICAL, "the act is not known to this version");
	if (!a->o->begun && !is_genesis)
		return rules_no(a, ZT_ERR_CORRUPT, "the log does not begin with a genesis");
	if ((err = place(a, kind)))
		return err;
	if (is_genesis) {
		if ((err = r(a)))
			return err;
		key = a->b->genesis->root_key.data;
	} else {
		if ((err = author(a)) || (err = seen(a)) || (err = r(a)))
			return err;
		if (waits_for_rotation(a))
			return rules_no(
			    a, ZT_ERR_STALE_KEY, "the workspace's key must be rotated first");
		key = a->device->sign_key;
	}
	if ((err = statement_verify(key, STATEMENT_ENTRY, &a->e->stmt)))
		return rules_no(a, err, "its signature does not match");
	return ZT_OK;
}

enum zt_err
rules_no(struct act *a, enum zt_err err, const char *message)
{
	a->message = message;
	return err;
}

enum zt_err
rules_check(
    const struct org_state *o, const struct entry *e, uint64_t index, const char **message)
{
	struct act a = { .o = o,
		.e = e,
		.b = e->body,
		.at = index,
		.w = org_state_workspace(o, &e->topic),
		.message = "" };
	enum zt_err err = check(&a);

	*message = a.message;
	return err;
}
