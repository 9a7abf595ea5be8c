/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "test.h"

#include <stdlib.h>

#include "base/vec.h"
#include "crypto/aead.h"
#include "crypto/envelope.h"
#include "crypto/suite.h"
#include "format/limits.h"
#include "format/pb.h"
#include "play.h"

/* ---- chance ---- */

unsigned
chance(struct chance *c, unsigned n)
{
	if (c->seed == 0) {
		unsigned v = c->n > 0 ? *c->p : 0;

		c->p += c->n > 0;
		c->n -= c->n > 0;
		return v % n;
	}
	c->seed ^= c->seed << 13;
	c->seed ^= c->seed >> 7;
	c->seed ^= c->seed << 17;
	return (unsigned)((c->seed >> 11) % n);
}

static unsigned
of(const struct org *g, unsigned n)
{
	return chance(g->chance, n);
}

/* Zero is the common case, so that a fuzzer's short inputs make sensible acts. */
static bool
one_in(const struct org *g, unsigned n)
{
	return of(g, n) == n - 1;
}

static const uint8_t zeros[256];
static const uint8_t point[32] = { 9 }; /* of X25519: something can be sealed to it */

static ProtobufCBinaryData
field(size_t n)
{
	return pb_field(zeros, n);
}

/* The entry's body, and all that it borrows. */
struct draft {
	Zt__EntryBody b;
	Zt__TreeHead seen;
	Zt__UserAdded user;
	Zt__DeviceAdded device;
	Zt__ProfileChanged profile;
	Zt__UserRevoked user_revoked;
	Zt__DeviceRevoked device_revoked;
	Zt__UserKeyRotated user_key;
	Zt__SealedToDevice sealed[MODEL_DEVICES], *list[MODEL_DEVICES];
	Zt__OlderKey older[MODEL_OLDER], *olders[MODEL_OLDER];
	Zt__OrgSettings settings;
	uint8_t encoded[64]; /* what is in them */
	Zt__WebReleasePinned releases;
	ProtobufCBinaryData manifests[MODEL_RELEASES + 2];
	struct hash manifest[MODEL_RELEASES + 2];
	Zt__WorkspaceCreated created;
	Zt__ChainPin pin;
	Zt__RoleChanged role;
	Zt__KeyRotated key;
	Zt__OwnershipClaimed claim;
	Zt__WorkspaceRenamed renamed;
	Zt__WorkspaceArchived archived;
	Zt__WorkspaceDeletion deletion;
	Zt__PinVoided pin_voided;
	Zt__ChangesetVoided changeset_voided;
	struct id new_user, new_device, new_space, user_id, device_id, space_id, topic;
	struct sign_key *new_key;
	uint8_t new_public[SIGN_PUBLIC_BYTES];
	struct hash root, prev, link;
};

static void
draft_device(struct draft *d, const struct id *user, const struct model_step *s)
{
	const char *origin = s->odd == M_BAD_ORIGIN ? "https://zt.example/page"
			     : s->value % 2 == 0    ? "https://zt.example"
						    : "http://localhost:8080";

	zt__device_added__init(&d->device);
	d->device.user = pb_field(user->b, ID_BYTES);
	d->device.device = pb_field(d->new_device.b, ID_BYTES);
	d->device.sign_key = pb_field(d->new_public, sizeof d->new_public);
	d->device.seal_key = pb_field(point, sizeof point);
	d->device.purpose = (char *)(uintptr_t) "desktop";
	d->device.sealed_label = field(40);
	if (s->in_browser)
		d->device.browser = (char *)(uintptr_t)origin;
}

static void
draft_user(struct draft *d, const struct model_step *s)
{
	zt__user_added__init(&d->user);
	d->user.user = pb_field(d->new_user.b, ID_BYTES);
	d->user.profile = (Zt__Profile)s->value;
	d->user.handle_commitment = field(HASH_BYTES);
	d->user.user_key = pb_field(point, sizeof point);
	draft_device(d, &d->new_user, s);
	d->user.device = &d->device;
}

/* What the rotation S brings along. */
static ProtobufCBinaryData
draft_older(struct draft *d, const struct model_step *s)
{
	size_t n = SECRET_BYTES + AEAD_OVERHEAD;

	for (unsigned i = 0; i < s->olders; i++) {
		zt__older_key__init(d->olders[i] = &d->older[i]);
		d->older[i].generation = s->older[i];
		d->older[i].sealed = field(n - (s->odd == M_OLDER_SHORT));
	}
	/* who never got the previous key may rotate all the same */
	return field(s->lacks_previous ? 0 : n - (s->odd == M_PREVIOUS_SHORT));
}

/* To each live device of the user, unless S says otherwise. */
static void
draft_seals(struct draft *d, const struct org *g, const struct model_step *s)
{
	size_t *n = &d->user_key.n_sealed;

	d->user_key.sealed = d->list;
	for (unsigned k = 0; k < g->m.devices; k++) {
		if (g->m.device[k].user != s->user || !g->m.device[k].live)
			continue;
		zt__sealed_to_device__init(d->list[*n] = &d->sealed[*n]);
		d->sealed[*n].device = pb_field(g->devices[k].b, ID_BYTES);
		d->sealed[*n].sealed = field(80);
		++*n;
	}
	if (*n > 0 && !s->seals_to_all)
		--*n;
	if (*n == 0)
		return;
	if (s->odd == M_SEALED_TWICE && *n == 1) {
		d->sealed[1] = d->sealed[0];
		d->list[*n] = &d->sealed[1];
		++*n;
	} else if (s->odd == M_SEALED_TWICE) {
		d->sealed[*n - 1].device = d->sealed[0].device;
	}
	if (s->odd == M_SEALED_ELSEWHERE)
		d->sealed[*n - 1].device = pb_field(d->new_device.b, ID_BYTES);
	if (s->odd == M_SEALED_SHORT)
		d->sealed[*n - 1].sealed = field(79);
}

static void
draft_user_key(
    struct draft *d, const struct org *g, const struct model_step *s, const struct id *user)
{
	zt__user_key_rotated__init(&d->user_key);
	d->user_key.user = pb_field(user->b, ID_BYTES);
	d->user_key.generation = s->generation;
	d->user_key.user_key = pb_field(point, sizeof point);
	d->user_key.previous_sealed = draft_older(d, s);
	d->user_key.older = d->olders;
	d->user_key.n_older = s->olders;
	draft_seals(d, g, s);
}

static void
draft_settings(struct draft *d, const struct model_step *s)
{
	Zt__Settings m = ZT__SETTINGS__INIT;

	m.browser_devices = (Zt__BrowserDevices)s->settings.browsers;
	m.workspaces_by = (Zt__WorkspacesBy)s->settings.creators;
	m.deletion_delay = s->settings.delay;
	assert_true(zt__settings__get_packed_size(&m) <= sizeof d->encoded);
	zt__org_settings__init(&d->settings);
	d->settings.settings = pb_field(d->encoded, zt__settings__pack(&m, d->encoded));
}

static void
draft_releases(struct draft *d, const struct model_step *s)
{
	zt__web_release_pinned__init(&d->releases);
	d->releases.manifests = d->manifests;
	for (unsigned i = 0; i < s->releases; i++) {
		d->manifest[i].b[0] = (uint8_t)i;
		d->manifests[i] = pb_field(d->manifest[i].b, HASH_BYTES);
	}
	d->releases.n_manifests = s->releases;
	if (s->releases > 0 && s->odd == M_RELEASE_TWICE)
		d->manifest[s->releases - 1].b[0] = 0;
	if (s->releases > 0 && s->odd == M_RELEASE_SHORT)
		d->manifests[s->releases - 1].len--;
}

#define ACTION(name, member, value)                                                            \
	d->b.action_case = ZT__ENTRY_BODY__ACTION_##name;                                      \
	d->b.member = &(value)

static void
draft_org_act(struct draft *d, const struct org *g, const struct model_step *s, struct id *user,
    const struct id *device)
{
	switch ((int)s->act) {
	case M_USER_ADDED:
		draft_user(d, s);
		if (s->user < g->m.users) /* an id that is taken */
			d->user.user = d->device.user = pb_field(user->b, ID_BYTES);
		ACTION(USER_ADDED, user_added, d->user);
		break;
	case M_DEVICE_ADDED:
		draft_device(d, user, s);
		if (s->device < g->m.devices)
			d->device.device = pb_field(device->b, ID_BYTES);
		ACTION(DEVICE_ADDED, device_added, d->device);
		break;
	case M_PROFILE_CHANGED:
		zt__profile_changed__init(&d->profile);
		d->profile.user = pb_field(user->b, ID_BYTES);
		d->profile.profile = (Zt__Profile)s->value;
		ACTION(PROFILE_CHANGED, profile_changed, d->profile);
		break;
	case M_USER_REVOKED:
		zt__user_revoked__init(&d->user_revoked);
		d->user_revoked.user = pb_field(user->b, ID_BYTES);
		ACTION(USER_REVOKED, user_revoked, d->user_revoked);
		break;
	case M_DEVICE_REVOKED:
		zt__device_revoked__init(&d->device_revoked);
		d->device_revoked.device = pb_field(device->b, ID_BYTES);
		ACTION(DEVICE_REVOKED, device_revoked, d->device_revoked);
		break;
	case M_USER_KEY_ROTATED:
		draft_user_key(d, g, s, user);
		ACTION(USER_KEY_ROTATED, user_key_rotated, d->user_key);
		break;
	case M_RELEASES_PINNED:
		draft_releases(d, s);
		ACTION(WEB_RELEASE_PINNED, web_release_pinned, d->releases);
		break;
	default:
		draft_settings(d, s);
		ACTION(ORG_SETTINGS, org_settings, d->settings);
		break;
	}
}

/* The link that S names a place of. */
static void
draft_link(struct draft *d, const struct org *g, const struct model_step *s, uint64_t position)
{
	const struct play_chain *c = &g->chains[s->space < MODEL_SPACES ? s->space : 0];

	if (position > 0 && position <= c->length)
		d->link = c->links[position - 1];
	d->link.b[0] ^= s->odd == M_OTHER_LINK;
}

static void
draft_pin(struct draft *d, const struct org *g, const struct model_step *s)
{
	draft_link(d, g, s, s->pinned);
	zt__chain_pin__init(&d->pin);
	d->pin.position = s->pinned;
	d->pin.link = pb_field(d->link.b, s->pinned > 0 ? HASH_BYTES : 0);
}

static void
draft_space_act(struct draft *d, const struct org *g, const struct model_step *s,
    const struct id *user, const struct id *space)
{
	switch ((int)s->act) {
	case M_SPACE_CREATED:
		zt__workspace_created__init(&d->created);
		d->created.workspace = pb_field(space->b, ID_BYTES);
		d->created.key_commitment = field(HASH_BYTES);
		d->created.sealed_name = field(50);
		ACTION(WORKSPACE_CREATED, workspace_created, d->created);
		break;
	case M_ROLE_CHANGED:
		zt__role_changed__init(&d->role);
		d->role.user = pb_field(user->b, ID_BYTES);
		d->role.role = (Zt__Role)s->value;
		draft_pin(d, g, s);
		d->role.pin = s->has_pin ? &d->pin : NULL;
		ACTION(ROLE_CHANGED, role_changed, d->role);
		break;
	case M_KEY_ROTATED:
		zt__key_rotated__init(&d->key);
		d->key.generation = s->generation;
		d->key.key_commitment = field(HASH_BYTES);
		d->key.previous_sealed = draft_older(d, s);
		d->key.older = d->olders;
		d->key.n_older = s->olders;
		draft_pin(d, g, s);
		d->key.pin = &d->pin;
		d->key.sealed_name = field(50);
		ACTION(KEY_ROTATED, key_rotated, d->key);
		break;
	case M_OWNERSHIP_CLAIMED:
		zt__ownership_claimed__init(&d->claim);
		ACTION(OWNERSHIP_CLAIMED, ownership_claimed, d->claim);
		break;
	case M_SPACE_RENAMED:
		zt__workspace_renamed__init(&d->renamed);
		d->renamed.sealed_name = field(50);
		d->renamed.generation = s->generation;
		ACTION(WORKSPACE_RENAMED, workspace_renamed, d->renamed);
		break;
	case M_SPACE_ARCHIVED:
		zt__workspace_archived__init(&d->archived);
		d->archived.archived = s->value != 0;
		ACTION(WORKSPACE_ARCHIVED, workspace_archived, d->archived);
		break;
	case M_PIN_VOIDED:
		zt__pin_voided__init(&d->pin_voided);
		d->pin_voided.index = s->names;
		ACTION(PIN_VOIDED, pin_voided, d->pin_voided);
		break;
	case M_CHANGESET_VOIDED:
		zt__changeset_voided__init(&d->changeset_voided);
		d->changeset_voided.position = s->names;
		draft_link(d, g, s, s->names);
		d->changeset_voided.link = pb_field(d->link.b, HASH_BYTES);
		ACTION(CHANGESET_VOIDED, changeset_voided, d->changeset_voided);
		break;
	default:
		zt__workspace_deletion__init(&d->deletion);
		d->deletion.due = s->due;
		ACTION(WORKSPACE_DELETION, workspace_deletion, d->deletion);
		break;
	}
}

/* The place of the entry: behind the newest of its topic, with what its author has seen. */
static void
draft_place(
    struct draft *d, const struct org *g, const struct model_step *s, const struct id *topic)
{
	const struct org_workspace *w = org_state_workspace(g->o, topic);
	static const struct org_topic fresh;
	const struct org_topic *t = id_equal(topic, &g->o->id) ? &g->o->topic
				    : w != NULL                ? &w->topic
							       : &fresh;
	uint64_t size = merkle_size(g->o->tree);

	d->b.suite = SUITE_1;
	d->b.org = pb_field(g->o->id.b, ID_BYTES);
	d->b.topic = pb_field(topic->b, ID_BYTES);
	d->b.topic_index = t->length + s->is_behind;
	d->prev = t->last;
	if (d->b.topic_index > 0)
		d->b.prev = pb_field(d->prev.b, HASH_BYTES);
	zt__tree_head__init(&d->seen);
	d->seen.tree_size = 1 + of(g, (unsigned)size);
	assert_ok(merkle_root(g->o->tree, d->seen.tree_size, &d->root));
	if (s->odd == M_SEES_AHEAD)
		d->seen.tree_size = size + 1;
	d->root.b[3] ^= s->is_forked;
	d->seen.root_hash = pb_field(d->root.b, HASH_BYTES);
	d->b.seen = &d->seen;
	d->b.time = s->time;
}

static void
compose(struct org *g, const struct model_step *s, struct draft *d)
{
	static const struct id nowhere = { { 0xee } };
	memset(d, 0, sizeof *d);
	zt__entry_body__init(&d->b);
	random_bytes(d->new_user.b, ID_BYTES);
	random_bytes(d->new_device.b, ID_BYTES);
	random_bytes(d->new_space.b, ID_BYTES);
	assert_ok(sign_generate(&d->new_key));
	sign_public(d->new_key, d->new_public);
	d->user_id = s->user < g->m.users ? g->users[s->user] : d->new_user;
	d->device_id = s->device < g->m.devices ? g->devices[s->device] : d->new_device;
	d->space_id = s->space < g->m.workspaces ? g->workspaces[s->space] : d->new_space;
	d->topic =
	    (s->act >= M_SPACE_CREATED) != (s->odd == M_MISPLACED) ? d->space_id : g->o->id;
	if (s->act < M_SPACE_CREATED)
		draft_org_act(d, g, s, &d->user_id, &d->device_id);
	else
		draft_space_act(d, g, s, &d->user_id, &d->space_id);
	draft_place(d, g, s, &d->topic);
	d->b.author =
	    pb_field(s->author < g->m.devices ? g->devices[s->author].b : nowhere.b, ID_BYTES);
}

/* What D keeps for the model once the act is valid. */
static void
take_ids(struct org *g, const struct model_step *s, struct draft *d)
{
	if (s->act == M_USER_ADDED)
		g->users[g->m.users] = d->new_user;
	if (s->act == M_USER_ADDED || s->act == M_DEVICE_ADDED) {
		g->devices[g->m.devices] = d->new_device;
		g->keys[g->m.devices] = d->new_key;
		d->new_key = NULL;
	}
	if (s->act == M_SPACE_CREATED)
		g->workspaces[g->m.workspaces] = d->new_space;
}

/* ---- an act by chance: mostly sensible, so that the state moves ---- */

static bool
loses_writing(const struct model *m, const struct model_step *s)
{
	if (s->space >= m->workspaces || s->user >= m->users || !m->user[s->user].live)
		return false;
	return m->space[s->space].role[s->user] >= M_CONTRIBUTOR && s->value < M_CONTRIBUTOR;
}

static uint64_t
newest_pin(const struct model *m, unsigned space)
{
	const struct model_space *w = &m->space[space];

	return w->pins > 0 ? w->pin[w->pins - 1].position : 0;
}

/* The entry of a pin, as a rule. */
static uint64_t
some_pin(const struct org *g, unsigned space)
{
	const struct model_space *w = &g->m.space[space];

	return w->pins > 0 && !one_in(g, 8) ? w->pin[of(g, w->pins)].entry : of(g, 9);
}

/* One act in three has something unusual. */
static void
make_odd(struct org *g, struct model_step *s)
{
	unsigned odd = of(g, 3 * M_ODDITIES);

	s->odd = odd < M_ODDITIES ? (enum model_oddity)odd : M_PLAIN;
	if (s->odd == M_OTHER_LINK &&
	    (g->has_chains || g->ask != NULL || s->pinned + s->names == 0))
		s->odd = M_PLAIN; /* the server looks whether such a place is there */
	if (s->odd == M_EARLIER)
		s->time -= 1 + of(g, 8);
	if (s->odd == M_OLDER || s->odd == M_OLDER_SHORT)
		s->olders = 1 + of(g, MODEL_OLDER);
	for (unsigned i = 0, at = 0; i < s->olders; i++)
		s->older[i] = at = of(g, 6) == 5 ? of(g, 5) : at + 1 + of(g, 2);
}

/* As they are as a rule: at their least, and none that is unknown. */
static void
invent_settings(const struct org *g, struct model_step *s)
{
	static const uint64_t delays[] = { 0, MODEL_DAY, 2 * MODEL_DAY, 3 * MODEL_DAY,
		MODEL_DAY - 1, MODEL_MONTH, MODEL_MONTH + 1 };

	s->settings.browsers = one_in(g, 12) ? 3 : of(g, 3);
	s->settings.creators = one_in(g, 12) ? 2 : of(g, 2);
	s->settings.delay = delays[of(g, sizeof delays / sizeof delays[0])];
	s->releases = one_in(g, 4) ? of(g, MODEL_RELEASES + 2) : of(g, 3);
	s->in_browser = one_in(g, 3);
}

static struct model_step
invent(struct org *g)
{
	const struct model *m = &g->m;
	struct model_step s = { .act = (enum model_act)of(g, M_ACTS), .time = ++g->time };
	unsigned space = m->workspaces > 0 ? of(g, m->workspaces) : 0;

	if (g->ask == NULL && one_in(g, 40)) /* a server has another clock */
		s.time = g->time += MODEL_DAY;
	if ((s.act == M_USER_REVOKED || s.act == M_DEVICE_REVOKED) && !one_in(g, 6))
		s.act = M_ROLE_CHANGED; /* or nobody would be left soon */
	if (m->users == MODEL_USERS && s.act == M_USER_ADDED)
		s.act = M_PROFILE_CHANGED;
	if (m->devices + 1 >= MODEL_DEVICES &&
	    (s.act == M_DEVICE_ADDED || s.act == M_USER_ADDED))
		s.act = M_KEY_ROTATED;
	if (m->workspaces == MODEL_SPACES && s.act == M_SPACE_CREATED)
		s.act = M_ROLE_CHANGED;
	s.author = one_in(g, 60) ? MODEL_DEVICES : of(g, m->devices);
	s.user = of(g, m->users);
	s.device = of(g, m->devices);
	s.space = one_in(g, 30) ? MODEL_SPACES : space;
	s.value = of(g, 5);
	if (s.act == M_USER_ADDED) {
		s.user = one_in(g, 20) ? s.user : MODEL_USERS;
		s.value = 1 + of(g, 3);
	}
	if (s.act == M_DEVICE_ADDED) {
		s.device = one_in(g, 20) ? s.device : MODEL_DEVICES;
		if (s.author < m->devices && !one_in(g, 4))
			s.user = m->device[s.author].user;
	}
	if (s.act == M_SPACE_CREATED)
		s.space = one_in(g, 20) && m->workspaces > 0 ? space : MODEL_SPACES;
	if (s.act == M_USER_KEY_ROTATED && s.author < m->devices && !one_in(g, 4))
		s.user = m->device[s.author].user;
	s.seals_to_all = !one_in(g, 5);
	s.generation = one_in(g, 8) ? of(g, 4)
		       : s.act == M_USER_KEY_ROTATED
			   ? m->user[s.user].generation + 1
			   : m->space[space].generation + (s.act == M_KEY_ROTATED);
	s.entry = merkle_size(g->o->tree);
	s.names = s.act == M_CHANGESET_VOIDED ? of(g, 20) : some_pin(g, space);
	s.pinned = newest_pin(m, space) + of(g, 3);
	if (s.pinned > 0 && one_in(g, 8))
		s.pinned--;
	if (g->ask != NULL)
		s.pinned = 0; /* the server looks whether such a place is there (member_test) */
	if (g->has_chains && s.space < MODEL_SPACES && s.pinned > g->chains[s.space].length)
		s.pinned = g->chains[s.space].length; /* the server looks for it as well */
	invent_settings(g, &s);
	s.due = one_in(g, 2) ? 0
			     : s.time + of(g, 40) - 5 +
				   (m->settings.delay == 0 || one_in(g, 3) ? MODEL_DAY
									   : m->settings.delay);
	s.lacks_previous = s.value == 4;
	s.has_pin = loses_writing(m, &s) != one_in(g, 20);
	s.is_behind = one_in(g, 40);
	s.is_forged = one_in(g, 40);
	s.is_forked = one_in(g, 40);
	make_odd(g, &s);
	return s;
}

static void
describe(
    const struct model_step *s, uint64_t n, bool wanted, enum zt_err is, const char *message)
{
	print_message(
	    "act %llu: kind %d by device %u about user %u device %u space %u value %u "
	    "generation %u pinned %llu due %llu odd %d%s%s%s: the model %s it, and it was %s "
	    "(%s)\n",
	    (unsigned long long)n, (int)s->act, s->author, s->user, s->device, s->space,
	    s->value, s->generation, (unsigned long long)s->pinned, (unsigned long long)s->due,
	    (int)s->odd, s->is_behind ? " behind" : "", s->is_forged ? " forged" : "",
	    s->is_forked ? " forked" : "", wanted ? "allows" : "refuses", err_name(is),
	    message);
}

/* The tree has what docs/protocol.md says that it has. */
static void
check_leaf(struct org *g, const struct entry *e, unsigned space)
{
	struct play_topic *t = &g->topics[space];
	uint8_t tag[HASH_BYTES], leaf[HASH_BYTES];

	model_leaf(e->topic.b, t->length, t->length > 0 ? t->last : NULL, e->stmt.body.p,
	    e->stmt.body.n, e->stmt.signature, tag, leaf);
	assert_memory_equal(tag, e->tag.b, HASH_BYTES);
	assert_memory_equal(leaf, e->leaf.b, HASH_BYTES);
	memcpy(t->last, leaf, HASH_BYTES);
	t->length++;
}

static void
keep(struct org *g, struct entry *e, uint64_t index)
{
	assert_ok(org_state_apply(g->o, e, index));
	assert_ok(merkle_add(g->o->tree, &e->leaf));
	if (g->log == NULL && index > 0) {
		entry_free(e);
		return;
	}
	assert_ok(vec_room(&g->log, index, &g->log_cap, sizeof(struct entry *)));
	g->log[index] = e;
}

/* One act; returns whether it is valid. */
bool
play(struct org *g, uint64_t n)
{
	struct model_step s = invent(g);
	uint64_t index = merkle_size(g->o->tree);
	bool wanted = model_allows(&g->m, &s);
	struct entry *e = NULL;
	struct draft d;
	const char *message = "";
	char said[200] = "";
	enum zt_err is, server;

	compose(g, &s, &d);
	assert_ok(entry_sign(
	    s.is_forged || s.author >= g->m.devices ? d.new_key : g->keys[s.author], &d.b, &e));
	is = rules_check(g->o, e, index, &message);
	if ((is == ZT_OK) != wanted) {
		describe(&s, n, wanted, is, message);
		fail();
	}
	if (g->ask != NULL && ((server = g->ask(g, &s, e, said)) == ZT_OK) != wanted) {
		describe(&s, n, wanted, server, said);
		fail();
	}
	if (wanted) {
		check_leaf(g, e,
		    s.act < M_SPACE_CREATED    ? MODEL_SPACES
		    : s.act == M_SPACE_CREATED ? g->m.workspaces
					       : s.space);
		keep(g, e, index);
		take_ids(g, &s, &d);
		model_apply(&g->m, &s);
	} else {
		entry_free(e);
	}
	sign_free(d.new_key);
	return wanted;
}

void
play_end(struct org *g)
{
	for (unsigned i = 0; i < g->m.devices; i++)
		sign_free(g->keys[i]);
	for (uint64_t i = 0; i < merkle_size(g->o->tree); i++)
		entry_free(g->log[i]);
	free(g->log);
	sign_free(g->log_key);
	org_state_free(g->o);
	*g = (struct org){ .o = NULL };
}

/* A new genesis. */
void
play_begin(struct org *g, struct chance *c)
{
	Zt__Genesis genesis = ZT__GENESIS__INIT;
	uint8_t root_public[SIGN_PUBLIC_BYTES];
	struct sign_key *root = NULL;
	struct entry *e = NULL;
	struct draft d;
	const char *message = "";
	struct id org;

	*g = (struct org){ .time = 1000, .chance = c };
	memset(&d, 0, sizeof d);
	assert_ok(sign_generate(&root));
	sign_public(root, root_public);
	org_state_id(root_public, &org);
	assert_ok(org_state_new(&org, &g->o));
	random_bytes(d.new_user.b, ID_BYTES);
	random_bytes(d.new_device.b, ID_BYTES);
	assert_ok(sign_generate(&d.new_key));
	sign_public(d.new_key, d.new_public);
	draft_user(&d, &(struct model_step){ .value = M_ADMIN });
	genesis.slug = (char *)(uintptr_t) "model";
	genesis.format = LOG_FORMAT;
	genesis.root_key = genesis.log_key = pb_field(root_public, sizeof root_public);
	genesis.first = &d.user;
	zt__entry_body__init(&d.b);
	d.b.suite = SUITE_1;
	d.b.org = d.b.topic = pb_field(org.b, ID_BYTES);
	d.b.time = g->time;
	d.b.action_case = ZT__ENTRY_BODY__ACTION_GENESIS;
	d.b.genesis = &genesis;
	assert_ok(entry_sign(root, &d.b, &e));
	assert_ok(rules_check(g->o, e, 0, &message));
	check_leaf(g, e, MODEL_SPACES);
	keep(g, e, 0);
	g->log_key = root;
	g->users[0] = d.new_user;
	g->devices[0] = d.new_device;
	g->keys[0] = d.new_key;
	g->m.user[0] = (struct model_user){ true, M_ADMIN, 1 };
	g->m.device[0] = (struct model_device){ .live = true };
	g->m.users = g->m.devices = 1;
	g->m.time = g->time;
}
