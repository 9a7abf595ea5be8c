/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* newcomer_test.c - F4, P5: what a newcomer sees whose chain begins at a checkpoint, held
 * against every short chain and all that a manager can vouch for in it.
 *
 * B and R write two objects in turn; all of R's is left out, for A demoted R and the log pins
 * the beginning of the chain. A, who vouches for the newcomer, colludes with S: the checkpoint
 * is at any place and names any of the changes before it, each of which is proved. A may say
 * that an older version is current, which the newcomer finds out later; but no word of A's
 * makes an object that is there count as not there, for then the newcomer's first file would
 * replace it. The client's reading of chains and checkpoints is the real one, on its real
 * store; calls of the server are answered here.
 *
 * ZT_HISTORY_RANDOM says how many long ones are played by chance, ZT_MODEL_SEED which. */
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "files/checkpoint.h"
#include "format/pb.h"
#include "histories.h"
#include "play.h"
#include "proto/metadata.pb-c.h"
#include "test.h"

enum { SHORT = 3, LONG = 12, OBJECTS = 2 };
enum change_of { B_FIRST, B_SECOND, R_FIRST, R_SECOND, CHANGES };

/* One changeset of the chain, with one change in it. */
struct written {
	enum change_of is;
	unsigned version;
	struct hash object, link;
	struct buf change, body;
	struct changeset cs;
};

static struct {
	struct zt z; /* the newcomer */
	char folder[40];
	struct written at[LONG];
	unsigned length;
	/* What A vouches for: of the first PLACE changesets those whose bit is set. */
	unsigned place, named;
	struct buf statement_body, packed;
	struct statement statement;
	uint64_t newcomers, begun;
} t;

static unsigned
object_of(enum change_of c)
{
	return c == B_SECOND || c == R_SECOND;
}

static bool
is_excluded(enum change_of c)
{
	return c == R_FIRST || c == R_SECOND;
}

static struct id
vlob(unsigned object)
{
	return (struct id){ { (uint8_t)(1 + object) } };
}

/* ---- the chain ---- */

static void
write_change(struct written *x, const struct written *before)
{
	struct change c = { .vlob = vlob(object_of(x->is)), .version = x->version };

	c.has_prev = before != NULL;
	if (before != NULL)
		c.prev = before->object;
	c.pins.object = x->object;
	x->change = buf_init(1024);
	assert_ok(changeset_encode_change(&c, &x->change));
}

/* Puts one changeset more behind the chain. */
static void
add(enum change_of is)
{
	struct written *x = &t.at[t.length];
	const struct written *before = NULL;
	struct bytes change;
	unsigned author = is_excluded(is) ? R1 : B;

	*x = (struct written){ .is = is, .version = 1, .object = { { (uint8_t)t.length, 7 } } };
	for (unsigned i = t.length; before == NULL && i-- > 0;)
		if (object_of(t.at[i].is) == object_of(is))
			before = &t.at[i];
	if (before != NULL)
		x->version = before->version + 1;
	write_change(x, before);
	change = buf_bytes(&x->change);
	x->cs = (struct changeset){ .org = w.org, .workspace = w.space, .generation = 1 };
	x->cs.author = w.devices[author];
	x->cs.seen_size = BASE;
	assert_ok(merkle_root(w.nodes[0].o->tree, BASE, &x->cs.seen_root));
	x->cs.parent_position = t.length;
	if (t.length > 0)
		x->cs.parent_link = x[-1].link;
	x->cs.time = 1000 + t.length;
	x->body = buf_init(1024);
	assert_ok(changeset_sign(w.keys[author], &x->cs, &change, 1, &x->body));
	changeset_link(&x->cs.parent_link, &x->cs.stmt, &x->link);
	t.length++;
}

static void
take_back(void)
{
	struct written *x = &t.at[--t.length];

	buf_free(&x->change);
	buf_free(&x->body);
}

/* The newest version of OBJECT that counts among the first N changesets; 0: none. */
static unsigned
newest(unsigned object, unsigned n)
{
	while (n-- > 0)
		if (object_of(t.at[n].is) == object && !is_excluded(t.at[n].is))
			return t.at[n].version;
	return 0;
}

static bool
counts(unsigned object, uint64_t version)
{
	for (unsigned i = 0; i < t.length; i++)
		if (object_of(t.at[i].is) == object && t.at[i].version == version)
			return !is_excluded(t.at[i].is);
	return false;
}

/* ---- what A vouches for ---- */

static void
vouch(unsigned place, unsigned named)
{
	struct checkpoint c = { .org = w.org, .workspace = w.space };
	const struct org_state *o = t.z.state;

	t.place = place;
	t.named = named;
	buf_empty(&t.packed);
	buf_empty(&t.statement_body);
	for (unsigned i = 0; i < place; i++)
		if (named >> i & 1) {
			struct checkpoint_entry e = { vlob(object_of(t.at[i].is)),
				t.at[i].version, i + 1 };

			checkpoint_pack(&e, buf_room(&t.packed, CHECKPOINT_ENTRY_BYTES));
			c.count++;
		}
	c.author = w.devices[A];
	c.position = place;
	c.link = t.at[place - 1].link;
	c.seen_size = merkle_size(o->tree);
	assert_ok(merkle_root(o->tree, c.seen_size, &c.seen_root));
	assert_ok(checkpoint_root(buf_bytes(&t.packed), place, &c.root));
	assert_ok(checkpoint_sign(w.keys[A], &c, &t.statement_body, &t.statement));
}

/* As an honest member does it: the newest version of each object that counts, and those left
 * out behind it. */
static unsigned
honest(unsigned place)
{
	unsigned named = 0;

	for (unsigned i = 0; i < place; i++) {
		unsigned is = newest(object_of(t.at[i].is), place);

		if (is > 0 && t.at[i].version >= is)
			named |= 1u << i;
	}
	return named;
}

/* ---- the server ---- */

static void
show_chain(unsigned from, struct buf *out)
{
	Zt__ChainPage page = ZT__CHAIN_PAGE__INIT;
	Zt__Changeset m = ZT__CHANGESET__INIT, *one = &m;
	ProtobufCBinaryData change;
	Zt__Statement st;

	page.first = from;
	page.newest = t.length;
	if (from >= 1 && from <= t.length) { /* pages of one changeset */
		const struct written *x = &t.at[from - 1];

		st = statement_message(&x->cs.stmt);
		change = pb_field(x->change.p, x->change.n);
		m.statement = &st;
		m.changes = &change;
		m.n_changes = 1;
		page.changesets = &one;
		page.n_changesets = 1;
	}
	assert_ok(pb_encode(&page, out));
}

static void
show_checkpoints(struct buf *out)
{
	Zt__Checkpoints m = ZT__CHECKPOINTS__INIT;
	Zt__Statement st = statement_message(&t.statement), *one = &st;

	m.statements = &one;
	m.n_statements = 1;
	assert_ok(pb_encode(&m, out));
}

static void
show_entries(struct buf *out)
{
	Zt__CheckpointPage m = ZT__CHECKPOINT_PAGE__INIT;
	Zt__PlacedStatement placed[LONG], *placed_list[LONG];
	Zt__ProvedChange proved[LONG], *proved_list[LONG];
	Zt__Statement st[LONG];
	size_t n = 0;

	for (unsigned i = 0; i < t.place; i++) {
		if (!(t.named >> i & 1))
			continue;
		zt__placed_statement__init(placed_list[n] = &placed[n]);
		zt__proved_change__init(proved_list[n] = &proved[n]);
		st[n] = statement_message(&t.at[i].cs.stmt);
		placed[n].position = proved[n].position = i + 1;
		placed[n].statement = &st[n];
		proved[n].change = pb_field(t.at[i].change.p, t.at[i].change.n);
		n++;
	}
	m.statements = placed_list;
	m.changes = proved_list;
	m.n_statements = m.n_changes = n;
	assert_ok(pb_encode(&m, out));
}

enum zt_err __wrap_session_call(struct zt *z, enum route r, const struct route_params *p,
    const char *query, struct bytes body, struct buf *answer);

/* What libzt calls in place of session_call (mk/rules.mk). */
enum zt_err
__wrap_session_call(struct zt *z, enum route r, const struct route_params *p, const char *query,
    struct bytes body, struct buf *answer)
{
	(void)z, (void)p, (void)body;
	if (r == ROUTE_CHECKPOINTS)
		show_checkpoints(answer);
	else if (r == ROUTE_CHECKPOINT)
		show_entries(answer);
	else if (r == ROUTE_CHAIN)
		show_chain((unsigned)strtoul(query + strlen("from="), NULL, 10), answer);
	else
		fail();
	return ZT_OK;
}

/* ---- what must hold ---- */

static void
tell(const char *broken)
{
	static const char *const whats[] = { "B writes the first object",
		"B writes the second object", "R writes the first object; it is left out",
		"R writes the second object; it is left out" };

	print_message("after %llu newcomers: %s\n", (unsigned long long)t.newcomers, broken);
	for (unsigned i = 0; i < t.length; i++)
		print_message("  %u: %s, version %u%s\n", i + 1, whats[t.at[i].is],
		    t.at[i].version,
		    i < t.place && t.named >> i & 1 ? "; A vouches for it" : "");
	print_message("  the checkpoint is at %u\n", t.place);
	fail();
}

static void
forget(void)
{
	static const enum store_kind kinds[] = { STORE_LINK, STORE_VERSION, STORE_CHAIN,
		STORE_PUSH };
	struct bytes key = bytes_of(w.space.b, ID_BYTES);

	assert_ok(store_begin(t.z.store));
	for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		assert_ok(store_forget(t.z.store, kinds[i], key));
	assert_ok(store_commit(t.z.store));
}

/* IS: what the newcomer takes for the newest version of OBJECT. */
static void
check_object(unsigned object, enum zt_err err, const struct workspace_version *is, bool rests)
{
	unsigned true_one = newest(object, t.length);

	if (err == ZT_ERR_NOT_FOUND && true_one > 0)
		tell("F4: an object counts as not there that is");
	if (err && err != ZT_ERR_NOT_FOUND)
		tell("an honest chain cannot be read");
	if (err == ZT_OK && !counts(object, is->version))
		tell("P6: a version counts that was left out");
	if (err == ZT_OK && !rests && is->version != true_one)
		tell("P5: two devices have different files");
}

/* Whether A vouches for a version that is left out and not for the one that counts before it.
 */
static bool
names_one_alone(void)
{
	bool seen[OBJECTS] = { false };

	for (unsigned i = 0; i < t.place; i++) {
		unsigned object = object_of(t.at[i].is);

		if (!(t.named >> i & 1) || seen[object])
			continue;
		seen[object] = true;
		if (is_excluded(t.at[i].is) && t.at[i].version > 1)
			return true;
	}
	return false;
}

/* A newcomer reads, and later verifies what is before the checkpoint. */
static void
read_all(void)
{
	struct workspace s = { .z = &t.z, .w = org_state_workspace(t.z.state, &w.space) };
	bool is_honest = t.named == honest(t.place) && t.named != 0, begun;
	struct workspace_version v;
	enum zt_err err;

	forget();
	if (workspace_sync(&s) || s.chain.position != t.length)
		tell("an honest chain cannot be read");
	begun = s.chain.anchor_position > 0;
	if (is_honest && t.length > 1 && t.place == t.length && !begun)
		tell("an honest checkpoint is refused");
	if (begun && names_one_alone())
		tell("F4: a checkpoint names a left out version alone, and is taken");
	for (unsigned i = 0; i < OBJECTS; i++) {
		struct id id = vlob(i);

		err = workspace_version(&s, &id, 0, &v);
		check_object(i, err, &v, begun && !is_honest);
	}
	assert_ok(workspace_complete(&s));
	for (unsigned i = 0; i < OBJECTS; i++) {
		struct id id = vlob(i);

		err = workspace_version(&s, &id, 0, &v);
		check_object(i, err, &v, false);
	}
	t.newcomers++;
	t.begun += begun;
}

/* ---- all of them ---- */

static void
each_word(void)
{
	for (unsigned place = 1; place <= t.length; place++)
		for (unsigned named = 0; named < 1u << place; named++) {
			vouch(place, named);
			read_all();
		}
}

static void
each_chain(unsigned more)
{
	if (t.length > 0)
		each_word();
	for (unsigned c = 0; more > 0 && c < CHANGES; c++) {
		add((enum change_of)c);
		each_chain(more - 1);
		take_back();
	}
}

static void
F4_no_word_of_a_manager_hides_what_is_there(void **state)
{
	(void)state;
	t.newcomers = t.begun = 0;
	each_chain(SHORT);
	print_message("%llu newcomers, %llu of whom began at a checkpoint\n",
	    (unsigned long long)t.newcomers, (unsigned long long)t.begun);
	assert_true(t.begun > 100);
}

static void
F4_nor_of_a_long_chain_by_chance(void **state)
{
	uint64_t count = number_of("ZT_HISTORY_RANDOM", 100);
	struct chance c = { .seed = number_of("ZT_MODEL_SEED", (uint64_t)time(NULL)) | 1 };

	(void)state;
	print_message("seed %llu\n", (unsigned long long)c.seed);
	t.newcomers = t.begun = 0;
	for (uint64_t i = 0; i < count; i++) {
		unsigned n = SHORT + 1 + chance(&c, LONG - SHORT), place;

		while (t.length < n)
			add((enum change_of)chance(&c, CHANGES));
		place = 1 + chance(&c, n);
		vouch(place, chance(&c, 4) == 0 ? honest(place) : chance(&c, 1u << place));
		read_all();
		while (t.length > 0)
			take_back();
	}
	print_message("%llu newcomers, %llu of whom began at a checkpoint\n",
	    (unsigned long long)t.newcomers, (unsigned long long)t.begun);
}

/* ---- frame ---- */

static int
begin(void **state)
{
	struct secret *key = NULL;
	int n;

	(void)state;
	log_tree_begin();
	n = log_with(0, DEMOTES, 0);
	assert_true(n > 0);
	t.z.org = w.org;
	t.z.state = w.nodes[n].o;
	t.packed = buf_init(4096);
	t.statement_body = buf_init(4096);
	/* in memory where that is to be had: each newcomer writes it several times */
	(void)snprintf(t.folder, sizeof t.folder, "%s/zt-newcomer.XXXXXX",
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	assert_non_null(mkdtemp(t.folder));
	assert_ok(secret_generate(&key));
	assert_ok(store_open(t.folder, key, NULL, &t.z.store));
	secret_free(key);
	return 0;
}

static int
finish(void **state)
{
	char command[64];

	(void)state;
	store_close(t.z.store);
	(void)snprintf(command, sizeof command, "rm -rf %s", t.folder);
	(void)!system(command); /* NOLINT(cert-env33-c) */
	buf_free(&t.packed);
	buf_free(&t.statement_body);
	log_tree_end();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(F4_no_word_of_a_manager_hides_what_is_there),
		cmocka_unit_test(F4_nor_of_a_long_chain_by_chance),
	};

	if (suite_init())
		return 1;
	return cmocka_run_group_tests(tests, begin, finish);
}
