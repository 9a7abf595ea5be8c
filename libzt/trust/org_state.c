/* SPDX-License-Identifier: Apache-2.0 */
/* org_state.c - applies entries to the organization's state; org_questions.c has the
 * queries. */
#include "trust/org_state.h"

#include <stdlib.h>

#include "base/vec.h"
#include "crypto/labels.h"
#include "format/pb.h"
#include "trust/policy.h"

enum zt_err
org_state_new(const struct id *org, struct org_state **out)
{
	struct org_state *o = calloc(1, sizeof *o);
	enum zt_err err;

	if (o == NULL)
		return ZT_ERR_MEMORY;
	o->id = *org;
	if ((err = merkle_new(&o->tree))) {
		free(o);
		return err;
	}
	*out = o;
	return ZT_OK;
}

static void
free_user(void *p)
{
	struct org_user *u = p;

	if (u == NULL)
		return;
	for (size_t i = 0; i < u->key_generation && u->keys != NULL; i++)
		free(u->keys[i].older);
	free(u->keys);
	free(u->profiles);
	free(u->losses);
	free(u);
}

static void
free_device(void *p)
{
	struct org_device *d = p;

	if (d == NULL)
		return;
	free(d->browser);
	free(d->sealed_label);
	free(d->sealed_keys);
	free(d);
}

static void
free_member(void *p)
{
	struct org_member *m = p;

	free(m->roles);
	free(m);
}

static void
free_workspace(void *p)
{
	struct org_workspace *w = p;

	if (w == NULL)
		return;
	for (size_t i = 0; i < w->generation_count; i++)
		free(w->generations[i].older);
	free(w->generations);
	idmap_free(&w->by_user, free_member);
	free(w->members);
	free(w->withdrawals);
	for (size_t i = 0; i < w->name_count; i++)
		free(w->names[i].sealed);
	free(w->names);
	for (size_t i = 0; i < w->pin_count; i++)
		free(w->pins[i].topics);
	free(w->pins);
	free(w->voids);
	free(w);
}

void
org_state_free(struct org_state *o)
{
	if (o == NULL)
		return;
	idmap_free(&o->workspaces, free_workspace);
	idmap_free(&o->devices, free_device);
	idmap_free(&o->users, free_user);
	idmap_free(&o->hidden, NULL);
	merkle_free(o->tree);
	free(o->settings);
	free(o->policies);
	free(o->releases);
	free(o->pinned);
	free(o);
}

void
org_state_id(const uint8_t root_key[SIGN_PUBLIC_BYTES], struct id *out)
{
	struct hash h;

	hash_blake2b(LABEL_ORGANIZATION, bytes_of(root_key, SIGN_PUBLIC_BYTES), &h);
	memcpy(out->b, h.b, ID_BYTES);
}

/* ---- taking entries in ---- */

static enum zt_err
add_profile(struct org_user *u, uint64_t index, unsigned profile)
{
	enum zt_err err =
	    vec_room(&u->profiles, u->profile_count, &u->profile_cap, sizeof *u->profiles);

	if (err == ZT_OK)
		u->profiles[u->profile_count++] = (struct org_mark){ index, profile };
	return err;
}

static enum zt_err
add_index(uint64_t **array, size_t *count, size_t *cap, uint64_t index)
{
	enum zt_err err = vec_room(array, *count, cap, sizeof index);

	if (err == ZT_OK)
		(*array)[(*count)++] = index;
	return err;
}

static enum zt_err
copy_of(ProtobufCBinaryData field, uint8_t **out, size_t *n)
{
	uint8_t *p = malloc(field.len + 1);

	if (p == NULL)
		return ZT_ERR_MEMORY;
	if (field.len > 0)
		memcpy(p, field.data, field.len);
	free(*out);
	*out = p;
	*n = field.len;
	return ZT_OK;
}

static enum zt_err
add_device(struct org_state *o, struct org_user *u, const Zt__DeviceAdded *m, uint64_t index)
{
	struct org_device *d = calloc(1, sizeof *d);
	enum zt_err err = ZT_ERR_MEMORY;

	if (d == NULL)
		return ZT_ERR_MEMORY;
	if ((err = pb_id(m->device, &d->id)) ||
	    (err = pb_exact(m->sign_key, d->sign_key, sizeof d->sign_key)) ||
	    (err = pb_exact(m->seal_key, d->seal_key, sizeof d->seal_key)) ||
	    (err = copy_of(m->sealed_label, &d->sealed_label, &d->sealed_label_n)))
		goto out;
	d->user = u;
	d->added = index;
	d->revoked = ORG_NEVER;
	strncpy(d->purpose, m->purpose, sizeof d->purpose - 1);
	if (m->browser[0] != 0 && (d->browser = strdup(m->browser)) == NULL) {
		err = ZT_ERR_MEMORY;
		goto out;
	}
	if ((err = idmap_put(&o->devices, &d->id, d)))
		goto out;
	d = NULL;
out:
	free_device(d);
	return err;
}

/* The older keys that a rotation to GENERATION brings along, in an array that the caller owns:
 * PREVIOUS where it is not empty, and LIST. */
static enum zt_err
take_older(unsigned generation, ProtobufCBinaryData previous, Zt__OlderKey *const *list,
    size_t n, struct org_older **out, size_t *count)
{
	struct org_older *older = calloc(n + 1, sizeof *older);
	size_t k = 0;
	enum zt_err err = older != NULL ? ZT_OK : ZT_ERR_MEMORY;

	if (err == ZT_OK && previous.len > 0) {
		older[k].generation = generation - 1;
		err = pb_exact(previous, older[k].sealed, sizeof older[k].sealed);
		k++;
	}
	for (size_t i = 0; err == ZT_OK && i < n; i++, k++) {
		older[k].generation = list[i]->generation;
		err = pb_exact(list[i]->sealed, older[k].sealed, sizeof older[k].sealed);
	}
	if (err) {
		free(older);
		return err;
	}
	*out = older;
	*count = k;
	return ZT_OK;
}

static enum zt_err
add_user_key(
    struct org_user *u, ProtobufCBinaryData key, const Zt__UserKeyRotated *m, uint64_t index)
{
	struct org_user_key k = { .index = index };
	enum zt_err err;

	if ((err = pb_exact(key, k.key, sizeof k.key)) ||
	    (err = vec_room(&u->keys, u->key_generation, &u->key_cap, sizeof *u->keys)) ||
	    (m != NULL && (err = take_older(m->generation, m->previous_sealed, m->older,
			       m->n_older, &k.older, &k.older_count))))
		return err;
	memcpy(u->key, k.key, sizeof u->key);
	u->keys[u->key_generation++] = k;
	return ZT_OK;
}

static enum zt_err
add_user(struct org_state *o, const Zt__UserAdded *m, uint64_t index)
{
	struct org_user *u = calloc(1, sizeof *u), *kept = u;
	enum zt_err err = ZT_ERR_MEMORY;

	if (u == NULL)
		return ZT_ERR_MEMORY;
	if ((err = pb_id(m->user, &u->id)) ||
	    (err = pb_hash(m->handle_commitment, &u->handle_commitment)) ||
	    (err = add_user_key(u, m->user_key, NULL, index)) ||
	    (err = add_profile(u, index, (unsigned)m->profile)))
		goto out;
	u->added = index;
	u->revoked = ORG_NEVER;
	if ((err = idmap_put(&o->users, &u->id, u)))
		goto out;
	u = NULL;
	err = add_device(o, kept, m->device, index);
out:
	free_user(u);
	return err;
}

static enum zt_err
begin(struct org_state *o, const Zt__Genesis *g, uint64_t index)
{
	enum zt_err err;

	if ((err = pb_exact(g->root_key, o->root_key, sizeof o->root_key)) ||
	    (err = pb_exact(g->log_key, o->log_key, sizeof o->log_key)))
		return err;
	strncpy(o->slug, g->slug, sizeof o->slug - 1);
	o->begun = true;
	return add_user(o, g->first, index);
}

static enum zt_err
member_of(struct org_workspace *w, struct org_user *u, struct org_member **out)
{
	struct org_member *m = idmap_get(&w->by_user, &u->id);

	if (m == NULL) {
		if (vec_room(
			&w->members, w->member_count, &w->member_cap, sizeof *w->members) ||
		    (m = calloc(1, sizeof *m)) == NULL)
			return ZT_ERR_MEMORY;
		m->user = u;
		if (idmap_put(&w->by_user, &u->id, m)) {
			free_member(m);
			return ZT_ERR_MEMORY;
		}
		w->members[w->member_count++] = m;
	}
	*out = m;
	return ZT_OK;
}

static enum zt_err
add_role(struct org_workspace *w, struct org_user *u, enum role role, uint64_t index)
{
	struct org_member *m;
	enum zt_err err;

	if ((err = member_of(w, u, &m)) ||
	    (err = vec_room(&m->roles, m->role_count, &m->role_cap, sizeof *m->roles)))
		return err;
	m->roles[m->role_count++] = (struct org_mark){ index, role };
	return role != ROLE_NONE ? ZT_OK
				 : add_index(&w->withdrawals, &w->withdrawal_count,
				       &w->withdrawal_cap, index);
}

static enum zt_err
take_topics(struct org_pin *p, const Zt__ChainPin *m)
{
	enum zt_err err = ZT_OK;

	if (m->n_topics == 0)
		return ZT_OK;
	if ((p->topics = calloc(m->n_topics, sizeof *p->topics)) == NULL)
		return ZT_ERR_MEMORY;
	for (size_t i = 0; err == ZT_OK && i < m->n_topics; i++) {
		p->topics[i].position = m->topics[i]->position;
		if ((err = pb_id(m->topics[i]->topic, &p->topics[i].topic)) == ZT_OK)
			err = pb_hash(m->topics[i]->link, &p->topics[i].link);
	}
	p->topic_count = m->n_topics;
	return err;
}

static enum zt_err
add_pin(
    struct org_workspace *w, const Zt__ChainPin *m, const struct org_user *of, uint64_t index)
{
	struct org_pin p = {
		.index = index, .of = of, .position = m->position, .void_index = ORG_NEVER
	};
	enum zt_err err = m->link.len > 0 ? pb_hash(m->link, &p.link) : ZT_OK;

	if (err == ZT_OK && (err = take_topics(&p, m)) == ZT_OK)
		err = vec_room(&w->pins, w->pin_count, &w->pin_cap, sizeof *w->pins);
	if (err == ZT_OK)
		w->pins[w->pin_count++] = p;
	else
		free(p.topics);
	return err;
}

static enum zt_err
change_role(
    struct org_workspace *w, struct org_user *u, const Zt__RoleChanged *m, uint64_t index)
{
	enum zt_err err = m->pin != NULL ? add_pin(w, m->pin, u, index) : ZT_OK;

	return err ? err : add_role(w, u, (enum role)m->role, index);
}

static enum zt_err
void_pin(struct org_workspace *w, uint64_t pin, uint64_t index)
{
	for (size_t i = 0; i < w->pin_count; i++)
		if (w->pins[i].index == pin) {
			w->pins[i].voided = true;
			w->pins[i].void_index = index;
		}
	return ZT_OK;
}

static enum zt_err
void_changeset(struct org_workspace *w, const Zt__ChangesetVoided *m, uint64_t index)
{
	struct org_void v = { .index = index, .position = m->position };
	enum zt_err err = pb_hash(m->link, &v.link);

	if (err == ZT_OK)
		err = vec_room(&w->voids, w->void_count, &w->void_cap, sizeof *w->voids);
	if (err == ZT_OK)
		w->voids[w->void_count++] = v;
	return err;
}

static enum zt_err
add_generation(struct org_workspace *w, const struct org_generation *g)
{
	enum zt_err err = vec_room(
	    &w->generations, w->generation_count, &w->generation_cap, sizeof *w->generations);

	if (err == ZT_OK)
		w->generations[w->generation_count++] = *g;
	return err;
}

static enum zt_err
rename_workspace(struct org_workspace *w, ProtobufCBinaryData name, unsigned generation)
{
	struct org_name n = { .generation = generation };
	enum zt_err err = vec_room(&w->names, w->name_count, &w->name_cap, sizeof *w->names);

	if (err == ZT_OK && (err = copy_of(name, &n.sealed, &n.n)) == ZT_OK)
		w->names[w->name_count++] = n;
	return err;
}

static enum zt_err
rotate_key(struct org_workspace *w, const Zt__KeyRotated *m, uint64_t index)
{
	struct org_generation g = { .index = index };
	enum zt_err err = pb_hash(m->key_commitment, &g.commitment);

	if (err == ZT_OK)
		err = take_older(m->generation, m->previous_sealed, m->older, m->n_older,
		    &g.older, &g.older_count);
	if (err == ZT_OK && (err = add_generation(w, &g)))
		free(g.older);
	if (err == ZT_OK)
		err = add_pin(w, m->pin, NULL, index);
	return err ? err : rename_workspace(w, m->sealed_name, m->generation);
}

static enum zt_err
add_workspace(
    struct org_state *o, const struct entry *e, struct org_user *author, uint64_t index)
{
	const Zt__WorkspaceCreated *m = e->body->workspace_created;
	struct org_workspace *w = calloc(1, sizeof *w);
	struct org_generation first = { .index = index };
	enum zt_err err;

	if (w == NULL)
		return ZT_ERR_MEMORY;
	w->id = e->topic;
	w->kind = (enum space_kind)m->kind;
	w->created = index;
	if ((err = pb_hash(m->key_commitment, &first.commitment)) ||
	    (err = add_generation(w, &first)) ||
	    (err = add_role(w, author, ROLE_OWNER, index)) ||
	    (err = rename_workspace(w, m->sealed_name, 1)) ||
	    (err = idmap_put(&o->workspaces, &w->id, w)))
		goto out;
	w = NULL;
out:
	free_workspace(w);
	return err;
}

static struct org_user *
user_of(const struct org_state *o, ProtobufCBinaryData field)
{
	struct id id;

	return pb_id(field, &id) ? NULL : org_state_user(o, &id);
}

static enum zt_err
revoke_user(struct org_user *u, uint64_t index)
{
	u->revoked = index;
	return add_index(&u->losses, &u->loss_count, &u->loss_cap, index);
}

static enum zt_err
revoke_device(struct org_state *o, ProtobufCBinaryData field, uint64_t index)
{
	struct id id;
	enum zt_err err = pb_id(field, &id);

	if (err == ZT_OK) {
		struct org_device *d = org_state_device(o, &id);

		d->revoked = index;
		err = add_index(
		    &d->user->losses, &d->user->loss_count, &d->user->loss_cap, index);
	}
	return err;
}

static enum zt_err
rotate_user_key(
    const struct org_state *o, struct org_user *u, const Zt__UserKeyRotated *m, uint64_t index)
{
	enum zt_err err = add_user_key(u, m->user_key, m, index);

	for (size_t i = 0; err == ZT_OK && i < m->n_sealed; i++) {
		struct org_sealed_key k = { .generation = m->generation };
		struct org_device *d;
		struct id id;

		if ((err = pb_id(m->sealed[i]->device, &id)) ||
		    (d = org_state_device(o, &id)) == NULL ||
		    (err = pb_exact(m->sealed[i]->sealed, k.sealed, sizeof k.sealed)) ||
		    (err = vec_room(&d->sealed_keys, d->sealed_key_count, &d->sealed_key_cap,
			 sizeof *d->sealed_keys)))
			continue;
		d->sealed_keys[d->sealed_key_count++] = k;
	}
	return err;
}

static enum zt_err
change_settings(struct org_state *o, ProtobufCBinaryData settings, uint64_t index)
{
	enum zt_err err = policy_add(o, pb_bytes(settings), index);

	return err ? err : copy_of(settings, &o->settings, &o->settings_n);
}

static enum zt_err
note_pinned(struct org_state *o, const struct hash *release)
{
	enum zt_err err;

	for (size_t i = 0; i < o->pinned_count; i++)
		if (hash_equal(&o->pinned[i], release))
			return ZT_OK;
	if ((err = vec_room(&o->pinned, o->pinned_count, &o->pinned_cap, sizeof *release)))
		return err;
	o->pinned[o->pinned_count++] = *release;
	return ZT_OK;
}

static enum zt_err
pin_releases(struct org_state *o, const Zt__WebReleasePinned *m)
{
	struct hash *list = calloc(m->n_manifests + 1, sizeof *list);
	enum zt_err err = list != NULL ? ZT_OK : ZT_ERR_MEMORY;

	for (size_t i = 0; err == ZT_OK && i < m->n_manifests; i++)
		if ((err = pb_hash(m->manifests[i], &list[i])) == ZT_OK)
			err = note_pinned(o, &list[i]);
	if (err) {
		free(list);
		return err;
	}
	free(o->releases);
	o->releases = list;
	o->release_count = m->n_manifests;
	return ZT_OK;
}

static enum zt_err
apply_action(struct org_state *o, const struct entry *e, uint64_t index)
{
	const Zt__EntryBody *b = e->body;
	struct org_workspace *w = org_state_workspace(o, &e->topic);
	struct org_device *d = org_state_device(o, &e->author);

	switch (b->action_case) {
	case ZT__ENTRY_BODY__ACTION_GENESIS:
		return begin(o, b->genesis, index);
	case ZT__ENTRY_BODY__ACTION_USER_ADDED:
		return add_user(o, b->user_added, index);
	case ZT__ENTRY_BODY__ACTION_DEVICE_ADDED:
		return add_device(o, d->user, b->device_added, index);
	case ZT__ENTRY_BODY__ACTION_PROFILE_CHANGED:
		return add_profile(user_of(o, b->profile_changed->user), index,
		    (unsigned)b->profile_changed->profile);
	case ZT__ENTRY_BODY__ACTION_USER_REVOKED:
		return revoke_user(user_of(o, b->user_revoked->user), index);
	case ZT__ENTRY_BODY__ACTION_DEVICE_REVOKED:
		return revoke_device(o, b->device_revoked->device, index);
	case ZT__ENTRY_BODY__ACTION_USER_KEY_ROTATED:
		return rotate_user_key(o, d->user, b->user_key_rotated, index);
	case ZT__ENTRY_BODY__ACTION_ORG_SETTINGS:
		return change_settings(o, b->org_settings->settings, index);
	case ZT__ENTRY_BODY__ACTION_WEB_RELEASE_PINNED:
		return pin_releases(o, b->web_release_pinned);
	case ZT__ENTRY_BODY__ACTION_WORKSPACE_CREATED:
		return add_workspace(o, e, d->user, index);
	case ZT__ENTRY_BODY__ACTION_ROLE_CHANGED:
		return change_role(
		    w, user_of(o, b->role_changed->user), b->role_changed, index);
	case ZT__ENTRY_BODY__ACTION_KEY_ROTATED:
		return rotate_key(w, b->key_rotated, index);
	case ZT__ENTRY_BODY__ACTION_OWNERSHIP_CLAIMED:
		return add_role(w, d->user, ROLE_OWNER, index);
	case ZT__ENTRY_BODY__ACTION_WORKSPACE_RENAMED:
		return rename_workspace(
		    w, b->workspace_renamed->sealed_name, b->workspace_renamed->generation);
	case ZT__ENTRY_BODY__ACTION_WORKSPACE_ARCHIVED:
		w->archived = b->workspace_archived->archived;
		return ZT_OK;
	case ZT__ENTRY_BODY__ACTION_WORKSPACE_DELETION:
		w->deletion_due = b->workspace_deletion->due;
		return ZT_OK;
	case ZT__ENTRY_BODY__ACTION_PIN_VOIDED:
		return void_pin(w, b->pin_voided->index, index);
	case ZT__ENTRY_BODY__ACTION_CHANGESET_VOIDED:
		return void_changeset(w, b->changeset_voided, index);
	case ZT__ENTRY_BODY__ACTION__NOT_SET:
	case _ZT__ENTRY_BODY__ACTION__CASE_IS_INT_SIZE:
		break;
	}
	return ZT_ERR_CRITICAL;
}

enum zt_err
org_state_apply(struct org_state *o, const struct entry *e, uint64_t index)
{
	enum zt_err err = apply_action(o, e, index);
	struct org_workspace *w = org_state_workspace(o, &e->topic);
	struct org_topic *t = id_equal(&e->topic, &o->id) ? &o->topic : &w->topic;

	if (err)
		return err;
	t->length++;
	t->time = e->body->time;
	t->last = e->leaf;
	return ZT_OK;
}
