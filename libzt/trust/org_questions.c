/* SPDX-License-Identifier: Apache-2.0 */
/* org_questions.c - what the organization is as of an entry of its log: who is live and in what
 * role, what a loss of access asks for, what is hidden. */
#include "trust/org_state.h"

struct org_user *
org_state_user(const struct org_state *o, const struct id *id)
{
	return idmap_get(&o->users, id);
}

struct org_device *
org_state_device(const struct org_state *o, const struct id *id)
{
	return idmap_get(&o->devices, id);
}

struct org_workspace *
org_state_workspace(const struct org_state *o, const struct id *id)
{
	return idmap_get(&o->workspaces, id);
}

bool
org_state_user_live(const struct org_user *u, uint64_t at)
{
	return u->added < at && u->revoked >= at;
}

bool
org_state_device_live(const struct org_device *d, uint64_t at)
{
	/* A genesis is entry 0 and adds its device: the question "before entry 0" is never
	 * asked. */
	return d->added < at && d->revoked >= at && org_state_user_live(d->user, at);
}

enum profile
org_state_profile(const struct org_user *u, uint64_t at)
{
	for (size_t i = u->profile_count; i-- > 0;)
		if (u->profiles[i].index < at)
			return (enum profile)u->profiles[i].value;
	return PROFILE_NONE;
}

static enum role
stated_role(const struct org_workspace *w, const struct org_user *u, uint64_t at)
{
	const struct org_member *m = idmap_get(&w->by_user, &u->id);

	for (size_t i = m == NULL ? 0 : m->role_count; i-- > 0;)
		if (m->roles[i].index < at)
			return (enum role)m->roles[i].value;
	return ROLE_NONE;
}

enum role
org_state_role(const struct org_workspace *w, const struct org_user *u, uint64_t at)
{
	enum role r = stated_role(w, u, at);

	if (!org_state_user_live(u, at))
		return ROLE_NONE;
	if (org_state_profile(u, at) == PROFILE_OUTSIDER && r > ROLE_CONTRIBUTOR)
		return ROLE_CONTRIBUTOR;
	return r;
}

bool
org_state_needs_rotation(const struct org_workspace *w, uint64_t at)
{
	uint64_t since = 0;

	for (size_t i = w->generation_count; i-- > 0;)
		if (w->generations[i].index < at) {
			since = w->generations[i].index;
			break;
		}
	for (size_t i = w->withdrawal_count; i-- > 0 && w->withdrawals[i] > since;)
		if (w->withdrawals[i] < at)
			return true;
	for (size_t i = 0; i < w->member_count; i++) {
		const struct org_user *u = w->members[i]->user;

		for (size_t k = u->loss_count; k-- > 0 && u->losses[k] > since;)
			if (u->losses[k] < at && stated_role(w, u, u->losses[k]) != ROLE_NONE)
				return true;
	}
	return false;
}

bool
org_state_user_key_needs_rotation(const struct org_user *u)
{
	return u->loss_count > 0 &&
	       u->losses[u->loss_count - 1] > u->keys[u->key_generation - 1].index;
}

uint64_t
org_state_loss(const struct org_workspace *w, const struct org_device *d, uint64_t from)
{
	uint64_t loss = d->revoked < d->user->revoked ? d->revoked : d->user->revoked;
	const struct org_member *m = idmap_get(&w->by_user, &d->user->id);

	if (m == NULL || loss < from)
		return from;
	for (size_t i = 0; i < m->role_count; i++)
		if (m->roles[i].index >= from && m->roles[i].index < loss &&
		    m->roles[i].value < ROLE_CONTRIBUTOR)
			return m->roles[i].index;
	return loss;
}

uint64_t
org_state_unpinned_loss(const struct org_workspace *w, uint64_t at)
{
	uint64_t since = 0, first = ORG_NEVER;

	for (size_t i = w->pin_count; i-- > 0;)
		if (w->pins[i].of == NULL && !w->pins[i].voided && w->pins[i].index < at) {
			since = w->pins[i].index;
			break;
		}
	for (size_t i = 0; i < w->member_count; i++) {
		const struct org_user *u = w->members[i]->user;

		for (size_t k = u->loss_count; k-- > 0 && u->losses[k] > since;)
			if (u->losses[k] < at && u->losses[k] < first &&
			    stated_role(w, u, u->losses[k]) >= ROLE_CONTRIBUTOR)
				first = u->losses[k];
	}
	return first;
}

const struct org_pin *
org_state_pin(const struct org_workspace *w, const struct org_user *u, uint64_t loss)
{
	for (size_t i = 0; i < w->pin_count; i++) {
		const struct org_pin *p = &w->pins[i];

		/* A role's end has its own pin: what it pins may have been verified after an
		 * earlier loss was heard, such as that of a device of the same user. */
		if (!p->voided &&
		    (p->of == NULL ? p->index > loss : p->of == u && p->index == loss))
			return p;
	}
	return NULL;
}

const struct org_pin *
org_state_furthest_pin(const struct org_workspace *w)
{
	const struct org_pin *far = NULL;

	for (size_t i = 0; i < w->pin_count; i++)
		if (!w->pins[i].voided && (far == NULL || w->pins[i].position > far->position))
			far = &w->pins[i];
	return far;
}

const struct org_topic_pin *
org_state_topic_pin(const struct org_pin *p, const struct id *topic)
{
	size_t from = 0, to = p->topic_count;

	while (from < to) {
		size_t at = from + (to - from) / 2;
		int order = memcmp(p->topics[at].topic.b, topic->b, ID_BYTES);

		if (order == 0)
			return &p->topics[at];
		if (order < 0)
			from = at + 1;
		else
			to = at;
	}
	return NULL;
}

const struct org_topic_pin *
org_state_furthest_topic_pin(const struct org_workspace *w, const struct id *topic)
{
	const struct org_topic_pin *far = NULL, *is;

	for (size_t i = 0; i < w->pin_count; i++)
		if (!w->pins[i].voided &&
		    (is = org_state_topic_pin(&w->pins[i], topic)) != NULL &&
		    (far == NULL || is->position > far->position))
			far = is;
	return far;
}

bool
org_state_is_void(const struct org_workspace *w, uint64_t position, const struct hash *link)
{
	for (size_t i = 0; i < w->void_count; i++)
		if (w->voids[i].position == position && hash_equal(&w->voids[i].link, link))
			return true;
	return false;
}

bool
org_state_may_see(const struct org_workspace *w, const struct org_user *u, uint64_t index)
{
	const struct org_member *m = idmap_get(&w->by_user, &u->id);

	if (m == NULL || m->role_count == 0)
		return false;
	if (org_state_role(w, u, ORG_NEVER) != ROLE_NONE)
		return true;
	/* A former member sees the entries up to their leaving, that entry included. */
	return index <= (m->roles[m->role_count - 1].value == ROLE_NONE
				? m->roles[m->role_count - 1].index
				: u->revoked);
}

bool
org_state_knows(const struct org_workspace *w, const struct org_user *u)
{
	return idmap_get(&w->by_user, &u->id) != NULL;
}

/* ---- what is hidden ---- */

static struct id
short_tag(const struct hash *tag)
{
	struct id id = { { 0 } };

	memcpy(id.b, tag->b, ID_BYTES);
	return id;
}

enum zt_err
org_state_hide(struct org_state *o, const struct hash *tag)
{
	struct id id = short_tag(tag);

	return idmap_get(&o->hidden, &id) != NULL ? ZT_OK : idmap_put(&o->hidden, &id, o);
}

bool
org_state_hides_next(const struct org_state *o, const struct id *topic)
{
	const struct org_workspace *w = org_state_workspace(o, topic);
	const struct org_topic *t = id_equal(topic, &o->id) ? &o->topic
				    : w != NULL             ? &w->topic
							    : NULL;
	struct hash tag;
	struct id id;

	if (t == NULL || o->hidden.count == 0)
		return false;
	entry_tag(topic, t->length, t->length > 0 ? &t->last : NULL, &tag);
	id = short_tag(&tag);
	return idmap_get(&o->hidden, &id) != NULL;
}

const char *
org_state_profile_name(enum profile p)
{
	switch (p) {
	case PROFILE_NONE:
		return "none";
	case PROFILE_ADMIN:
		return "admin";
	case PROFILE_STANDARD:
		return "standard";
	case PROFILE_OUTSIDER:
		return "outsider";
	}
	return "?";
}

const char *
org_state_role_name(enum role r)
{
	switch (r) {
	case ROLE_NONE:
		return "none";
	case ROLE_READER:
		return "reader";
	case ROLE_CONTRIBUTOR:
		return "contributor";
	case ROLE_MANAGER:
		return "manager";
	case ROLE_OWNER:
		return "owner";
	}
	return "?";
}
