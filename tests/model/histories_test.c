/* histories_test.c - the promises P4, P5 and P6 as predicates, held against every short
 * history.
 *
 * A owns a workspace, B and R write in it; R has two devices and helps the server S. A history
 * is a sequence of acts: A takes rights away, gives them back or rotates the key; A's office
 * revokes; R signs a changeset that names any log size at which R could write; B signs one; S
 * shows A or B the next entry of the log or the next changeset of the chain, as late as it
 * likes. Histories that lead to the same state are one state, counted as often as there are
 * ways to it. The validator and the judging code are the real ones: judge.c is compiled into
 * this test, with the store replaced by the state. What must hold is said by a second, simpler
 * reading of the acts.
 *
 * ZT_HISTORY_ACTS says how long the histories are, ZT_HISTORY_RANDOM how many long ones are
 * played by chance, ZT_MODEL_SEED which. */
#include "test.h"

#include <stdio.h>
#include <time.h>

#define store_get kept_push
#define chain_link link_of_place
#define chain_stored_version version_of_place
#define chain_put_version put_version
#define chain_note noted
#define chain_suspect suspected
#define space_complete completed
#include "client/judge.c" /* NOLINT(bugprone-suspicious-include) */

#include "base/vec.h"
#include "crypto/aead.h"
#include "crypto/suite.h"
#include "play.h"

enum {
	A,
	OFFICE,
	B,
	R1,
	R2,
	DEVICES
};                            /* A and OFFICE are devices of one user, R1 and R2 too */
enum { BASE = 8, ROOM = 16 }; /* entries that all histories begin with; acts of a kind */
enum kind { DEMOTES, REMOVES, GRANTS, ROTATES, REVOKES_R, REVOKES_R1, REVOKES_R2, KINDS };
static const char *const kind_names[] = { "A demotes R", "A removes R", "A lets R write again",
	"A rotates", "the office revokes R", "the office revokes R's first device",
	"the office revokes R's second device" };

/* ---- the log: a tree of all that was ever tried, each entry signed and checked once ---- */

struct node {
	int parent, child, next; /* -1: none */
	enum kind kind;
	unsigned pin;
	unsigned size; /* entries, this one included */
	bool stands;
	struct entry *e;
	struct org_state *o; /* behind it */
	uint8_t kinds[ROOM], pins[ROOM];
};

static struct {
	struct sign_key *keys[DEVICES], *root;
	uint8_t public_keys[DEVICES][SIGN_PUBLIC_BYTES];
	struct id org, space, user_a, user_b, user_r, devices[DEVICES];
	struct entry *base[BASE];
	struct node *nodes;
	size_t node_count, node_cap;
	struct buf pushes[DEVICES][BASE + ROOM + 1][ROOM + 1];
	uint64_t hidings, late;
} w;

static const uint8_t zeros[256];
static const uint8_t point[32] = { 9 };

static void
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
	const char *why = "";

	assert_ok(entry_sign(key, b, &w.base[index]));
	assert_ok(rules_check(o, w.base[index], index, &why));
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
static int
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
	const char *why = "";

	assert_ok(org_state_new(&w.org, &o));
	for (unsigned i = 0; i < w.nodes[n].size; i++) {
		const struct entry *e = entry_at(n, i);

		if (id_equal(&e->topic, &w.org)) {
			if (i >= BASE)
				assert_ok(rules_check(o, e, i, &why));
			assert_ok(org_state_apply(o, e, i));
		}
		assert_ok(merkle_add(o->tree, &e->leaf));
	}
	for (unsigned i = 0; i < w.nodes[n].size; i++) {
		const struct entry *e = entry_at(n, i);

		if (id_equal(&e->topic, &w.org))
			continue;
		if (i >= BASE)
			assert_ok(rules_check(o, e, i, &why));
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
	const char *why = "";

	assert_ok(org_state_new(&w.org, &o));
	for (unsigned i = 0; !refuses && i < w.nodes[n].size; i++) {
		const struct entry *e = entry_at(n, i);
		bool is_org = id_equal(&e->topic, &w.org);

		ws = org_state_workspace(o, &w.space);
		if (i >= BASE && (mask >> (i - BASE) & 1) != 0)
			assert_ok(org_state_hide(o, &e->tag));
		else if (!is_org && e->body->topic_index != (ws != NULL ? ws->topic.length : 0))
			waits = true; /* for what is hidden */
		else if (i >= BASE && rules_check(o, e, i, &why))
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
compare_late(int n, const struct entry *e, bool stands)
{
	struct org_state *late;
	const char *why = "";

	if (w.nodes[n].size > BASE + 4)
		return;
	late = late_view(n);
	assert_true((rules_check(late, e, w.nodes[n].size, &why) == ZT_OK) == stands);
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
static int
log_with(int parent, enum kind kind, unsigned pin)
{
	const struct org_state *o = w.nodes[parent].o;
	const char *why = "";
	int n;

	for (n = w.nodes[parent].child; n >= 0; n = w.nodes[n].next)
		if (w.nodes[n].kind == kind && w.nodes[n].pin == pin)
			return w.nodes[n].stands ? n : -1;
	n = new_node(parent, kind, pin);
	w.nodes[n].e = compose(o, kind, pin);
	w.nodes[n].stands = rules_check(o, w.nodes[n].e, w.nodes[parent].size, &why) == ZT_OK;
	compare_late(parent, w.nodes[n].e, w.nodes[n].stands);
	if (!w.nodes[n].stands)
		return -1;
	w.nodes[n].o = replay(n);
	try_hiding(n);
	return n;
}

/* ---- a history's state ---- */

struct device {                                     /* A's, or B's */
	uint8_t size, position, judged, step_count; /* of log and chain, as judge.c has it */
	uint8_t had[ROOM]; /* log entries when it verified that place */
	uint8_t left_out[ROOM];
	uint8_t steps[ROOM + 2][2];
};

struct history {
	int log;
	uint8_t count;     /* changesets in the chain */
	uint8_t unused[3]; /* no holes: states are compared as bytes */
	uint8_t author[ROOM], seen[ROOM], parent[ROOM];
	struct device d[2]; /* of A, of B */
};

struct step { /* for a person to read */
	uint8_t what, detail;
};
enum { STEPS = 64 };
struct story {
	struct history h;
	uint64_t ways;
	unsigned n;
	struct step steps[STEPS];
};

/* ---- judge.c's device: its store is a state ---- */

static const struct history *now;
static struct device *self;
static uint64_t asked;

static const struct buf *
push_of(unsigned author, unsigned seen, unsigned parent)
{
	struct buf *out = &w.pushes[author][seen][parent];
	struct change change = { .version = 1 };
	struct changeset cs = { .generation = 1, .parent_position = parent, .seen_size = seen };
	Zt__PushRequest push = ZT__PUSH_REQUEST__INIT;
	Zt__Changeset m = ZT__CHANGESET__INIT;
	struct buf encoded = buf_init(1024), body = buf_init(1024);
	ProtobufCBinaryData field;
	struct bytes bytes;
	Zt__Statement st;

	if (out->n > 0)
		return out;
	*out = buf_init(4096);
	cs.org = w.org;
	cs.workspace = w.space;
	cs.author = w.devices[author];
	link_at(parent, &cs.parent_link);
	assert_ok(changeset_encode_change(&change, &encoded));
	bytes = buf_bytes(&encoded);
	assert_ok(changeset_sign(w.keys[author], &cs, &bytes, 1, &body));
	st = statement_message(&cs.signed_);
	field = pb_field(bytes.p, bytes.n);
	m.statement = &st;
	m.changes = &field;
	m.n_changes = 1;
	push.changeset = &m;
	assert_ok(pb_encode(&push, out));
	buf_free(&encoded);
	buf_free(&body);
	return out;
}

enum zt_err
kept_push(struct store *s, enum store_kind kind, struct bytes key, uint64_t n, struct buf *out)
{
	(void)s, (void)kind, (void)key;
	asked = n;
	buf_add(
	    out, buf_bytes(push_of(now->author[n - 1], now->seen[n - 1], now->parent[n - 1])));
	return ZT_OK;
}

enum zt_err
link_of_place(struct space *s, uint64_t position, struct hash *out, uint64_t *time)
{
	(void)s, (void)time;
	link_at(position, out);
	return ZT_OK;
}

enum zt_err
version_of_place(
    struct space *s, const struct id *vlob, uint64_t n, struct space_version *out, bool *before)
{
	(void)s, (void)vlob, (void)n;
	*out =
	    (struct space_version){ .position = asked, .left_out = self->left_out[asked - 1] };
	*before = false;
	return ZT_OK;
}

enum zt_err
put_version(struct space *s, const struct chain_change *of, const struct change *c)
{
	(void)s, (void)c;
	self->left_out[of->position - 1] = of->left_out;
	return ZT_OK;
}

enum zt_err
noted(struct space *s)
{
	(void)s;
	return ZT_OK;
}

enum zt_err
suspected(struct space *s)
{
	(void)s;
	return ZT_ERR_PROOF;
}

enum zt_err
completed(struct space *s)
{
	(void)s;
	return ZT_OK;
}

static void
open_space(const struct history *h, struct device *d, struct zt *z, struct space *s)
{
	now = h;
	self = d;
	z->state = w.nodes[node_at(h->log, d->size)].o;
	s->z = z;
	s->w = org_state_workspace(z->state, &w.space);
	s->position = d->position;
	s->judged = d->judged;
	s->base = 0;
	s->step_count = d->step_count;
	for (unsigned i = 0; i < d->step_count; i++)
		s->steps[i] = (struct space_step){ d->steps[i][0], d->steps[i][1] };
}

static void
close_space(const struct space *s, struct device *d)
{
	d->position = (uint8_t)s->position;
	d->judged = (uint8_t)s->judged;
	memset(d->steps, 0, sizeof d->steps);
	d->step_count = (uint8_t)s->step_count;
	for (unsigned i = 0; i < s->step_count; i++) {
		d->steps[i][0] = (uint8_t)s->steps[i].position;
		d->steps[i][1] = (uint8_t)s->steps[i].known;
	}
}

static struct zt the_zt;
static struct space the_space;

static void
judge(const struct history *h, struct device *d)
{
	open_space(h, d, &the_zt, &the_space);
	assert_ok(judge_again(&the_space));
	close_space(&the_space, d);
}

static bool
counts(const struct space *s, const struct history *h, unsigned position)
{
	return changeset_counts(s->w,
	    org_state_device(s->z->state, &w.devices[h->author[position - 1]]),
	    h->seen[position - 1],
	    &(struct changeset_place){ position, judge_known(s, position) });
}

/* D verifies the next changeset, as space_sync does. */
static void
take_next(const struct history *h, struct device *d)
{
	judge(h, d);
	open_space(h, d, &the_zt, &the_space);
	judge_hear(&the_space);
	d->had[d->position] = d->size;
	d->left_out[d->position] = !counts(&the_space, h, d->position + 1u);
	the_space.position++;
	close_space(&the_space, d);
}

/* ---- what must hold, by a second reading of the acts ---- */

/* Whether KIND ends the right to write of device D. */
static bool
is_loss(enum kind kind, unsigned d)
{
	return kind == DEMOTES || kind == REMOVES || kind == REVOKES_R ||
	       kind == (d == R1 ? REVOKES_R1 : REVOKES_R2);
}

struct rights {
	bool writes, reads, live[DEVICES], is_open;
};

/* Those of R as of SIZE entries. */
static struct rights
rights_at(const struct node *n, unsigned size)
{
	struct rights r = {
		.writes = true, .reads = true, .live = { [R1] = true, [R2] = true }
	};

	for (unsigned i = 0; i + BASE < size; i++)
		switch ((enum kind)n->kinds[i]) {
		case DEMOTES: /* or lets in again as a reader */
			r.writes = false;
			r.reads = true;
			break;
		case REMOVES:
			r.writes = r.reads = false;
			r.is_open = true;
			break;
		case GRANTS:
			r.writes = r.reads = true;
			break;
		case ROTATES:
			r.is_open = false;
			break;
		case REVOKES_R:
			r.live[R1] = r.live[R2] = false;
			r.is_open = r.is_open || r.reads;
			break;
		case REVOKES_R1:
			r.live[R1] = false;
			r.is_open = r.is_open || r.reads;
			break;
		case REVOKES_R2:
			r.live[R2] = false;
			r.is_open = r.is_open || r.reads;
			break;
		case KINDS:
			break;
		}
	return r;
}

enum { NO_LOSS = 255, NO_PIN = 255 };

static unsigned
loss_of(const struct node *n, unsigned size, unsigned device, unsigned seen)
{
	for (unsigned i = seen; device != B && i < size; i++)
		if (is_loss((enum kind)n->kinds[i - BASE], device))
			return i;
	return NO_LOSS;
}

/* A demotion and a removal say themselves up to which place; a revocation, the rotation behind
 * it does. */
static unsigned
pin_of(const struct node *n, unsigned size, unsigned loss)
{
	if (n->kinds[loss - BASE] == DEMOTES || n->kinds[loss - BASE] == REMOVES)
		return n->pins[loss - BASE];
	for (unsigned i = loss + 1; i < size; i++)
		if (n->kinds[i - BASE] == ROTATES)
			return n->pins[i - BASE];
	return NO_PIN;
}

static uint64_t histories; /* of which all that follows was true so far */

static void
tell(const struct story *s, const char *broken)
{
	static const char *const whats[] = { "", "S shows A the next entry",
		"S shows B the next entry", "S shows A the next changeset",
		"S shows B the next changeset", "B signs",
		"R's first device signs, log size seen",
		"R's second device signs, log size seen" };

	print_message("after %llu histories: %s\n", (unsigned long long)histories, broken);
	for (unsigned i = 0; i < s->n; i++)
		if (s->steps[i].what == 0)
			print_message("  %s\n", kind_names[s->steps[i].detail]);
		else
			print_message("  %s %u\n", whats[s->steps[i].what], s->steps[i].detail);
	for (unsigned i = 0; i + BASE < w.nodes[s->h.log].size; i++)
		print_message("  entry %u: %s, pin %u\n", i + BASE,
		    kind_names[w.nodes[s->h.log].kinds[i]], w.nodes[s->h.log].pins[i]);
	fail();
}

/* P6 on one device, and that what it keeps is what it would judge by its log of now. */
static void
check_device(const struct story *s, struct device *d)
{
	const struct node *n = &w.nodes[s->h.log];

	for (unsigned p = 1; p <= d->position; p++) {
		unsigned i = p - 1;
		unsigned loss = loss_of(n, d->size, s->h.author[i], s->h.seen[i]);
		unsigned pin = loss != NO_LOSS ? pin_of(n, d->size, loss) : NO_PIN;
		bool in_time = loss == NO_LOSS || d->had[i] <= loss, is = !d->left_out[i];

		if (is && !in_time && (pin == NO_PIN || p > pin))
			tell(s, "P6: a changeset counts that was verified after its author's "
				"loss was heard, and is not pinned");
		if (!is && (pin == NO_PIN ? in_time : p <= pin))
			tell(s, "a changeset is left out that is good");
		open_space(&s->h, d, &the_zt, &the_space);
		if (counts(&the_space, &s->h, p) != is)
			tell(s, "P6: what counts was not judged again");
	}
}

/* P5: the same log and the same chain are the same files, once the losses are pinned. */
static void
check_agreement(const struct story *s, const struct device *a, const struct device *b)
{
	const struct node *n = &w.nodes[s->h.log];

	for (unsigned i = 0; a->size == b->size && i < a->position && i < b->position; i++) {
		unsigned loss = loss_of(n, a->size, s->h.author[i], s->h.seen[i]);

		if (loss != NO_LOSS && pin_of(n, a->size, loss) == NO_PIN)
			continue;
		if (a->left_out[i] != b->left_out[i])
			tell(s, "P5: two devices count different changesets");
	}
}

static unsigned
verified_before_loss(const struct device *d, unsigned loss)
{
	unsigned far = 0;

	while (far < d->position && d->had[far] <= loss)
		far++;
	return far;
}

/* How far statements of R vouch that were signed before LOSS and that A verified while their
 * device was in good standing: whoever holds such a device writes by itself, and gains nothing
 * by vouching for another. */
static unsigned
vouched_by_r(const struct story *s, unsigned loss)
{
	const struct node *n = &w.nodes[s->h.log];
	unsigned far = 0;

	for (unsigned i = 0; i < s->h.d[0].position; i++) {
		unsigned own = loss_of(n, n->size, s->h.author[i], s->h.seen[i]);

		if (s->h.seen[i] <= loss && own != loss && s->h.parent[i] > far &&
		    (own == NO_LOSS || s->h.d[0].had[i] <= own))
			far = s->h.parent[i];
	}
	return far;
}

/* P6: no rotation pins what no honest device verified before it heard of the loss. */
static void
check_pins(const struct story *s)
{
	const struct node *n = &w.nodes[s->h.log];

	for (unsigned loss = BASE; loss < n->size; loss++) {
		unsigned pin, a = verified_before_loss(&s->h.d[0], loss),
			      b = verified_before_loss(&s->h.d[1], loss);
		struct rights r = rights_at(n, loss);

		if (n->kinds[loss - BASE] < REVOKES_R && n->kinds[loss - BASE] != DEMOTES &&
		    n->kinds[loss - BASE] != REMOVES)
			continue;
		if (!r.writes)
			continue;
		if ((pin = pin_of(n, n->size, loss)) != NO_PIN && pin > a && pin > b &&
		    pin > vouched_by_r(s, loss))
			tell(s, "P6: a pin lies beyond what honest devices had verified");
	}
}

static void
check(const struct story *s)
{
	struct device d[2] = { s->h.d[0], s->h.d[1] };

	for (unsigned i = 0; i < 2; i++) {
		judge(&s->h, &d[i]);
		check_device(s, &d[i]);
	}
	check_agreement(s, &d[0], &d[1]);
	check_pins(s);
	histories += s->ways;
}

/* ---- the acts ---- */

typedef void each_next(void *ctx, const struct story *next);

static struct story
with_step(const struct story *s, unsigned what, unsigned detail)
{
	struct story next = *s;

	if (next.n < STEPS)
		next.steps[next.n++] = (struct step){ (uint8_t)what, (uint8_t)detail };
	return next;
}

/* A judges at each entry that it hears, B when it goes on with the chain. */
static void
hear(struct history *h, unsigned i, unsigned size)
{
	h->d[i].size = (uint8_t)size;
	if (i == 0)
		judge(h, &h->d[0]);
}

/* How far the entry of KIND says that A's chain goes: rotate.c, fill_role and fill_rotation. */
static unsigned
pin_by_a(const struct history *h, enum kind kind)
{
	struct device d = h->d[0];
	struct hash link;
	uint64_t position = d.position;

	if (kind > ROTATES || kind == GRANTS)
		return 0;
	if (kind == ROTATES) {
		judge(h, &d);
		open_space(h, &d, &the_zt, &the_space);
		assert_ok(judge_pin(&the_space, &position, &link));
	}
	return (unsigned)position;
}

static void
acts_of_trust(const struct story *s, void *ctx, each_next *each)
{
	if (w.nodes[s->h.log].size == BASE + ROOM)
		return;
	for (unsigned k = 0; k < KINDS; k++) {
		int n = log_with(s->h.log, (enum kind)k, pin_by_a(&s->h, (enum kind)k));
		struct story next = with_step(s, 0, k);

		if (n < 0)
			continue;
		next.h.log = n;
		if (k < REVOKES_R) /* A's own */
			hear(&next.h, 0, w.nodes[n].size);
		each(ctx, &next);
	}
}

static void
showing(const struct story *s, void *ctx, each_next *each)
{
	for (unsigned i = 0; i < 2; i++) {
		const struct device *d = &s->h.d[i];
		struct story next;

		if (d->size < w.nodes[s->h.log].size) {
			next = with_step(s, 1 + i, 0);
			hear(&next.h, i, d->size + 1u);
			each(ctx, &next);
		}
		if (d->position < s->h.count && s->h.seen[d->position] <= d->size) {
			next = with_step(s, 3 + i, 0);
			take_next(&next.h, &next.h.d[i]);
			each(ctx, &next);
		}
	}
}

static void
put(struct history *h, unsigned author, unsigned seen, unsigned parent)
{
	h->author[h->count] = (uint8_t)author;
	h->seen[h->count] = (uint8_t)seen;
	h->parent[h->count] = (uint8_t)parent;
	h->count++;
}

/* The code's answer, and the second reading's, to whether DEVICE may write at SEEN. */
static bool
may_sign(int log, unsigned device, unsigned seen)
{
	const struct org_state *o = w.nodes[log].o;
	const struct org_workspace *ws = org_state_workspace(o, &w.space);
	const struct org_device *d = org_state_device(o, &w.devices[device]);
	struct rights r = rights_at(&w.nodes[log], seen);
	bool may = org_state_device_live(d, seen) &&
		   org_state_role(ws, d->user, seen) >= ROLE_CONTRIBUTOR &&
		   !org_state_is_open(ws, seen);

	assert_true(may == ((device == B || (r.writes && r.live[device])) && !r.is_open));
	return may;
}

static void
signing(const struct story *s, void *ctx, each_next *each)
{
	const struct device *b = &s->h.d[1];

	if (s->h.count == ROOM)
		return;
	if (may_sign(s->h.log, B, b->size)) {
		struct story next = with_step(s, 5, b->size);

		put(&next.h, B, b->size, b->position);
		each(ctx, &next);
	}
	for (unsigned d = R1; d <= R2; d++)
		for (unsigned seen = BASE; seen <= w.nodes[s->h.log].size; seen++)
			if (may_sign(s->h.log, d, seen)) {
				struct story next = with_step(s, 6 + d - R1, seen);

				put(&next.h, d, seen, s->h.count);
				each(ctx, &next);
			}
}

static void
each_act(const struct story *s, void *ctx, each_next *each)
{
	acts_of_trust(s, ctx, each);
	showing(s, ctx, each);
	signing(s, ctx, each);
}

static void
begin_story(struct story *s)
{
	memset(s, 0, sizeof *s);
	s->ways = 1;
	for (unsigned i = 0; i < 2; i++)
		s->h.d[i].size = s->h.d[i].judged = BASE;
}

/* ---- all of them ---- */

struct level { /* states after as many acts, each once */
	struct story *s;
	size_t count, cap;
	uint32_t *slots; /* index plus one; 0: free */
	size_t slot_count;
};

static uint64_t
hash_of(const struct history *h)
{
	const uint8_t *p = (const uint8_t *)h;
	uint64_t x = 14695981039346656037u;

	for (size_t i = 0; i < sizeof *h; i++)
		x = (x ^ p[i]) * 1099511628211u;
	return x ^ x >> 29;
}

static size_t
slot_for(const struct level *l, const struct history *h)
{
	size_t at = hash_of(h) & (l->slot_count - 1);

	while (l->slots[at] != 0 && memcmp(&l->s[l->slots[at] - 1].h, h, sizeof *h) != 0)
		at = (at + 1) & (l->slot_count - 1);
	return at;
}

static void
grow(struct level *l)
{
	l->slot_count = l->slot_count == 0 ? 1024 : 2 * l->slot_count;
	free(l->slots);
	l->slots = calloc(l->slot_count, sizeof *l->slots);
	assert_non_null(l->slots);
	for (size_t i = 0; i < l->count; i++)
		l->slots[slot_for(l, &l->s[i].h)] = (uint32_t)i + 1;
}

static void
into_level(void *ctx, const struct story *s)
{
	struct level *l = ctx;
	size_t at;

	if (2 * l->count >= l->slot_count)
		grow(l);
	if (l->slots[at = slot_for(l, &s->h)] != 0) {
		l->s[l->slots[at] - 1].ways += s->ways;
		return;
	}
	assert_ok(vec_room(&l->s, l->count, &l->cap, sizeof *l->s));
	l->s[l->count++] = *s;
	l->slots[at] = (uint32_t)l->count;
}

static void
end_level(struct level *l)
{
	free(l->s);
	free(l->slots);
	*l = (struct level){ .s = NULL };
}

static uint64_t
number_of(const char *name, uint64_t fallback)
{
	const char *text = getenv(name);

	return text != NULL ? strtoull(text, NULL, 10) : fallback;
}

static void
P4_P5_P6_hold_in_every_short_history(void **state)
{
	uint64_t acts = number_of("ZT_HISTORY_ACTS", 6), states = 0;
	struct level now_level = { .s = NULL }, next = { .s = NULL };
	struct story first;

	(void)state;
	histories = 0;
	begin_story(&first);
	into_level(&now_level, &first);
	for (uint64_t n = 0;; n++) {
		for (size_t i = 0; i < now_level.count; i++)
			check(&now_level.s[i]);
		states += now_level.count;
		if (n == acts)
			break;
		for (size_t i = 0; i < now_level.count; i++)
			each_act(&now_level.s[i], &next, into_level);
		end_level(&now_level);
		now_level = next;
		next = (struct level){ .s = NULL };
	}
	end_level(&now_level);
	print_message("%llu histories of up to %llu acts in %llu states, %zu entries of trust, "
		      "%llu logs with lines hidden, %llu seen late\n",
	    (unsigned long long)histories, (unsigned long long)acts, (unsigned long long)states,
	    w.node_count, (unsigned long long)w.hidings, (unsigned long long)w.late);
}

/* ---- long ones by chance ---- */

struct choice {
	struct chance *c;
	struct story next;
	unsigned n;
};

static void
choose(void *ctx, const struct story *s)
{
	struct choice *c = ctx;

	if (chance(c->c, ++c->n) == 0)
		c->next = *s;
}

static void
P5_P6_hold_in_long_histories_by_chance(void **state)
{
	enum { LONG = 40 };
	uint64_t count = number_of("ZT_HISTORY_RANDOM", 100);
	struct chance c = { .seed = number_of("ZT_MODEL_SEED", (uint64_t)time(NULL)) | 1 };

	(void)state;
	print_message("seed %llu\n", (unsigned long long)c.seed);
	histories = 0;
	for (uint64_t i = 0; i < count; i++) {
		struct choice by = { .c = &c };
		struct story s;

		begin_story(&s);
		for (unsigned n = 0; n < LONG; n++) {
			by.n = 0;
			/* each kind of act as often as the others, whatever their number */
			void (*const kinds[])(const struct story *, void *,
			    each_next *) = { acts_of_trust, showing, showing, signing };

			kinds[chance(&c, 4)](&s, &by, choose);
			if (by.n == 0)
				continue;
			s = by.next;
			check(&s);
		}
	}
	print_message("%llu steps of %llu histories\n", (unsigned long long)histories,
	    (unsigned long long)count);
}

/* ---- frame ---- */

static int
begin(void **state)
{
	struct org_state *o = NULL;
	uint8_t root[SIGN_PUBLIC_BYTES];

	(void)state;
	assert_ok(sign_generate(&w.root));
	sign_public(w.root, root);
	org_state_id(root, &w.org);
	suite_random(w.space.b, ID_BYTES);
	suite_random(w.user_a.b, ID_BYTES);
	suite_random(w.user_b.b, ID_BYTES);
	suite_random(w.user_r.b, ID_BYTES);
	for (unsigned i = 0; i < DEVICES; i++) {
		suite_random(w.devices[i].b, ID_BYTES);
		assert_ok(sign_generate(&w.keys[i]));
		sign_public(w.keys[i], w.public_keys[i]);
	}
	assert_ok(org_state_new(&w.org, &o));
	begin_log(o);
	assert_int_equal(0, new_node(-1, KINDS, 0));
	w.nodes[0].stands = true;
	w.nodes[0].o = o;
	return 0;
}

static int
finish(void **state)
{
	(void)state;
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
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(P4_P5_P6_hold_in_every_short_history),
		cmocka_unit_test(P5_P6_hold_in_long_histories_by_chance),
	};

	if (suite_start())
		return 1;
	return cmocka_run_group_tests(tests, begin, finish);
}
