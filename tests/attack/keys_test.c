/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* keys_test.c - rows K2 to K6 of the attacks against the real client. K1 is in log_test.c:
 * a user's key is in the log. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "chain/keys.h"
#include "crypto/suite.h"
#include "forge.h"
#include "format/limits.h"
#include "format/pb.h"
#include "log/append.h"
#include "log/sync.h"
#include "test.h"
#include "trust/keyring.h"
#include "workspace/workspace.h"

/* A workspace of alice's that bob may write in, and whose key bob has not fetched yet. */
static struct workspace *
share(struct scene *s, const char *name)
{
	assert_ok(zt_workspace_create(s->alice.zt, name));
	assert_ok(zt_workspace_share(s->alice.zt, name, "bob@test.example", "contributor"));
	return person_workspace(&s->alice, name);
}

/* What the double answers to KEYS_GET: statements of the test's own, or nothing. */
struct served {
	Zt__Statement *st;
	size_t count;
};

static bool
serve_keys(void *ctx, struct proxy_call *c)
{
	struct served *v = ctx;
	Zt__SealedKeys m = ZT__SEALED_KEYS__INIT;

	if (c->route != ROUTE_KEYS_GET)
		return false;
	m.keys = &v->st;
	m.n_keys = v->count;
	assert_ok(pb_encode(&m, &c->answer));
	c->status = 200;
	return true;
}

static void
count_file(void *ctx, const struct zt_file *f)
{
	(void)f;
	++*(int *)ctx;
}

/* Bob looks into the workspace with this ID, by which he can name it before he knows its key.
 */
static enum zt_err
look(struct scene *s, const struct id *workspace)
{
	char id[ID_TEXT], remote[64];
	int n = 0;

	id_print(workspace, id);
	(void)snprintf(remote, sizeof remote, "%s:/", id);
	return zt_ls(s->bob.zt, remote, false, true, count_file, &n);
}

/* Bob writes there. */
static enum zt_err
write_there(struct scene *s, const struct id *workspace)
{
	char *path = world_file(s->w, "mine", "mine", 4), id[ID_TEXT], remote[64];
	enum zt_err err;

	id_print(workspace, id);
	(void)snprintf(remote, sizeof remote, "%s:/mine", id);
	err = zt_put(s->bob.zt, path, remote, NULL, NULL);
	free(path);
	return err;
}

/* Bob does ACT while he is served KEY of SUBJECT, sealed by alice's patched client. */
static enum zt_err
do_with(struct scene *s, enum zt_err (*act)(struct scene *, const struct id *),
    const struct id *workspace, const struct keyring_subject *subject, const struct secret *key,
    const uint8_t user_key[32])
{
	struct buf body = buf_init(4096);
	struct statement st;
	Zt__Statement m;
	struct served v = { &m, 1 };
	struct proxy_hooks hooks = { .ctx = &v, .before = serve_keys };
	enum zt_err err;

	assert_ok(keyring_seal(
	    s->alice.zt->sign, &s->alice.zt->device, subject, user_key, key, &body, &st));
	m = statement_message(&st);
	proxy_play(s->w->d, &hooks);
	err = act(s, workspace);
	proxy_play(s->w->d, NULL);
	buf_free(&body);
	return err;
}

static enum zt_err
look_with(struct scene *s, const struct id *workspace, const struct keyring_subject *subject,
    const struct secret *key, const uint8_t user_key[32])
{
	return do_with(s, look, workspace, subject, key, user_key);
}

static struct keyring_subject
for_bob(struct scene *s, const struct workspace *w, unsigned generation)
{
	return (struct keyring_subject){ .org = s->alice.zt->org,
		.workspace = w->w->id,
		.user = s->bob.zt->user,
		.generation = generation,
		.user_generation = 1 };
}

/* A file, so that looking needs the key. */
static void
put_note(struct scene *s, const char *workspace)
{
	char *path = world_file(s->w, "note", "note", 4), remote[64];

	(void)snprintf(remote, sizeof remote, "%s:/note", workspace);
	assert_ok(zt_put(s->alice.zt, path, remote, NULL, NULL));
	free(path);
}

static void
K2_a_sealed_key_of_another_workspace_generation_user_or_organization_is_refused(void **state)
{
	struct scene *s = *state;
	struct workspace *w = share(s, "k2");
	struct id id = w->w->id;
	struct keyring_subject right = for_bob(s, w, 1), bad;
	const struct org_user *bob;
	const struct secret *key;

	put_note(s, "k2");
	w = person_workspace(&s->alice, "k2");
	assert_ok(workspace_key(w, 1, &key));
	bob = org_state_user(s->alice.zt->state, &s->bob.zt->user);
	bad = right;
	random_bytes(bad.workspace.b, ID_BYTES);
	assert_err(ZT_ERR_MISSING_KEY, look_with(s, &id, &bad, key, bob->key));
	bad = right;
	bad.generation = 2;
	assert_err(ZT_ERR_MISSING_KEY, look_with(s, &id, &bad, key, bob->key));
	bad = right;
	bad.user = s->alice.zt->user;
	assert_err(ZT_ERR_MISSING_KEY, look_with(s, &id, &bad, key, bob->key));
	bad = right;
	bad.user_generation = 2;
	assert_err(ZT_ERR_MISSING_KEY, look_with(s, &id, &bad, key, bob->key));
	bad = right;
	bad.org = s->eve.zt->org;
	assert_err(ZT_ERR_MISSING_KEY, look_with(s, &id, &bad, key, bob->key));
	assert_true(
	    strstr(zt_error_message(s->bob.zt), "is not the key of this workspace") != NULL);
	assert_ok(look_with(s, &id, &right, key, bob->key)); /* the same, unaltered */
}

static void
K3_a_sealed_key_that_opens_to_another_than_the_committed_one_is_refused(void **state)
{
	struct scene *s = *state;
	struct workspace *w = share(s, "k3");
	struct id id = w->w->id;
	struct keyring_subject right = for_bob(s, w, 1);
	const struct org_user *bob = org_state_user(s->alice.zt->state, &s->bob.zt->user);
	struct secret *other = NULL;

	put_note(s, "k3");
	assert_ok(secret_generate(&other));
	assert_err(ZT_ERR_MISSING_KEY, look_with(s, &id, &right, other, bob->key));
	assert_true(strstr(zt_error_message(s->bob.zt), "ask a manager") != NULL);
	secret_free(other);
	assert_ok(look(s, &id)); /* what alice truly sealed */
}

static void
flip_keys(void *ctx, struct proxy_call *c)
{
	size_t *at = ctx;

	if (c->route == ROUTE_KEYS_GET &&
	    *at < c->answer.n) /* from its end: signature, then body */
		c->answer.p[c->answer.n - 1 - *at] ^= 1;
}

static void
K4_a_withheld_or_corrupted_sealed_key_is_named_and_healed_by_another_member(void **state)
{
	struct scene *s = *state;
	struct workspace *w = share(s, "k4");
	struct id id = w->w->id;
	struct served nothing = { NULL, 0 };
	struct proxy_hooks withhold = { .ctx = &nothing, .before = serve_keys };
	size_t at = 0;
	struct proxy_hooks corrupt = { .ctx = &at, .after = flip_keys };

	put_note(s, "k4");
	proxy_play(s->w->d, &withhold);
	assert_err(ZT_ERR_MISSING_KEY, look(s, &id));
	assert_true(strstr(zt_error_message(s->bob.zt), "ask a manager") != NULL);
	proxy_play(s->w->d, &corrupt);
	for (at = 0; at < 140; at += 7)
		assert_true(look(s, &id) != ZT_OK);
	proxy_play(s->w->d, NULL);
	/* any member gives it again, by the same command as the first time */
	assert_ok(zt_workspace_share(s->alice.zt, "k4", "bob@test.example", "contributor"));
	assert_ok(look(s, &id));
}

/* P's device deposits KEY, as that of generation 1, for TO. */
static enum zt_err
deposit(
    struct person *p, const struct id *workspace, const struct id *to, const struct secret *key)
{
	struct route_params at = { .org = p->zt->org, .id = *workspace };
	struct keyring_subject subject = { .org = p->zt->org,
		.workspace = *workspace,
		.user = *to,
		.generation = 1,
		.user_generation = 1 };
	const struct org_user *u = org_state_user(p->zt->state, to);
	struct buf b = buf_init(4096), body = buf_init(8192), answer = buf_init(64);
	struct statement st;
	Zt__Statement one, *list[] = { &one };
	Zt__SealedKeys m = ZT__SEALED_KEYS__INIT;
	enum zt_err err;

	assert_ok(keyring_seal(p->zt->sign, &p->zt->device, &subject, u->key, key, &b, &st));
	one = statement_message(&st);
	m.keys = list;
	m.n_keys = 1;
	assert_ok(pb_encode(&m, &body));
	err = session_call(p->zt, ROUTE_KEYS_PUT, &at, NULL, buf_bytes(&body), &answer);
	buf_free(&b);
	buf_free(&body);
	buf_free(&answer);
	return err;
}

/* Whether the key of generation 1 reaches P. */
static enum zt_err
gets_key(struct person *p, const struct id *workspace)
{
	struct workspace *v = NULL;
	const struct secret *key;

	assert_ok(zt_sync(p->zt));
	assert_ok(workspace_of(p->zt, org_state_workspace(p->zt->state, workspace), &v));
	return workspace_key(v, 1, &key);
}

static void
K4_members_deposit_for_themselves_and_managers_for_members(void **state)
{
	struct scene *s = *state;
	struct workspace *w = share(s, "k4 who");
	struct id id = w->w->id;
	const struct id *alice = &s->alice.zt->user, *bob = &s->bob.zt->user;
	struct person stranger;
	struct secret *rubbish = NULL;

	world_join(&s->alice, &stranger, "stranger", "standard");
	assert_ok(zt_sync(s->alice.zt));
	assert_ok(zt_sync(s->bob.zt));
	assert_ok(secret_generate(&rubbish));
	assert_err(ZT_ERR_FORBIDDEN, deposit(&s->bob, &id, alice, rubbish));
	assert_ok(deposit(&s->bob, &id, bob, rubbish));
	assert_err(ZT_ERR_NOT_MEMBER, deposit(&s->alice, &id, &stranger.zt->user, rubbish));
	assert_ok(deposit(&s->alice, &id, alice, rubbish));
	assert_ok(zt_workspace_share(s->alice.zt, "k4 who", "bob@test.example", "manager"));
	assert_ok(zt_sync(s->bob.zt));
	assert_ok(deposit(&s->bob, &id, alice, rubbish)); /* the same, as a manager */
	assert_ok(gets_key(&s->bob, &id));
	secret_free(rubbish);
	person_close(&stranger);
}

static int
rows_for(struct scene *s, const struct id *recipient)
{
	PGresult *r = world_ask(s->w, "metadata",
	    "SELECT 1 FROM metadata.sealed_keys WHERE recipient = $1::bytea", recipient);
	int n = PQntuples(r);

	PQclear(r);
	return n;
}

static void
K4_rubbish_of_many_devices_and_users_hides_no_good_key(void **state)
{
	struct scene *s = *state;
	struct workspace *w = share(s, "k4 many");
	struct id id = w->w->id;
	struct person erin;
	struct secret *rubbish = NULL;

	world_join(&s->alice, &erin, "erin", "standard");
	world_add_device(&s->bob, &s->laptop, "laptop");
	assert_ok(zt_workspace_share(s->alice.zt, "k4 many", "bob@test.example", "manager"));
	assert_ok(zt_workspace_share(s->alice.zt, "k4 many", erin.email, "reader"));
	assert_ok(zt_sync(s->bob.zt));
	assert_ok(zt_sync(s->laptop.zt));
	assert_ok(secret_generate(&rubbish));
	/* two devices of one user: one place */
	assert_ok(deposit(&s->bob, &id, &erin.zt->user, rubbish));
	assert_ok(deposit(&s->laptop, &id, &erin.zt->user, rubbish));
	assert_int_equal(2, rows_for(s, &erin.zt->user));
	/* and as many users as fill pages, each in front of alice */
	PQclear(world_ask(s->w, "metadata",
	    "WITH made AS (INSERT INTO metadata.sealed_keys (org, workspace, recipient, "
	    "generation, author, body, signature, rank) SELECT org, workspace, recipient, "
	    "generation, decode(lpad(to_hex(g), 32, '0'), 'hex'), body, signature, 0 FROM "
	    "(SELECT * FROM metadata.sealed_keys WHERE recipient = $1::bytea LIMIT 1) k, "
	    "generate_series(1, 600) g RETURNING 1) SELECT count(*) FROM made",
	    &erin.zt->user));
	assert_int_equal(602, rows_for(s, &erin.zt->user));
	assert_ok(gets_key(&erin, &id));
	secret_free(rubbish);
	person_close(&s->laptop);
	person_close(&erin);
}

static void
inject(void *ctx, struct proxy_call *c)
{
	if (c->route == ROUTE_CHAIN && c->status == 200)
		forge_chain_add(&c->answer, ctx);
}

static void
K5_an_older_generation_is_never_taken_for_the_newest(void **state)
{
	struct scene *s = *state;
	struct workspace *w = share(s, "k5");
	struct id id = w->w->id, vlob;
	struct keyring_subject old = for_bob(s, w, 1);
	struct forged_file file;
	struct forged_change change;
	struct forged f;
	struct proxy_hooks hooks = { .ctx = &f, .after = inject };
	const struct org_user *bob;
	const struct secret *key;

	put_note(s, "k5");
	assert_ok(zt_workspace_rotate(s->alice.zt, "k5"));
	w = person_workspace(&s->alice, "k5");
	assert_int_equal(2, w->w->generation_count);
	assert_ok(workspace_key(w, 1, &key));
	bob = org_state_user(s->alice.zt->state, &s->bob.zt->user);
	/* it opens what was written under it, and nothing is written under it */
	assert_ok(look_with(s, &id, &old, key, bob->key));
	assert_err(ZT_ERR_MISSING_KEY, do_with(s, write_there, &id, &old, key, bob->key));
	assert_ok(write_there(s, &id));
	/* a member's patched client writes under the old key, and the server takes it */
	forge_file(&file, "under the old key");
	random_bytes(vlob.b, ID_BYTES);
	change = (struct forged_change){ .vlob = vlob, .version = 1, .m = &file.m };
	forge_changeset(&s->alice, w, &change, 1, 1, &f);
	assert_err(ZT_ERR_STALE_KEY, forged_send(&s->alice, w, &f));
	assert_ok(look(s, &id));
	proxy_play(s->w->d, &hooks);
	assert_err(ZT_ERR_STALE_KEY, look(s, &id));
	proxy_play(s->w->d, NULL);
	assert_ok(look(s, &id));
	forged_free(&f);
}

static void
K6_the_server_cannot_inject_a_file_folder_or_workspace_of_its_own(void **state)
{
	struct scene *s = *state;
	struct workspace *w = share(s, "k6");
	struct id id = w->w->id;
	struct sign_key *mine = s->alice.zt->sign, *servers = NULL;
	struct id device = s->alice.zt->device, vlob;
	struct forged_file file;
	struct forged_folder folder;
	struct forged_change changes[2];
	struct forged f;
	struct proxy_hooks hooks = { .ctx = &f, .after = inject };

	assert_ok(sign_generate(&servers));
	random_bytes(vlob.b, ID_BYTES);
	forge_file(&file, "the server's");
	forge_folder(&folder, bytes_text("evil"), &vlob, false);
	changes[0] = (struct forged_change){ .vlob = vlob, .version = 1, .m = &file.m };
	changes[1] = (struct forged_change){ .vlob = id, .version = 1, .m = &folder.m };
	s->alice.zt->sign = servers; /* in alice's name, by a key of the server's */
	forge_changeset(&s->alice, w, changes, 2, 1, &f);
	s->alice.zt->sign = mine;
	proxy_play(s->w->d, &hooks);
	assert_err(ZT_ERR_SIGNATURE, look(s, &id));
	proxy_play(s->w->d, NULL);
	forged_free(&f);
	s->alice.zt->sign = servers; /* as a device of the server's own */
	s->alice.zt->device.b[3] ^= 1;
	forge_changeset(&s->alice, w, changes, 2, 1, &f);
	s->alice.zt->device = device;
	s->alice.zt->sign = mine;
	proxy_play(s->w->d, &hooks);
	assert_err(ZT_ERR_UNKNOWN_DEVICE, look(s, &id));
	proxy_play(s->w->d, NULL);
	forged_free(&f);
	sign_free(servers);
	assert_ok(look(s, &id));
	/* the very same by alice herself is taken */
	forge_changeset(&s->alice, w, changes, 2, 1, &f);
	assert_ok(forged_send(&s->alice, w, &f));
	assert_ok(look(s, &id));
	forged_free(&f);
}

/* Bob rotates to a key of his own choice, with a link to the older ones that leads nowhere and
 * a name that nobody can read. */
struct vandal {
	struct secret *key;
	struct hash commitment, link;
	uint64_t position;
	unsigned generation;
	Zt__ChainPin pin;
	Zt__KeyRotated m;
};

static enum zt_err
fill_vandal(struct zt *z, void *ctx, Zt__EntryBody *b)
{
	static uint8_t junk[SECRET_BYTES + AEAD_OVERHEAD];
	struct vandal *v = ctx;

	(void)z;
	keyring_commit(v->key, &v->commitment);
	zt__key_rotated__init(&v->m);
	v->m.generation = v->generation;
	v->m.key_commitment = pb_field(v->commitment.b, HASH_BYTES);
	v->m.previous_sealed = pb_field(junk, sizeof junk);
	v->m.sealed_name = pb_field(junk, sizeof junk);
	zt__chain_pin__init(&v->pin);
	v->pin.position = v->position;
	if (v->position > 0)
		v->pin.link = pb_field(v->link.b, HASH_BYTES);
	v->m.pin = &v->pin;
	b->action_case = ZT__ENTRY_BODY__ACTION_KEY_ROTATED;
	b->key_rotated = &v->m;
	return ZT_OK;
}

static enum zt_err
cat_note(struct person *p, const char *workspace)
{
	char remote[64];
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	enum zt_err err;

	assert_true(fd >= 0);
	(void)snprintf(remote, sizeof remote, "%s:/note", workspace);
	err = zt_cat(p->zt, remote, 0, fd);
	(void)close(fd);
	return err;
}

/* The reader NAME, who is new and gets no older key but through the newest. */
static enum zt_err
newcomer_reads(struct scene *s, const char *name, const struct id *workspace)
{
	struct person p;
	char email[64], id[ID_TEXT];
	enum zt_err err;

	id_print(workspace, id);
	world_join(&s->alice, &p, name, "standard");
	(void)snprintf(email, sizeof email, "%s@test.example", name);
	assert_ok(zt_workspace_share(s->alice.zt, id, email, "reader"));
	err = cat_note(&p, id);
	person_close(&p);
	return err;
}

/* The server has no key for the first of those who ask. */
static bool
has_none_yet(void *ctx, struct proxy_call *c)
{
	Zt__SealedKeys none = ZT__SEALED_KEYS__INIT;
	int *times = ctx;

	if (c->route != ROUTE_KEYS_GET || *times == 0)
		return false;
	--*times;
	assert_ok(pb_encode(&none, &c->answer));
	c->status = 200;
	return true;
}

static void
K4_a_key_that_follows_its_entry_is_waited_for_by_who_writes(void **state)
{
	struct scene *s = *state;
	struct id id = share(s, "k4-soon")->w->id;
	int times = 4; /* the first is for the name */
	struct proxy_hooks hooks = { .ctx = &times, .before = has_none_yet };

	proxy_play(s->w->d, &hooks);
	assert_ok(write_there(s, &id));
	assert_int_equal(0, times);
	/* and a rotation's, between its entry and its key */
	assert_ok(zt_workspace_rotate(s->alice.zt, "k4-soon"));
	times = 4;
	assert_ok(write_there(s, &id));
	assert_int_equal(0, times);
	/* not without an end */
	assert_ok(zt_workspace_rotate(s->alice.zt, "k4-soon"));
	times = 1000;
	assert_err(ZT_ERR_MISSING_KEY, write_there(s, &id));
	times = 0;
	assert_ok(write_there(s, &id));
}

static void
K8_a_key_that_its_author_gives_to_nobody_is_rotated_past_and_old_files_stay_readable(
    void **state)
{
	struct scene *s = *state;
	struct workspace *w = share(s, "k8");
	struct id id = w->w->id;
	struct vandal v = { .generation = 2 };
	struct zt_maintained done;
	struct org_user *alice;

	put_note(s, "k8");
	assert_ok(zt_workspace_share(s->alice.zt, "k8", "bob@test.example", "manager"));
	assert_ok(log_fetch(s->bob.zt));
	assert_ok(secret_generate(&v.key));
	assert_ok(log_append(s->bob.zt, &id, fill_vandal, &v));
	/* nobody gets it: what is there stays readable, by its name, and nothing is written */
	assert_ok(cat_note(&s->alice, "k8"));
	{
		char *path = world_file(s->w, "more", "more", 4);

		assert_err(
		    ZT_ERR_MISSING_KEY, zt_put(s->alice.zt, path, "k8:/more", NULL, NULL));
		assert_true(strstr(zt_error_message(s->alice.zt), "rotate the key") != NULL);
		assert_ok(zt_workspace_rotate(s->alice.zt, "k8"));
		assert_ok(zt_put(s->alice.zt, path, "k8:/more", NULL, NULL));
		free(path);
	}
	w = person_workspace(&s->alice, "k8");
	assert_int_equal(3, w->w->generation_count);
	assert_int_equal(1, w->w->generations[2].older_count);
	assert_int_equal(1, w->w->generations[2].older[0].generation);
	assert_ok(newcomer_reads(s, "nora", &id));
	/* the next one reaches alice, and leads no further back, until somebody who has what it
	 * left behind looks after the workspace */
	secret_free(v.key);
	w = person_workspace(&s->alice, "k8");
	v = (struct vandal){
		.generation = 4, .position = w->chain.position, .link = w->chain.link
	};
	assert_ok(secret_generate(&v.key));
	assert_ok(log_fetch(s->bob.zt));
	assert_ok(log_append(s->bob.zt, &id, fill_vandal, &v));
	alice = org_state_user(s->bob.zt->state, &s->alice.zt->user);
	assert_ok(workspace_deposit(
	    s->bob.zt, org_state_workspace(s->bob.zt->state, &id), v.key, &alice, 1));
	assert_err(ZT_ERR_MISSING_KEY, newcomer_reads(s, "ned", &id));
	assert_ok(zt_maintain_keys(s->bob.zt, &done)); /* he has not got them */
	assert_int_equal(0, done.made_reachable);
	assert_ok(zt_maintain_keys(s->alice.zt, &done));
	assert_int_equal(1, done.made_reachable);
	assert_int_equal(0, done.rotated);
	assert_ok(zt_maintain_keys(s->alice.zt, &done)); /* once is enough */
	assert_int_equal(0, done.made_reachable);
	assert_ok(newcomer_reads(s, "nils", &id));
	assert_int_equal(2, person_workspace(&s->alice, "k8")->w->generations[4].older_count);
	/* the one behind it has nothing to bring along */
	assert_ok(zt_workspace_rotate(s->alice.zt, "k8"));
	assert_int_equal(1, person_workspace(&s->alice, "k8")->w->generations[5].older_count);
	assert_ok(newcomer_reads(s, "nina", &id));
	secret_free(v.key);
}

#define PLAY(test) cmocka_unit_test_teardown(test, honest_again)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		PLAY(
		    K2_a_sealed_key_of_another_workspace_generation_user_or_organization_is_refused),
		PLAY(K3_a_sealed_key_that_opens_to_another_than_the_committed_one_is_refused),
		PLAY(
		    K4_a_withheld_or_corrupted_sealed_key_is_named_and_healed_by_another_member),
		PLAY(K4_a_key_that_follows_its_entry_is_waited_for_by_who_writes),
		PLAY(K4_members_deposit_for_themselves_and_managers_for_members),
		PLAY(K4_rubbish_of_many_devices_and_users_hides_no_good_key),
		PLAY(K5_an_older_generation_is_never_taken_for_the_newest),
		PLAY(K6_the_server_cannot_inject_a_file_folder_or_workspace_of_its_own),
		PLAY(
		    K8_a_key_that_its_author_gives_to_nobody_is_rotated_past_and_old_files_stay_readable),
	};

	if (getenv("ONLY") != NULL)
		cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, scene_begin_with_eve, scene_end);
}
