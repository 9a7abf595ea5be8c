/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* log_tree.c - the trust logs of all histories, as one tree: an act behind a log is composed,
 * signed and judged by the real validator once, independent of chain and devices. */
#include "histories.h"
#include "test.h"

#include "base/vec.h"
#include "crypto/aead.h"
#include "crypto/suite.h"
#include "format/pb.h"

const char *const kind_names[] = { "A demotes R", "A removes R", "A lets R write again",
	"A rotates", "the office revokes R", "the office revokes R's first device",
	"the office revokes R's second device" };

struct log_tree w;

static const uint8_t zeros[256];
static const uint8_t point[32] = { 9 };

void
link_at(uint64_t position, struct hash *out)
{
	memset(out, 0, sizeof *out);
	out->b[0] = (uint8_t)position;
}

static void
begin_body(Zt__EntryBody *b, Zt__TreeHead *seen, const struct org_state *o, unsigned author,
    bool is_org, struct hash root_prev[2])
{
	const struct org_workspace *ws = org_state_workspace(o, &w.space);
	static const struct org_topic fresh;
	const struct org_topic *t = is_org ? &o->topic : ws != NULL ? &ws->topic : &fresh;

	zt__entry_body__init(b);
	zt__tree_head__init(seen);
	b->suite = SUITE_1;
	b->org = pb_field(w.org.b, ID_BYTES);
	b->topic = pb_field(is_org ? w.org.b : w.space.b, ID_BYTES);
	b->time = 1000;
	b->topic_index = t->length;
	if (merkle_size(o->tree) == 0)
		return;
	root_prev[1] = t->last;
	if (t->length > 0)
		b->prev = pb_field(root_prev[1].b, HASH_BYTES);
	seen->tree_size = merkle_size(o->tree) < BASE ? merkle_size(o->tree) : BASE;
	assert_ok(merkle_root(o->tree, seen->tree_size, &root_prev[0]));
	seen->root_hash = pb_field(root_prev[0].b, HASH_BYTES);
	b->seen = seen;
	b->author = pb_field(w.devices[author].b, ID_BYTES);
}

/* Signs and takes in one of the entries that all histories begin with. */
static void
take_base(struct org_state *o, const struct sign_key *key, const Zt__EntryBody *b)
{
	uint64_t index = merkle_size(o->tree);
	const char *message = "";

	assert_ok(entry_sign(key, b, &w.base[index]));
	assert_ok(rules_check(o, w.base[index], index, &message));
	assert_ok(org_state_apply(o, w.base[index], index));
	assert_ok(merkle_add(o->tree, &w.base[index]->leaf));
}

static Zt__DeviceAdded
device_of(unsigned device, const struct id *user)
{
	Zt__DeviceAdded m = ZT__DEVICE_ADDED__INIT;

	m.user = pb_field(user->b, ID_BYTES);
	m.device = pb_field(w.devices[device].b, ID_BYTES);
	m.sign_key = pb_field(w.public_keys[device], SIGN_PUBLIC_BYTES);
	m.seal_key = pb_field(point, sizeof point);
	m.purpose = (char *)(uintptr_t) "desktop";
	return m;
}

static Zt__UserAdded
user_of(const struct id *user, Zt__Profile profile, Zt__DeviceAdded *device)
{
	Zt__UserAdded m = ZT__USER_ADDED__INIT;

	m.user = pb_field(user->b, ID_BYTES);
	m.profile = profile;
	m.handle_commitment = pb_field(zeros, HASH_BYTES);
	m.user_key = pb_field(point, sizeof point);
	m.device = device;
	return m;
}

static void
add_user(struct org_state *o, unsigned device, const struct id *user)
{
	Zt__DeviceAdded d = device_of(device, user);
	Zt__UserAdded m = user_of(user, ZT__PROFILE__STANDARD, &d);
	Zt__EntryBody b;
	Zt__TreeHead seen;
	struct hash h[2];

	begin_body(&b, &seen, o, A, true, h);
	b.action_case = ZT__ENTRY_BODY__ACTION_USER_ADDED;
	b.user_added = &m;
	take_base(o, w.keys[A], &b);
}

static void
add_device(struct org_state *o, unsigned by, unsigned device, const struct id *user)
{
	Zt__DeviceAdded m = device_of(device, user);
	Zt__EntryBody b;
	Zt__TreeHead seen;
	struct hash h[2];

	begin_body(&b, &seen, o, by, true, h);
	b.action_case = ZT__ENTRY_BODY__ACTION_DEVICE_ADDED;
	b.device_added = &m;
	take_base(o, w.keys[by], &b);
}

static void
add_writer(struct org_state *o, const struct id *user)
{
	Zt__RoleChanged m = ZT__ROLE_CHANGED__INIT;
	Zt__EntryBody b;
	Zt__TreeHead seen;
	struct hash h[2];

	begin_body(&b, &seen, o, A, false, h);
	m.user = pb_field(user->b, ID_BYTES);
	m.role = ZT__ROLE__CONTRIBUTOR;
	b.action_case = ZT__ENTRY_BODY__ACTION_ROLE_CHANGED;
	b.role_changed = &m;
	take_base(o, w.keys[A], &b);
}

static void
begin_log(struct org_state *o)
{
	Zt__Genesis g = ZT__GENESIS__INIT;
	Zt__DeviceAdded d = device_of(A, &w.user_a);
	Zt__UserAdded u = user_of(&w.user_a, ZT__PROFILE__ADMIN, &d);
	Zt__WorkspaceCreated c = ZT__WORKSPACE_CREATED__INIT;
	uint8_t root[SIGN_PUBLIC_BYTES];
	Zt__EntryBody b;
	Zt__TreeHead seen;
	struct hash h[2];

	sign_public(w.root, root);
	begin_body(&b, &seen, o, A, true, h);
	g.slug = (char *)(uintptr_t) "histories";
	g.format = LOG_FORMAT;
	g.root_key = g.log_key = pb_field(root, sizeof root);
	g.first = &u;
	b.action_case = ZT__ENTRY_BODY__ACTION_GENESIS;
	b.genesis = &g;
	take_base(o, w.root, &b);
	add_device(o, A, OFFICE, &w.user_a);
	add_user(o, B, &w.user_b);
	add_user(o, R1, &w.user_r);
	add_device(o, R1, R2, &w.user_r);
	begin_body(&b, &seen, o, A, false, h);
	c.workspace = pb_field(w.space.b, ID_BYTES);
	c.key_commitment = pb_field(zeros, HASH_BYTES);
	c.sealed_name = pb_field(zeros, 50);
	b.action_case = ZT__ENTRY_BODY__ACTION_WORKSPACE_CREATED;
	b.workspace_created = &c;
	take_base(o, w.keys[A], &b);
	add_writer(o, &w.user_b);
	add_writer(o, &w.user_r);
}

/* Entry INDEX of the log that ends in node N. */
static const struct entry *
entry_at(int n, unsigned index)
{
	if (index < BASE)
		return w.base[index];
	while (w.nodes[n].size > index + 1)
		n = w.nodes[n].parent;
	return w.nodes[n].e;
}

/* The log of N as far as SIZE. */
int
node_at(int n, unsigned size)
{
	while (w.nodes[n].size > size)
		n = w.nodes[n].parent;
	return n;
}

static struct org_state *
replay(int n)
{
	struct org_state *o = NULL;

	assert_ok(org_state_new(&w.org, &o));
	for (unsigned i = 0; i < w.nodes[n].size; i++) {
		const struct entry *e = entry_at(n, i);

		assert_ok(org_state_apply(o, e, i));
		assert_ok(merkle_add(o->tree, &e->leaf));
	}
	return o;
}

/* The act of KIND behind the log of O, signed by A or its office. */
static struct entry *
compose(const struct org_state *o, enum kind kind, unsigned pin)
{
	bool is_org = kind >= REVOKES_R;
	unsigned author = is_org ? OFFICE : A;
	const struct org_workspace *ws = org_state_workspace(o, &w.space);
	Zt__RoleChanged role = ZT__ROLE_CHANGED__INIT;
	Zt__KeyRotated key = ZT__KEY_ROTATED__INIT;
	Zt__UserRevoked user = ZT__USER_REVOKED__INIT;
	Zt__DeviceRevoked device = ZT__DEVICE_REVOKED__INIT;
	Zt__ChainPin place = ZT__CHAIN_PIN__INIT;
	Zt__EntryBody b;
	Zt__TreeHead seen;
	struct hash h[2], link;
	struct entry *e = NULL;

	begin_body(&b, &seen, o, author, is_org, h);
	link_at(pin, &link);
	place.position = pin;
	if (pin > 0)
		place.link = pb_field(link.b, HASH_BYTES);
	if (kind == ROTATES) {
		key.generation = (unsigned)ws->generation_count + 1;
		key.key_commitment = pb_field(zeros, HASH_BYTES);
		key.previous_sealed = pb_field(zeros, SECRET_BYTES + AEAD_OVERHEAD);
		key.sealed_name = pb_field(zeros, 50);
		key.pin = &place;
		b.action_case = ZT__ENTRY_BODY__ACTION_KEY_ROTATED;
		b.key_rotated = &key;
	} else if (kind == REVOKES_R) {
		user.user = pb_field(w.user_r.b, ID_BYTES);
		b.action_case = ZT__ENTRY_BODY__ACTION_USER_REVOKED;
		b.user_revoked = &user;
	} else if (is_org) {
		device.device = pb_field(w.devices[kind == REVOKES_R1 ? R1 : R2].b, ID_BYTES);
		b.action_case = ZT__ENTRY_BODY__ACTION_DEVICE_REVOKED;
		b.device_revoked = &device;
	} else {
		role.user = pb_field(w.user_r.b, ID_BYTES);
		role.role = kind == GRANTS    ? ZT__ROLE__CONTRIBUTOR
			    : kind == DEMOTES ? ZT__ROLE__READER
					      : ZT__ROLE__ROLE_NONE;
		if (kind != GRANTS && org_state_role(ws, org_state_user(o, &w.user_r),
					  ORG_NEVER) >= ROLE_CONTRIBUTOR)
			role.pin = &place;
		b.action_case = ZT__ENTRY_BODY__ACTION_ROLE_CHANGED;
		b.role_changed = &role;
	}
	assert_ok(entry_sign(w.keys[author], &b, &e));
	return e;
}

/* What a newcomer makes of the log of N: the workspace's entries come after all the others. */
static struct org_state *
late_view(int n)
{
	struct org_state *o = NULL;
	const char *message = "";

	assert_ok(org_state_new(&w.org, &o));
	for (unsigned i = 0; i < w.nodes[n].size; i++) {
		const struct entry *e = entry_at(n, i);

		if (id_equal(&e->topic, &w.org)) {
			if (i >= BASE)
				assert_ok(rules_check(o, e, i, &message));
			assert_ok(org_state_apply(o, e, i));
		}
		assert_ok(merkle_add(o->tree, &e->leaf));
	}
	for (unsigned i = 0; i < w.nodes[n].size; i++) {
		const struct entry *e = entry_at(n, i);

		if (id_equal(&e->topic, &w.org))
			continue;
		if (i >= BASE)
			assert_ok(rules_check(o, e, i, &message));
		assert_ok(org_state_apply(o, e, i));
	}
	w.late++;
	return o;
}

/* Whether B's device refuses the log of N when the server hides the entries of MASK. */
static bool
refuses_hidden(int n, unsigned mask)
{
	struct org_state *o = NULL;
	const struct org_workspace *ws;
	bool refuses = false, waits = false;
	const char *message = "";

	assert_ok(org_state_new(&w.org, &o));
	for (unsigned i = 0; !refuses && i < w.nodes[n].size; i++) {
		const struct entry *e = entry_at(n, i);
		bool is_org = id_equal(&e->topic, &w.org);

		ws = org_state_workspace(o, &w.space);
		if (i >= BASE && (mask >> (i - BASE) & 1) != 0)
			assert_ok(org_state_hide(o, &e->tag));
		else if (!is_org && e->body->topic_index != (ws != NULL ? ws->topic.length : 0))
			waits = true; /* for what is hidden */
		else if (i >= BASE && rules_check(o, e, i, &message))
			refuses = true;
		else
			assert_ok(org_state_apply(o, e, i));
		assert_ok(merkle_add(o->tree, &e->leaf));
	}
	refuses = refuses || waits || org_state_hides_next(o, &w.org) ||
		  org_state_hides_next(o, &w.space);
	org_state_free(o);
	w.hidings++;
	return refuses;
}

static void
try_hiding(int n)
{
	unsigned acts = w.nodes[n].size - BASE;

	for (unsigned mask = 0; acts <= 4 && mask < 1u << acts; mask++)
		if (refuses_hidden(n, mask) != (mask != 0)) {
			print_message("P4: %u entries, hidden ones %x\n", acts, mask);
			fail();
		}
}

/* What the server takes every client takes, whenever it sees the workspace; and refuses so. */
static void
compare_late(int n, const struct entry *e, bool is_valid)
{
	struct org_state *late;
	const char *message = "";

	if (w.nodes[n].size > BASE + 4)
		return;
	late = late_view(n);
	assert_true((rules_check(late, e, w.nodes[n].size, &message) == ZT_OK) == is_valid);
	org_state_free(late);
}

static int
new_node(int parent, enum kind kind, unsigned pin)
{
	struct node *n;

	assert_ok(vec_room(&w.nodes, w.node_count, &w.node_cap, sizeof *w.nodes));
	n = &w.nodes[w.node_count];
	*n = (struct node){
		.parent = parent, .child = -1, .next = -1, .kind = kind, .pin = pin
	};
	n->size = parent < 0 ? BASE : w.nodes[parent].size + 1;
	if (parent >= 0) {
		memcpy(n->kinds, w.nodes[parent].kinds, sizeof n->kinds);
		memcpy(n->pins, w.nodes[parent].pins, sizeof n->pins);
		n->kinds[n->size - 1 - BASE] = (uint8_t)kind;
		n->pins[n->size - 1 - BASE] = (uint8_t)pin;
		n->next = w.nodes[parent].child;
		w.nodes[parent].child = (int)w.node_count;
	}
	return (int)w.node_count++;
}

/* The log of PARENT with one act more; -1: the rules refuse it. */
int
log_with(int parent, enum kind kind, unsigned pin)
{
	const struct org_state *o = w.nodes[parent].o;
	const char *message = "";
	int n;

	for (n = w.nodes[parent].child; n >= 0; n = w.nodes[n].next)
		if (w.nodes[n].kind == kind && w.nodes[n].pin == pin)
			return w.nodes[n].is_valid ? n : -1;
	n = new_node(parent, kind, pin);
	w.nodes[n].e = compose(o, kind, pin);
	w.nodes[n].is_valid =
	    rules_check(o, w.nodes[n].e, w.nodes[parent].size, &message) == ZT_OK;
	compare_late(parent, w.nodes[n].e, w.nodes[n].is_valid);
	if (!w.nodes[n].is_valid)
		return -1;
	w.nodes[n].o = replay(n);
	try_hiding(n);
	return n;
}

void
log_tree_begin(void)
{
	struct org_state *o = NULL;
	uint8_t root[SIGN_PUBLIC_BYTES];

	assert_ok(sign_generate(&w.root));
	sign_public(w.root, root);
	org_state_id(root, &w.org);
	random_bytes(w.space.b, ID_BYTES);
	random_bytes(w.user_a.b, ID_BYTES);
	random_bytes(w.user_b.b, ID_BYTES);
	random_bytes(w.user_r.b, ID_BYTES);
	for (unsigned i = 0; i < DEVICES; i++) {
		random_bytes(w.devices[i].b, ID_BYTES);
		assert_ok(sign_generate(&w.keys[i]));
		sign_public(w.keys[i], w.public_keys[i]);
	}
	assert_ok(org_state_new(&w.org, &o));
	begin_log(o);
	assert_int_equal(0, new_node(-1, KINDS, 0));
	w.nodes[0].is_valid = true;
	w.nodes[0].o = o;
}

void
log_tree_end(void)
{
	for (size_t i = 0; i < w.node_count; i++) {
		entry_free(w.nodes[i].e);
		org_state_free(w.nodes[i].o);
	}
	free(w.nodes);
	for (unsigned i = 0; i < BASE; i++)
		entry_free(w.base[i]);
	for (unsigned d = 0; d < DEVICES; d++) {
		sign_free(w.keys[d]);
		for (unsigned i = 0; i <= BASE + ROOM; i++)
			for (unsigned k = 0; k <= ROOM; k++)
				buf_free(&w.pushes[d][i][k]);
	}
	sign_free(w.root);
}
