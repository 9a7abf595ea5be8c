/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* restored_test.c - a chain that an older backup shortened, on an honest server: what stood
 * there comes back by anybody, what was not there by nobody, and nothing new comes
 * between. */
#include <unistd.h>

#include "chain/positions.h"
#include "chain/workspace.h"
#include "crypto/suite.h"
#include "forge.h"
#include "format/limits.h"
#include "format/pb.h"
#include "session/session.h"
#include "test.h"
#include "zt/repair.h"
#include "zt/server.h"

static enum zt_err
try_put(struct person *p, const char *remote)
{
	char *path = world_file(p->w, "content", "new", 3);
	enum zt_err err = zt_put(p->zt, path, remote, NULL, NULL);

	free(path);
	return err;
}

static void
forge_file_in(struct person *by, struct workspace *w, struct forged *out)
{
	struct forged_file file;
	struct forged_change c = { .version = 1 };

	random_bytes(c.vlob.b, ID_BYTES);
	forge_file(&file, "never stood there");
	c.m = &file.m;
	forge_changeset(by, w, &c, 1, (unsigned)w->w->generation_count, out);
}

/* F as a way of one changeset; SIGNED as its end's, from wherever it is. */
static enum zt_err
show(struct person *by, struct workspace *w, const struct forged *f, uint64_t position,
    Zt__Statement *stmt)
{
	return forged_show(by, &w->w->id,
	    &(struct forged_way){ buf_bytes(&f->push), position, &w->chain.link, stmt });
}

/* What BY keeps of the server's word for W. */
static Zt__Statement *
kept(struct person *by, struct workspace *w)
{
	struct buf b = buf_init(4096);
	Zt__Statement *m = NULL;

	assert_ok(
	    store_get(by->zt->store, STORE_POSITION, bytes_of(w->w->id.b, ID_BYTES), 0, &b));
	assert_ok(pb_decode(&zt__statement__descriptor, buf_bytes(&b), 4096, &m));
	buf_free(&b);
	return m;
}

static void
no_loss(void *ctx, const struct zt_loss *l)
{
	(void)ctx;
	print_message("lost: %llu-%llu %s\n", (unsigned long long)l->first,
	    (unsigned long long)l->last, l->what);
}

static struct zt_repaired
repair(struct person *p)
{
	struct zt_repaired out;

	assert_ok(zt_repair(p->zt, no_loss, NULL, &out));
	return out;
}

/* A workspace of alice's; bob contributes, carol reads; all have seen all of it. */
static struct workspace *
begin_workspace(struct scene *s, struct person *carol, const char *name, const char *reader)
{
	char file[64];

	world_join(&s->alice, carol, reader, "standard");
	assert_ok(zt_workspace_create(s->alice.zt, name));
	assert_ok(zt_workspace_share(s->alice.zt, name, "bob@test.example", "contributor"));
	assert_ok(zt_workspace_share(s->alice.zt, name, carol->email, "reader"));
	(void)snprintf(file, sizeof file, "%s:/one", name);
	person_put(&s->alice, "first", file);
	(void)snprintf(file, sizeof file, "%s:/two", name);
	person_put(&s->alice, "second", file);
	(void)person_workspace(&s->bob, name);
	return person_workspace(carol, name);
}

static void
F7_a_repair_brings_back_nothing_that_did_not_stand_there(void **state)
{
	struct scene *s = *state;
	struct person carol;
	struct workspace *w, *of_bob;
	Zt__Statement *word;
	struct forged f;
	uint64_t position;

	w = begin_workspace(s, &carol, "stood", "cara");
	of_bob = person_workspace(&s->bob, "stood");
	position = of_bob->chain.position;
	forge_file_in(&s->bob, of_bob, &f);
	word = kept(&s->bob, of_bob);
	/* Nothing was lost: who was made a reader writes by no repair, nor does a friend. */
	assert_ok(zt_workspace_share(s->alice.zt, "stood", "bob@test.example", "reader"));
	assert_err(ZT_ERR_FORBIDDEN, forged_send(&s->bob, of_bob, &f));
	for (int lost = 0; lost < 2; lost++) {
		uint64_t at = lost ? 1 : position + 1;

		for (int who = 0; who < 2; who++) {
			struct person *by = who ? &carol : &s->bob;

			/* Its parent is gone with the rest. */
			assert_err(lost ? ZT_ERR_ROLLBACK : ZT_ERR_PROOF,
			    forged_repair(by, &w->w->id, buf_bytes(&f.push), at));
			assert_err(ZT_ERR_PROOF, show(by, of_bob, &f, position + 1, NULL));
			assert_err(ZT_ERR_PROOF, show(by, of_bob, &f, position + 1, word));
			assert_err(ZT_ERR_PROOF, show(by, of_bob, &f, position, word));
		}
		if (!lost)
			world_lose_chain(s->w, &w->w->id);
	}
	/* The same calls, by a reader, of what stood there. */
	assert_true(repair(&carol).changesets == position);
	assert_ok(zt_sync(s->alice.zt));
	assert_int_equal(position, person_workspace(&s->alice, "stood")->chain.position);
	assert_true(
	    hash_equal(&w->chain.link, &person_workspace(&s->alice, "stood")->chain.link));
	pb_free(word);
	forged_free(&f);
	person_close(&carol);
}

static void
L9_nothing_new_is_taken_until_what_stood_there_is_back(void **state)
{
	struct scene *s = *state;
	struct person carol, dave;
	struct workspace *w = begin_workspace(s, &carol, "held", "caren");
	struct zt_repaired r;

	world_join(&s->alice, &dave, "dave", "standard"); /* who has seen nothing of it */
	assert_ok(zt_workspace_share(s->alice.zt, "held", dave.email, "manager"));
	assert_ok(zt_sync(dave.zt));
	world_lose_chain(s->w, &w->w->id);
	assert_err(ZT_ERR_RESTORED, try_put(&dave, "held:/new"));
	assert_err(ZT_ERR_RESTORED, zt_workspace_rotate(dave.zt, "held"));
	assert_err(ZT_ERR_ROLLBACK, try_put(&s->alice, "held:/new"));
	r = repair(&carol); /* a reader, without most objects */
	assert_int_equal(2, r.changesets);
	r = repair(&s->alice);
	assert_true(r.is_whole && r.changesets == 0);
	assert_ok(try_put(&dave, "held:/new"));
	assert_ok(zt_workspace_rotate(dave.zt, "held"));
	person_put(&s->alice, "after", "held:/after");
	(void)person_workspace(&s->bob, "held");
	person_close(&carol);
	person_close(&dave);
}

static void
L9_the_servers_word_for_a_place_is_kept_and_must_fit(void **state)
{
	struct scene *s = *state;
	struct person carol;
	struct workspace *w = begin_workspace(s, &carol, "word", "carina");
	Zt__Statement *word = kept(&carol, w), *none = NULL;
	struct workspace other = *w;

	assert_ok(position_keep(w, word));
	assert_ok(position_keep(w, none));
	word->signature.data[3] ^= 1;
	assert_err(ZT_ERR_SIGNATURE, position_keep(w, word));
	word->signature.data[3] ^= 1;
	other.chain.link.b[0] ^= 1;
	assert_err(ZT_ERR_FORK, position_keep(&other, word));
	pb_free(word);
	person_close(&carol);
}

/* ---- what the operator gives up ---- */

static struct zt_server
operator_of(struct scene *s)
{
	return (struct zt_server){
		.url = s->w->url, .in_clear = true, .operator_token = s->w->token
	};
}

static enum zt_err
look_for_loss(struct scene *s)
{
	struct zt_server op = operator_of(s);
	char message[256] = "";

	return zt_server_look_for_loss(&op, s->alice.zt->slug, message);
}

static enum zt_err
accept_loss(struct scene *s)
{
	struct zt_server op = operator_of(s);
	char message[256] = "";

	return zt_server_accept_loss(&op, s->alice.zt->slug, message);
}

static void
count_loss(void *ctx, const struct zt_loss *l)
{
	no_loss(NULL, l);
	++*(unsigned *)ctx;
}

/* Only metadata's database is older: auth's log is whole. A reader who kept the server's word
 * for a place behind the loss brings nothing back, and stops nobody who writes. */
static void
L9_what_a_workspace_lost_and_the_operator_gave_up_stays_given_up(void **state)
{
	struct scene *s = *state;
	struct person carol, dave;
	struct workspace *w = begin_workspace(s, &carol, "given", "carla");
	struct zt_repaired r;
	unsigned losses = 0;

	world_join(&s->alice, &dave, "david", "standard"); /* who has seen nothing of it */
	assert_ok(zt_workspace_share(s->alice.zt, "given", dave.email, "manager"));
	assert_ok(zt_sync(dave.zt));
	assert_err(ZT_ERR_NOT_FOUND, accept_loss(s));
	world_lose_chain(s->w, &w->w->id);
	assert_err(ZT_ERR_RESTORED, try_put(&dave, "given:/new"));
	assert_ok(look_for_loss(s));
	assert_ok(accept_loss(s));
	assert_err(ZT_ERR_NOT_FOUND, look_for_loss(s));
	for (int i = 0; i < 2; i++) {
		assert_ok(zt_repair(carol.zt, count_loss, &losses, &r));
		assert_int_equal(0, r.changesets);
		assert_true(losses > 0);
		assert_err(ZT_ERR_NOT_FOUND, look_for_loss(s));
		assert_ok(try_put(&dave, "given:/new"));
	}
	assert_err(ZT_ERR_NOT_FOUND, accept_loss(s));
	person_close(&carol);
	person_close(&dave);
}

/* A reader's repair that auth believed before the operator gave up, and that ends after. */
static void *
repair_slowly(void *arg)
{
	struct zt_repaired out;

	(void)!zt_repair(((struct person *)arg)->zt, no_loss, NULL, &out);
	return NULL;
}

static void
L9_a_repair_under_way_brings_back_nothing_that_is_given_up(void **state)
{
	static const char waits[] =
	    "CREATE FUNCTION metadata.wait() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN "
	    "PERFORM pg_sleep(1); RETURN NEW; END'; "
	    "CREATE TRIGGER wait BEFORE INSERT ON metadata.goals FOR EACH ROW EXECUTE FUNCTION "
	    "metadata.wait()",
			  ends[] = "DROP FUNCTION metadata.wait() CASCADE";
	struct scene *s = *state;
	struct person carol, dave;
	struct workspace *w = begin_workspace(s, &carol, "meanwhile", "carolin");
	pthread_t t;

	world_join(&s->alice, &dave, "dario", "standard");
	assert_ok(zt_workspace_share(s->alice.zt, "meanwhile", dave.email, "manager"));
	assert_ok(zt_sync(dave.zt));
	world_lose_chain(s->w, &w->w->id);
	world_tell(s->w, "metadata", waits);
	assert_int_equal(0, pthread_create(&t, NULL, repair_slowly, &carol));
	(void)usleep(700 * 1000);
	assert_ok(accept_loss(s));
	assert_int_equal(0, pthread_join(t, NULL));
	world_tell(s->w, "metadata", ends);
	assert_err(ZT_ERR_NOT_FOUND, look_for_loss(s));
	assert_ok(try_put(&dave, "meanwhile:/new"));
	person_close(&carol);
	person_close(&dave);
}

struct looking {
	struct scene *s;
	bool accepts;
	enum zt_err err;
};

static void *
look(void *arg)
{
	struct looking *l = arg;

	l->err = l->accepts ? accept_loss(l->s) : look_for_loss(l->s);
	return NULL;
}

/* Reads chains slowly, as of when it began. */
static const char slows[] =
    "CREATE FUNCTION metadata.slow() RETURNS boolean LANGUAGE plpgsql VOLATILE AS 'BEGIN "
    "IF current_query() LIKE ''SELECT org, workspace%'' THEN PERFORM pg_sleep(0.3); END IF; "
    "RETURN true; END'; "
    "CREATE POLICY slow ON metadata.chains USING (metadata.slow()); "
    "ALTER TABLE metadata.chains ENABLE ROW LEVEL SECURITY; "
    "ALTER TABLE metadata.chains FORCE ROW LEVEL SECURITY",
		  mends[] = "ALTER TABLE metadata.chains DISABLE ROW LEVEL SECURITY; "
			    "ALTER TABLE metadata.chains NO FORCE ROW LEVEL SECURITY; "
			    "DROP POLICY slow ON metadata.chains; "
			    "DROP FUNCTION metadata.slow()";

static void
L9_a_push_meanwhile_is_no_loss(void **state)
{
	struct scene *s = *state;
	struct looking l = { .s = s };
	pthread_t t;

	assert_ok(zt_workspace_create(s->alice.zt, "busy"));
	person_put(&s->alice, "first", "busy:/one");
	world_tell(s->w, "metadata", slows);
	assert_int_equal(0, pthread_create(&t, NULL, look, &l));
	for (int i = 0; i < 10; i++)
		person_put(&s->alice, i % 2 ? "a" : "b", "busy:/one");
	assert_int_equal(0, pthread_join(t, NULL));
	world_tell(s->w, "metadata", mends);
	assert_err(ZT_ERR_NOT_FOUND, l.err);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(F7_a_repair_brings_back_nothing_that_did_not_stand_there),
		cmocka_unit_test(L9_nothing_new_is_taken_until_what_stood_there_is_back),
		cmocka_unit_test(L9_the_servers_word_for_a_place_is_kept_and_must_fit),
		cmocka_unit_test(
		    L9_what_a_workspace_lost_and_the_operator_gave_up_stays_given_up),
		cmocka_unit_test(L9_a_repair_under_way_brings_back_nothing_that_is_given_up),
		cmocka_unit_test(L9_a_push_meanwhile_is_no_loss),
	};

	return cmocka_run_group_tests(tests, scene_begin, scene_end);
}
