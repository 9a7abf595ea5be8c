/* SPDX-License-Identifier: Apache-2.0 */
#include "files/authored.h"

/* The newest generation of W as of entry AT, from 1. */
static unsigned
generation_at(const struct org_workspace *w, uint64_t at)
{
	unsigned n = 0;

	while (n < w->generation_count && w->generations[n].index < at)
		n++;
	return n;
}

/* Up to where P lets count what is signed in PLACE's chain or topic. */
static uint64_t
pinned_at(const struct org_pin *p, const struct authored_place *place)
{
	const struct org_topic_pin *is;

	if (place->topic == NULL)
		return p->position;
	is = org_state_topic_pin(p, place->topic);
	return is != NULL ? is->position : 0;
}

bool
authored_counts(const struct org_workspace *w, const struct org_device *d, uint64_t seen,
    const struct authored_place *place)
{
	uint64_t loss = org_state_loss(w, d, seen);
	const struct org_pin *pin;

	if (loss == ORG_NEVER)
		return true;
	pin = org_state_pin(w, d->user, loss);
	return pin != NULL ? place->position <= pinned_at(pin, place) : place->known <= loss;
}

enum zt_err
authored_check(const struct org_state *o, const struct org_workspace *w,
    const struct authored *a, const struct authored_place *place,
    const struct authored_words *words, const char **message)
{
	const struct org_device *d = org_state_device(o, a->author);
	struct hash root;

	*message = words->elsewhere;
	if (!id_equal(a->org, &o->id) || !id_equal(a->space, &w->id))
		return ZT_ERR_CORRUPT;
	*message = words->no_place;
	if (a->parent_position >= place->position)
		return ZT_ERR_FORK;
	*message = words->not_adjacent;
	if (a->is_adjacent && a->parent_position + 1 != place->position)
		return ZT_ERR_FORK;
	*message = words->other_log;
	if (a->seen_size == 0 || merkle_root(o->tree, a->seen_size, &root) ||
	    !hash_equal(&root, a->seen_root))
		return ZT_ERR_FORK;
	*message = words->no_device;
	if (d == NULL || d->added >= a->seen_size)
		return ZT_ERR_UNKNOWN_DEVICE;
	*message = words->signature;
	if (statement_verify(d->sign_key, a->kind, a->stmt))
		return ZT_ERR_SIGNATURE;
	*message = words->no_right;
	if (!org_state_device_live(d, a->seen_size) ||
	    org_state_role(w, d->user, a->seen_size) < ROLE_CONTRIBUTOR)
		return ZT_ERR_FORBIDDEN;
	*message = words->old_key;
	if (a->generation != generation_at(w, a->seen_size) ||
	    org_state_needs_rotation(w, a->seen_size))
		return ZT_ERR_STALE_KEY;
	*message = words->late;
	return authored_counts(w, d, a->seen_size, place) ? ZT_OK : ZT_ERR_REVOKED;
}

enum zt_err
authored_check_parent(
    const struct hash *said, uint64_t time, const struct hash *link, uint64_t before)
{
	if (!hash_equal(said, link))
		return ZT_ERR_FORK;
	return time < before ? ZT_ERR_CLOCK : ZT_OK;
}

enum zt_err
authored_check_now(const struct org_state *o, const struct org_workspace *w,
    const struct authored *a, uint64_t position, uint64_t furthest,
    const struct authored_words *words, const char **message)
{
	const struct org_device *d = org_state_device(o, a->author);

	*message = "";
	if (furthest >= position)
		return ZT_ERR_RESTORED; /* the log records a longer chain than there is */
	*message = N_("a member left: the workspace's key must be rotated first");
	if (org_state_needs_rotation(w, ORG_NEVER))
		return ZT_ERR_STALE_KEY;
	*message = N_("the workspace has a newer key");
	if (a->generation != w->generation_count)
		return ZT_ERR_STALE_KEY;
	*message = N_("the workspace is archived");
	if (w->archived)
		return ZT_ERR_FORBIDDEN;
	*message = words->no_right;
	if (d == NULL || !org_state_device_live(d, ORG_NEVER) ||
	    org_state_role(w, d->user, ORG_NEVER) < ROLE_CONTRIBUTOR)
		return ZT_ERR_FORBIDDEN;
	/* What it says that its author had seen would give back a role that was lost since. */
	*message = N_("its author's role was changed since: it must be signed again");
	return org_state_role(w, d->user, a->seen_size) > org_state_role(w, d->user, ORG_NEVER)
		   ? ZT_ERR_STALE_KEY
		   : ZT_OK;
}
