/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What an organization stores is one number, wherever it lies, and the operator's limit is of
 * that (R4). */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "crypto/suite.h"
#include "forge.h"
#include "format/limits.h"
#include "format/pb.h"
#include "proto/auth.pb-c.h"
#include "zt/server.h"

enum { MB = 1000 * 1000, LIMIT = 6 * MB };

static struct zt_server
operator_of(struct scene *s)
{
	return (struct zt_server){
		.url = s->w->url, .in_clear = true, .operator_token = s->w->token
	};
}

static void
set_limit(struct scene *s, uint64_t bytes)
{
	struct zt_server_limits l = { .bytes = &bytes };
	struct zt_server op = operator_of(s);
	char message[256] = "";

	assert_ok(zt_server_org_set(&op, s->alice.zt->slug, &l, message));
}

static void
note_usage(void *ctx, const struct zt_server_org *o)
{
	*(uint64_t *)ctx += o->bytes;
}

static uint64_t
usage(struct scene *s)
{
	uint64_t bytes = 0;
	struct zt_server op = operator_of(s);
	char message[256] = "";

	assert_ok(zt_server_orgs(&op, note_usage, &bytes, message));
	return bytes;
}

/* Bob's patched client pushes a manifest of 4 MB, without any block. */
static enum zt_err
push_object(struct scene *s, struct workspace *w)
{
	char *big = malloc(4 * MB + 1);
	struct forged_file file;
	struct forged_change c = { .version = 1, .m = &file.m };
	struct forged f;
	enum zt_err err;

	assert_non_null(big);
	memset(big, 'x', 4 * MB);
	big[4 * MB] = 0;
	random_bytes(c.vlob.b, ID_BYTES);
	forge_file(&file, big);
	assert_ok(workspace_sync(w));
	forge_changeset(&s->bob, w, &c, 1, 1, &f);
	err = forged_send(&s->bob, w, &f);
	forged_free(&f);
	free(big);
	return err;
}

static enum zt_err
put_file(struct scene *s, const char *remote, size_t n)
{
	uint8_t *content = malloc(n);
	char *path;
	enum zt_err err;

	assert_non_null(content);
	random_bytes(content, n);
	path = world_file(s->w, "content", content, n);
	err = zt_put(s->bob.zt, path, remote, NULL, NULL);
	free(path);
	free(content);
	return err;
}

static void
the_operators_limit_is_of_objects_and_blocks_together(void **state)
{
	struct scene *s = *state;
	struct workspace *w;
	uint64_t before;

	assert_ok(zt_workspace_create(s->alice.zt, "limited"));
	assert_ok(
	    zt_workspace_share(s->alice.zt, "limited", "bob@test.example", "contributor"));
	w = person_workspace(&s->bob, "limited");
	before = usage(s);
	set_limit(s, LIMIT);
	assert_ok(push_object(s, w));
	assert_true(usage(s) - before > 4 * MB);
	assert_err(ZT_ERR_LIMIT, push_object(s, w));
	/* a refused one takes nothing of what is left: a megabyte of blocks is taken, */
	assert_ok(put_file(s, "limited:/one", MB));
	assert_true(usage(s) - before > 5 * MB);
	/* and three do not, though all blocks together are far below the limit */
	assert_err(ZT_ERR_LIMIT, put_file(s, "limited:/three", 3 * MB));
	assert_true(strstr(zt_error_message(s->bob.zt), "operator") != NULL);
	assert_true(usage(s) <= LIMIT);
	set_limit(s, 0);
	assert_ok(put_file(s, "limited:/three", 3 * MB));
	w = person_workspace(&s->bob, "limited");
	assert_ok(push_object(s, w));
	assert_true(usage(s) - before > 12 * MB);
}

/* The client puts twelve blocks at once, and each must find what the others leave. */
static void
puts_at_once_share_what_the_limit_leaves(void **state)
{
	struct scene *s = *state;

	assert_ok(zt_workspace_create(s->bob.zt, "atonce"));
	set_limit(s, 0);
	for (int i = 0; i < 5; i++) {
		uint64_t max = usage(s) + 3 * MB;

		set_limit(s, max);
		assert_err(ZT_ERR_LIMIT, put_file(s, "atonce:/f", 15 * MB));
		assert_true(usage(s) <= max);
		assert_true(usage(s) > max - 2 * MB); /* and no less than fits */
	}
	set_limit(s, 0);
}

static enum zt_err
put_block(struct scene *s, const struct id *workspace, const struct id *block, size_t n)
{
	struct route_params p = { .org = s->bob.zt->org, .id = *workspace, .block = *block };
	struct buf content = buf_init(MB), answer = buf_init(64);
	uint8_t *room = buf_room(&content, n);
	enum zt_err err;

	assert_non_null(room);
	random_bytes(room, n);
	hash_block(buf_bytes(&content), &p.hash);
	err = session_call(s->bob.zt, ROUTE_BLOCK_PUT, &p, NULL, buf_bytes(&content), &answer);
	buf_free(&content);
	buf_free(&answer);
	return err;
}

static void
a_put_that_is_refused_takes_nothing_of_what_is_left(void **state)
{
	struct scene *s = *state;
	struct id block, other;
	struct workspace *w;
	uint64_t is;

	assert_ok(zt_workspace_create(s->bob.zt, "refused"));
	w = person_workspace(&s->bob, "refused");
	random_bytes(block.b, ID_BYTES);
	random_bytes(other.b, ID_BYTES);
	is = usage(s);
	set_limit(s, is + MB);
	assert_ok(put_block(s, &w->w->id, &block, MB / 2));
	for (int i = 0; i < 4; i++) {
		/* another content under the id of one that is there; and one that is too big */
		assert_err(ZT_ERR_EXISTS, put_block(s, &w->w->id, &block, MB / 4));
		assert_err(ZT_ERR_LIMIT, put_block(s, &w->w->id, &other, 3 * (MB / 4)));
	}
	assert_int_equal(is + MB / 2, usage(s));
	assert_ok(put_block(s, &w->w->id, &other, MB / 2));
	assert_int_equal(is + MB, usage(s));
	set_limit(s, 0);
}

/* ---- what auth keeps of exchanges, which is in no usage ---- */

enum { OPEN_MAX = 32, DAY_MAX = 100, SMALL = 4 * 1024 }; /* a user's; a message's bytes */

static int64_t
ask_auth(struct scene *s, const char *sql)
{
	PGresult *r = world_ask(s->w, "auth", sql, &s->alice.zt->org);
	uint64_t n = 0;

	for (int i = 0; i < 8; i++)
		n = n << 8 | (uint8_t)PQgetvalue(r, 0, 0)[i];
	PQclear(r);
	return (int64_t)n;
}

static int64_t
kept_bytes(struct scene *s)
{
	return ask_auth(s, "SELECT coalesce(sum(octet_length(message)), 0)::int8 FROM "
			   "auth.exchange WHERE org = $1::bytea");
}

static enum zt_err
invite(struct person *p, const struct id *id)
{
	struct route_params params = { .org = p->zt->org, .id = *id };
	Zt__Invitation m = ZT__INVITATION__INIT;
	struct buf body = buf_init(256), answer = buf_init(256);
	enum zt_err err;

	m.kind = ZT__INVITATION_KIND__DEVICE;
	assert_ok(pb_encode(&m, &body));
	err = session_call(p->zt, ROUTE_INVITE, &params, NULL, buf_bytes(&body), &answer);
	buf_free(&body);
	buf_free(&answer);
	return err;
}

static enum zt_err
invite_anew(struct person *p, struct id *id)
{
	random_bytes(id->b, ID_BYTES);
	return invite(p, id);
}

static enum zt_err
end_invitation(struct person *p, const struct id *id, bool accepted)
{
	struct route_params params = { .org = p->zt->org, .id = *id };
	Zt__InvitationEnd m = ZT__INVITATION_END__INIT;
	struct buf body = buf_init(64), answer = buf_init(64);
	enum zt_err err;

	m.accepted = accepted;
	assert_ok(pb_encode(&m, &body));
	err =
	    session_call(p->zt, ROUTE_INVITATION_END, &params, NULL, buf_bytes(&body), &answer);
	buf_free(&body);
	buf_free(&answer);
	return err;
}

/* N bytes as message STEP of the attempt that the invitation ID names; both sides are P's. N 0:
 * the claimer says that it has the welcome. */
static enum zt_err
say(struct person *p, const struct id *id, unsigned step, size_t n)
{
	static uint8_t rubbish[LIMIT_EXCHANGE];
	struct route_params params = { .org = p->zt->org, .id = *id };
	Zt__ExchangePut m = ZT__EXCHANGE_PUT__INIT;
	struct buf body = buf_init(2 * LIMIT_EXCHANGE), answer = buf_init(8 * LIMIT_EXCHANGE);
	enum zt_err err;

	m.attempt = pb_field(id->b, ID_BYTES);
	m.step = step;
	m.message = pb_field(rubbish, n);
	m.fetched = n == 0;
	assert_ok(pb_encode(&m, &body));
	err = session_call(p->zt, step % 2 == 0 ? ROUTE_CLAIM : ROUTE_GREET, &params, NULL,
	    buf_bytes(&body), &answer);
	buf_free(&body);
	buf_free(&answer);
	return err;
}

/* All that an exchange may hold. */
static void
report_all(struct person *p, const struct id *id)
{
	for (unsigned step = 0; step < 8; step++) {
		size_t max = step == 7 ? LIMIT_EXCHANGE : SMALL;

		if (step < 7) /* the large one is the welcome alone */
			assert_err(ZT_ERR_TOO_BIG, say(p, id, step, SMALL + 1));
		assert_ok(say(p, id, step, max));
	}
}

/* An outsider may store nothing, and what auth keeps for them is bounded without the operator's
 * limit: an exchange of a megabyte for each of 32 invitations, of which a day sees 100. */
static void
R4_an_outsiders_invitations_keep_little_and_not_for_long(void **state)
{
	const int64_t each = LIMIT_EXCHANGE + 7 * SMALL;
	struct scene *s = *state;
	struct person outsider;
	struct id id[OPEN_MAX], other;
	int made = OPEN_MAX;

	world_join(&s->alice, &outsider, "outsider", "outsider");
	assert_int_equal(0, kept_bytes(s)); /* two have joined, and have their welcomes */
	for (int i = 0; i < OPEN_MAX; i++) {
		assert_ok(invite_anew(&outsider, &id[i]));
		report_all(&outsider, &id[i]);
	}
	assert_err(ZT_ERR_LIMIT, invite_anew(&outsider, &other));
	assert_true(
	    strstr(zt_error_message(outsider.zt), "cancel one that nobody will use") != NULL);
	assert_ok(invite(&outsider, &id[0]));    /* a lost answer */
	assert_ok(invite_anew(&s->bob, &other)); /* it is nobody else's limit */
	assert_ok(end_invitation(&s->bob, &other, false));
	assert_int_equal(OPEN_MAX * each, kept_bytes(s));
	/* a cancelled one keeps nothing; a used one its welcome until it is fetched, */
	assert_ok(end_invitation(&outsider, &id[0], false));
	assert_ok(end_invitation(&outsider, &id[1], true));
	assert_int_equal((OPEN_MAX - 1) * each, kept_bytes(s));
	assert_ok(invite_anew(&outsider, &id[0]));
	made++;
	/* and counts so long; */
	assert_err(ZT_ERR_LIMIT, invite_anew(&outsider, &other));
	assert_ok(say(&outsider, &id[1], 0, 0));
	assert_int_equal((OPEN_MAX - 2) * each, kept_bytes(s));
	assert_ok(invite_anew(&outsider, &id[1]));
	made++;
	/* one whose welcome was fetched before it ends keeps nothing either */
	assert_ok(say(&outsider, &id[2], 0, 0));
	assert_int_equal((OPEN_MAX - 2) * each, kept_bytes(s));
	assert_ok(end_invitation(&outsider, &id[2], true));
	assert_int_equal((OPEN_MAX - 3) * each, kept_bytes(s));
	for (enum zt_err err = ZT_OK; err == ZT_OK && made <= DAY_MAX; made += err == ZT_OK) {
		if ((err = invite_anew(&outsider, &other)) == ZT_OK)
			assert_ok(end_invitation(&outsider, &other, false));
		else
			assert_err(ZT_ERR_LIMIT, err);
	}
	assert_int_equal(DAY_MAX, made);
	assert_true(strstr(zt_error_message(outsider.zt), "in a day") != NULL);
	(void)ask_auth(s, "WITH u AS (UPDATE auth.invitations SET created = created - 86400000 "
			  "WHERE org = $1::bytea RETURNING 1) SELECT count(*)::int8 FROM u");
	assert_ok(invite_anew(&outsider, &other));
	assert_ok(end_invitation(&outsider, &other, false));
	/* what is a day old is deleted, at the servers' next look; what is younger stays */
	report_all(&outsider, &id[0]);
	assert_int_equal(OPEN_MAX - 3,
	    ask_auth(s,
		"WITH u AS (UPDATE auth.invitations i SET spoken = spoken - 86400000 "
		"WHERE org = $1::bytea AND created < (SELECT max(created) FROM "
		"auth.invitations j WHERE j.org = i.org AND state = 1 AND EXISTS "
		"(SELECT 1 FROM auth.exchange e WHERE e.id = j.id)) AND EXISTS (SELECT 1 "
		"FROM auth.exchange e WHERE e.id = i.id) RETURNING 1) SELECT "
		"count(*)::int8 FROM u"));
	for (int i = 0; i < 100 && kept_bytes(s) > each; i++)
		(void)nanosleep(&(struct timespec){ 0, 100000000 }, NULL);
	assert_int_equal(each, kept_bytes(s));
	person_close(&outsider);
}

static int
begin(void **state)
{
	(void)setenv("ZT_SWEEP", "1", 1);
	return scene_begin(state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_operators_limit_is_of_objects_and_blocks_together),
		cmocka_unit_test(puts_at_once_share_what_the_limit_leaves),
		cmocka_unit_test(a_put_that_is_refused_takes_nothing_of_what_is_left),
		cmocka_unit_test(R4_an_outsiders_invitations_keep_little_and_not_for_long),
	};

	return cmocka_run_group_tests(tests, begin, scene_end);
}
