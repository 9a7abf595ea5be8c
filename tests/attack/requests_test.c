/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* requests_test.c - row R1 of the attacks, and R2 for a revoked device: signed requests of the
 * real client, caught on their way and sent again, elsewhere, altered or late, to the real
 * services. */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "crypto/suite.h"
#include "format/httpsig.h"
#include "format/limits.h"
#include "frame/db.h"
#include "world.h"
#include "zt/server.h"

/* ---- a request, caught on its way ---- */

struct caught {
	enum route route;
	struct buf request;
	bool keep_it; /* it does not go on */
};

static bool
catch_it(void *ctx, struct proxy_call *c)
{
	struct caught *k = ctx;

	if (c->route != k->route || k->request.n > 0)
		return false;
	buf_add(&k->request, c->request);
	if (k->keep_it)
		proxy_refuse(c, ZT_ERR_FORBIDDEN);
	return k->keep_it;
}

static void
ignore(void *ctx, const struct zt_workspace *w)
{
	(void)ctx;
	(void)w;
}

/* A request of alice's for ROUTE, which the services have not seen when KEEP. */
static void
catch_one(struct scene *s, enum route route, bool keep, struct caught *k)
{
	struct proxy_hooks hooks = { .ctx = k, .before = catch_it };

	*k = (struct caught){ .route = route, .request = buf_init(1 << 20), .keep_it = keep };
	proxy_play(s->w->d, &hooks);
	if (route == ROUTE_LOG_READ)
		assert_err(keep ? ZT_ERR_FORBIDDEN : ZT_OK, zt_sync(s->alice.zt));
	else if (zt_workspace_create(s->alice.zt, "caught") == ZT_OK)
		assert_ok(zt_workspaces(s->alice.zt, ignore, NULL));
	proxy_play(s->w->d, NULL);
	assert_true(k->request.n > 0);
}

static enum zt_err
send(struct scene *s, struct bytes request)
{
	enum zt_err err;

	(void)proxy_send(s->w->d, request, &err);
	return err;
}

/* The same with the first FROM turned into TO, of the same length. */
static enum zt_err
send_changed(struct scene *s, struct bytes request, const char *from, const char *to)
{
	uint8_t *copy = exact_copy(request.p, request.n);
	uint8_t *at = memmem(copy, request.n, from, strlen(from));
	enum zt_err err;

	assert_non_null(at);
	assert_int_equal(strlen(from), strlen(to));
	for (size_t i = 0; to[i] != 0; i++)
		at[i] = (uint8_t)to[i];
	err = send(s, bytes_of(copy, request.n));
	free(copy);
	return err;
}

static void
R1_a_request_is_taken_once_and_its_replay_is_refused(void **state)
{
	struct scene *s = *state;
	struct caught k;

	catch_one(s, ROUTE_LOG_READ, true, &k);
	assert_ok(send(s, buf_bytes(&k.request))); /* late, but the first */
	assert_err(ZT_ERR_REPLAY, send(s, buf_bytes(&k.request)));
	assert_err(ZT_ERR_REPLAY, send(s, buf_bytes(&k.request)));
	buf_free(&k.request);
}

static void
R1_a_request_sent_elsewhere_is_refused(void **state)
{
	struct scene *s = *state;
	struct caught k;

	catch_one(s, ROUTE_LOG_READ, true, &k);
	assert_err(ZT_ERR_SIGNATURE,
	    send_changed(s, buf_bytes(&k.request), "/log?from=", "/log?frim="));
	assert_err(ZT_ERR_METHOD,
	    send_changed(s, buf_bytes(&k.request), "GET /v1/orgs/", "PUT /v1/orgs/"));
	{
		char from[64], to[64]; /* another organization's log */

		(void)snprintf(from, sizeof from, "/v1/orgs/%s", s->alice.zt->org_text);
		(void)snprintf(
		    to, sizeof to, "/v1/orgs/%s", "0123456789abcdef0123456789abcdef");
		assert_err(ZT_ERR_FORBIDDEN, send_changed(s, buf_bytes(&k.request), from, to));
	}
	assert_ok(send(s, buf_bytes(&k.request))); /* unaltered */
	buf_free(&k.request);
}

static void
R1_no_altered_part_of_a_request_is_taken(void **state)
{
	struct scene *s = *state;
	struct caught k;
	const uint8_t *at;
	uint8_t *copy;

	catch_one(s, ROUTE_LOG_APPEND, true, &k);
	assert_err(
	    ZT_ERR_SIGNATURE, send_changed(s, buf_bytes(&k.request), "created=", "Created="));
	assert_err(
	    ZT_ERR_SIGNATURE, send_changed(s, buf_bytes(&k.request), "sha-512=:", "sha-256=:"));
	copy = exact_copy(k.request.p, k.request.n);
	copy[k.request.n - 1] ^= 1; /* the body */
	assert_err(ZT_ERR_DIGEST, send(s, bytes_of(copy, k.request.n)));
	free(copy);
	at = memmem(k.request.p, k.request.n, "Signature: ", 11);
	assert_non_null(at);
	/* the signature itself: 88 characters behind "zt=:" */
	for (const uint8_t *p = at + 20; p < at + 100; p += 9) {
		copy = exact_copy(k.request.p, k.request.n);
		copy[p - k.request.p] = *p == 'A' ? 'B' : 'A';
		assert_err(ZT_ERR_SIGNATURE, send(s, bytes_of(copy, k.request.n)));
		free(copy);
	}
	assert_ok(send(s, buf_bytes(&k.request)));
	buf_free(&k.request);
}

/* A request of alice's device that was signed at CREATED. */
static enum zt_err
send_dated(struct scene *s, uint64_t created, uint64_t valid)
{
	struct zt *z = s->alice.zt;
	struct route_params p = { .org = z->org };
	struct httpsig_params sp = { .org = z->org,
		.device = z->device,
		.created_s = created,
		.expires_s = created + valid };
	struct buf target = buf_init(512), input = buf_init(1024), signature = buf_init(256),
		   request = buf_init(4096);
	struct httpsig_message m = { .method = "GET", .authority = "" };
	uint8_t nonce[16];
	enum zt_err err;

	route_path(ROUTE_LOG_READ, &p, &target);
	m.target = buf_text(&target);
	random_bytes(nonce, sizeof nonce);
	hex_print(nonce, sizeof nonce, sp.nonce);
	assert_ok(httpsig_sign(&m, &sp, z->sign, &input, &signature));
	buf_printf(&request,
	    "GET %s HTTP/1.1\r\nhost: x\r\nsignature-input: %s\r\nsignature: %s\r\n\r\n",
	    m.target, buf_text(&input), buf_text(&signature));
	err = send(s, buf_bytes(&request));
	buf_free(&target);
	buf_free(&input);
	buf_free(&signature);
	buf_free(&request);
	return err;
}

static void
R1_a_request_from_the_past_or_the_future_is_refused(void **state)
{
	struct scene *s = *state;
	uint64_t now = (uint64_t)time(NULL);

	assert_ok(send_dated(s, now, 60));
	assert_err(ZT_ERR_CLOCK, send_dated(s, now - 3600, 60));
	assert_err(ZT_ERR_CLOCK, send_dated(s, now + 3600, 60));
	assert_err(ZT_ERR_CLOCK, send_dated(s, now, 100000)); /* valid for too long */
	assert_err(
	    ZT_ERR_REPLAY, send_dated(s, now - 240, 60)); /* before the service started */
}

static void
R2_the_next_request_of_a_revoked_device_is_refused(void **state)
{
	struct scene *s = *state;

	assert_ok(zt_sync(s->bob.zt));
	assert_ok(zt_user_revoke(s->alice.zt, "bob@test.example"));
	assert_err(ZT_ERR_REVOKED, zt_sync(s->bob.zt));
	assert_ok(zt_sync(s->alice.zt));
}

/* ---- a change that was made, and of which no answer arrives ---- */

struct deaf {
	enum route route;
	enum zt_err said; /* what the client reads instead; OK: its connection ends */
	unsigned done;
};

static void
lose_answer(void *ctx, struct proxy_call *c)
{
	struct deaf *k = ctx;

	if (c->route != k->route)
		return;
	k->done += c->status == 200;
	c->status = 0;
	if (k->said)
		proxy_refuse(c, k->said);
}

/* Whether the sentence of alice's error says that her act may have been done. */
static bool
says_uncertain(struct scene *s)
{
	return strstr(zt_error_message(s->alice.zt), "it may have been done") != NULL;
}

static void
a_change_without_any_answer_is_said_to_be_uncertain(void **state)
{
	static const enum zt_err said[] = { ZT_OK, ZT_ERR_TIMEOUT };
	struct scene *s = *state;

	assert_ok(zt_workspace_create(s->alice.zt, "deaf"));
	for (size_t i = 0; i < 2; i++) {
		struct deaf k = { .route = ROUTE_PUSH, .said = said[i] };
		struct proxy_hooks hooks = { .ctx = &k, .after = lose_answer };
		char path[] = "deaf:/0";

		path[6] = (char)('0' + i);
		proxy_play(s->w->d, &hooks);
		assert_err(said[i] ? said[i] : ZT_ERR_NETWORK, zt_mkdir(s->alice.zt, path));
		assert_int_equal(7, k.done); /* each try was */
		assert_true(says_uncertain(s));
		assert_true(said[i] == ZT_OK ||
			    strstr(zt_error_message(s->alice.zt), err_text(said[i])) ==
				zt_error_message(s->alice.zt));
		proxy_play(s->w->d, NULL);
		assert_err(ZT_ERR_EXISTS, zt_mkdir(s->alice.zt, path)); /* it was done */
	}
}

/* The database closes the connection at the end of a transaction: whether it was taken, no
 * service knows. */
static void
a_change_whose_commit_had_no_answer_is_said_to_be_uncertain(void **state)
{
	static const char breaks[] =
	    "CREATE FUNCTION metadata.gone() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN "
	    "PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END'; "
	    "CREATE CONSTRAINT TRIGGER gone AFTER INSERT ON metadata.changesets "
	    "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION metadata.gone()",
			  mends[] = "DROP FUNCTION metadata.gone() CASCADE";
	struct scene *s = *state;
	enum zt_err err;

	assert_ok(zt_workspace_create(s->alice.zt, "gone"));
	world_tell(s->w, "metadata", breaks);
	err = zt_mkdir(s->alice.zt, "gone:/0");
	world_tell(s->w, "metadata", mends);
	assert_err(ZT_ERR_TIMEOUT, err);
	assert_true(says_uncertain(s));
	assert_ok(zt_mkdir(s->alice.zt, "gone:/0"));
}

static void
what_was_not_asked_or_only_read_is_not_said_to_be_uncertain(void **state)
{
	struct scene *s = *state;
	struct deaf k = { .route = ROUTE_LOG_READ };
	struct proxy_hooks hooks = { .ctx = &k, .after = lose_answer };

	proxy_play(s->w->d, &hooks);
	assert_err(ZT_ERR_NETWORK, zt_sync(s->alice.zt));
	assert_false(says_uncertain(s));
	k = (struct deaf){ .route = ROUTE_LOG_APPEND, .said = ZT_ERR_UNAVAILABLE };
	assert_err(ZT_ERR_UNAVAILABLE, zt_workspace_create(s->alice.zt, "unheard"));
	assert_false(says_uncertain(s)); /* the gateway has not passed it on, it says */
}

/* A deferred check fails at the end of the transaction: nothing of it was taken, and that is
 * certain. */
static void
a_change_whose_commit_was_refused_is_not_said_to_be_uncertain(void **state)
{
	static const char breaks[] =
	    "CREATE FUNCTION metadata.late() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN "
	    "RAISE EXCEPTION ''late''; END'; "
	    "CREATE CONSTRAINT TRIGGER late AFTER INSERT ON metadata.changesets "
	    "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION metadata.late()",
			  mends[] = "DROP FUNCTION metadata.late() CASCADE";
	struct scene *s = *state;
	enum zt_err err;

	assert_ok(zt_workspace_create(s->alice.zt, "late"));
	world_tell(s->w, "metadata", breaks);
	err = zt_mkdir(s->alice.zt, "late:/0");
	world_tell(s->w, "metadata", mends);
	assert_err(ZT_ERR_DATABASE, err);
	assert_false(says_uncertain(s));
	assert_ok(zt_mkdir(s->alice.zt, "late:/0")); /* nor was its place marked */
}

/* PostgreSQL answers COMMIT with ROLLBACK when a statement of the transaction had failed, and
 * with an error when a deferred check fails. Neither is a commit. */
static void
a_commit_that_postgresql_rolls_back_is_an_error(void **state)
{
	static const char makes[] =
	    "CREATE TABLE auth.kept (n int8, UNIQUE (n) DEFERRABLE INITIALLY DEFERRED)",
			  drops[] = "DROP TABLE auth.kept";
	static const struct db_query add = { "add", "INSERT INTO kept VALUES ($1::int8)" },
				     fail = { "fail", "SELECT 1 / ($1::int8 - 1)" },
				     count = { "count", "SELECT count(*) FROM kept" };
	struct db_value one[] = { DB_INT(1) };
	struct scene *s = *state;
	struct db_rows *rows = NULL;
	struct db *db = NULL;
	char conninfo[256], message[200];

	world_tell(s->w, "auth", makes);
	world_database(s->w, "auth", conninfo);
	assert_ok(db_open(conninfo, "auth", &db, message));
	assert_ok(db_begin(db));
	assert_ok(db_run(db, &add, one, 1, NULL));
	assert_err(ZT_ERR_DATABASE, db_run(db, &fail, one, 1, NULL));
	assert_err(ZT_ERR_DATABASE, db_commit(db)); /* as by a caller that went on */
	assert_ok(db_begin(db));
	assert_ok(db_run(db, &add, one, 1, NULL));
	assert_ok(db_run(db, &add, one, 1, NULL));
	assert_err(ZT_ERR_EXISTS, db_commit(db));
	assert_ok(db_begin(db));
	assert_ok(db_run(db, &add, one, 1, NULL));
	assert_ok(db_commit(db));
	assert_ok(db_run(db, &count, NULL, 0, &rows));
	assert_int_equal(1, db_int(rows, 0, 0));
	db_free(rows);
	db_close(db);
	world_tell(s->w, "auth", drops);
}

/* ---- errors that no server can have ---- */

struct liar {
	enum zt_err says;
};

static bool
lie(void *ctx, struct proxy_call *c)
{
	if (c->route != ROUTE_LOG_READ)
		return false;
	proxy_refuse(c, ((const struct liar *)ctx)->says);
	return true;
}

static void
what_a_server_cannot_know_is_not_believed(void **state)
{
	static const enum zt_err own[] = { ZT_ERR_PASSWORD, ZT_ERR_CODES, ZT_ERR_LOCKED,
		ZT_ERR_USAGE, ZT_ERR_MISSING_KEY, ZT_ERR_WEAK, ZT_ERR_STORE, ZT_ERR_CLEAR,
		ZT_ERR_WHO, ZT_ERR_FOLDER, ZT_ERR_SOME, ZT_ERR_DECLINED, ZT_ERR_INTERRUPTED };
	static const enum zt_err its[] = { ZT_ERR_FORBIDDEN, ZT_ERR_RESTORED, ZT_ERR_LIMIT };
	struct scene *s = *state;
	struct liar k;
	struct proxy_hooks hooks = { .ctx = &k, .before = lie };

	proxy_play(s->w->d, &hooks);
	for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
		k.says = own[i];
		assert_err(ZT_ERR_CORRUPT, zt_sync(s->alice.zt));
	}
	for (size_t i = 0; i < sizeof its / sizeof its[0]; i++) {
		k.says = its[i];
		assert_err(its[i], zt_sync(s->alice.zt));
	}
}

/* ---- two operators, one name ---- */

static struct zt_server
operator_of(struct scene *s, const char *url)
{
	return (
	    struct zt_server){ .url = url, .in_clear = true, .operator_token = s->w->token };
}

struct reserving {
	struct zt_server server;
	enum zt_err err;
	char code[ZT_FOUNDING_CODE], message[256];
};

static void *
reserve(void *arg)
{
	struct reserving *r = arg;

	r->err = zt_server_org_create(&r->server, "both", r->code, r->message);
	return NULL;
}

/* Each waits between what it ends and what it adds. */
static void
of_a_name_that_two_operators_reserve_at_once_one_code_is_valid(void **state)
{
	static const char slows[] =
	    "CREATE FUNCTION auth.slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN "
	    "PERFORM pg_sleep(1); RETURN NEW; END'; "
	    "CREATE TRIGGER slow BEFORE INSERT ON auth.pending FOR EACH ROW EXECUTE FUNCTION "
	    "auth.slow()",
			  mends[] = "DROP FUNCTION auth.slow() CASCADE";
	struct scene *s = *state;
	struct reserving r[2];
	pthread_t t[2];
	PGresult *rows;

	world_tell(s->w, "auth", slows);
	for (size_t i = 0; i < 2; i++) {
		r[i] = (struct reserving){ .server = operator_of(s, s->w->url) };
		assert_int_equal(0, pthread_create(&t[i], NULL, reserve, &r[i]));
	}
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(0, pthread_join(t[i], NULL));
	world_tell(s->w, "auth", mends);
	assert_ok(r[0].err);
	assert_ok(r[1].err);
	rows = world_ask(s->w, "auth",
	    "SELECT 1 FROM auth.pending WHERE slug = 'both' AND $1::bytea IS NOT NULL",
	    &s->alice.zt->org);
	assert_int_equal(1, PQntuples(rows));
	PQclear(rows);
}

/* ---- a server that is away for some seconds, as one that is begun again ---- */

enum { AWAY_S = 4, BLOCKS = 6 };

struct away {
	unsigned from; /* which call is the first without an answer */
	time_t until;  /* the steady clock */
	unsigned calls;
};

static time_t
steady_s(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

static bool
be_away(void *ctx, struct proxy_call *c)
{
	struct away *a = ctx;

	if (c->route != ROUTE_BLOCK_PUT && c->route != ROUTE_BLOCK_GET)
		return false;
	if (a->calls++ == a->from)
		a->until = steady_s() + AWAY_S;
	c->status = 0;
	return a->calls > a->from && (a->from == 0 || steady_s() < a->until);
}

static void
a_transfer_waits_for_a_server_that_is_begun_again(void **state)
{
	struct scene *s = *state;
	struct away a = { .from = 2 };
	struct proxy_hooks hooks = { .ctx = &a, .before = be_away };
	size_t n = (size_t)BLOCKS * 1024 * 1024;
	uint8_t *bytes = malloc(n);
	char *from, *to, command[600];

	assert_non_null(bytes);
	random_bytes(bytes, n);
	from = world_file(s->w, "away", bytes, n);
	to = world_file(s->w, "back", "", 0);
	(void)snprintf(command, sizeof command, "cmp %s %s", from, to);
	assert_int_equal(0, unlink(to));
	assert_ok(zt_workspace_create(s->alice.zt, "away"));
	proxy_play(s->w->d, &hooks);
	assert_ok(zt_put(s->alice.zt, from, "away:/f", NULL, NULL));
	assert_true(steady_s() >= a.until && a.until > 0);
	a = (struct away){ .from = 2 };
	assert_ok(zt_get(s->alice.zt, "away:/f", to, NULL, NULL));
	assert_true(steady_s() >= a.until && a.until > 0);
	assert_int_equal(0, system(command));
	assert_int_equal(0, unlink(to));
	/* one that stays away is waited for, and then given up */
	a = (struct away){ .from = 0 };
	assert_err(ZT_ERR_NETWORK, zt_get(s->alice.zt, "away:/f", to, NULL, NULL));
	free(from);
	free(to);
	free(bytes);
}

/* A second try would end the code of the first, and one that comes late the second's. */
static void
an_organization_is_reserved_by_one_try(void **state)
{
	struct scene *s = *state;
	struct deaf k = { .route = ROUTE_ORG_CREATE };
	struct proxy_hooks hooks = { .ctx = &k, .after = lose_answer };
	struct zt_server server = operator_of(s, proxy_url(s->w->d));
	char code[ZT_FOUNDING_CODE], message[256] = "";

	proxy_play(s->w->d, &hooks);
	assert_err(ZT_ERR_NETWORK, zt_server_org_create(&server, "once", code, message));
	assert_int_equal(1, k.done);
	assert_non_null(strstr(message, "it may have been done"));
}

#define PLAY(test) cmocka_unit_test_teardown(test, honest_again)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		PLAY(R1_a_request_is_taken_once_and_its_replay_is_refused),
		PLAY(R1_a_request_sent_elsewhere_is_refused),
		PLAY(R1_no_altered_part_of_a_request_is_taken),
		PLAY(R1_a_request_from_the_past_or_the_future_is_refused),
		PLAY(a_change_without_any_answer_is_said_to_be_uncertain),
		PLAY(a_change_whose_commit_had_no_answer_is_said_to_be_uncertain),
		PLAY(a_change_whose_commit_was_refused_is_not_said_to_be_uncertain),
		PLAY(a_commit_that_postgresql_rolls_back_is_an_error),
		PLAY(what_was_not_asked_or_only_read_is_not_said_to_be_uncertain),
		PLAY(what_a_server_cannot_know_is_not_believed),
		PLAY(of_a_name_that_two_operators_reserve_at_once_one_code_is_valid),
		PLAY(an_organization_is_reserved_by_one_try),
		PLAY(a_transfer_waits_for_a_server_that_is_begun_again),
		PLAY(R2_the_next_request_of_a_revoked_device_is_refused),
	};

	return cmocka_run_group_tests(tests, scene_begin, scene_end);
}
