/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* deletion_test.c - a hostile or lost device of one owner ends no workspace: a deletion comes a
 * day later at the earliest, also for patched clients, and each owner can take it back. */
#include <stdlib.h>
#include <time.h>

#include "format/limits.h"
#include "format/pb.h"
#include "log/append.h"
#include "proto/auth.pb-c.h"
#include "test.h"
#include "world.h"

enum { DAY = LIMIT_DELETION_MS };

static enum zt_err
fill_deletion(struct zt *z, void *ctx, Zt__EntryBody *b)
{
	static Zt__WorkspaceDeletion m;
	const uint64_t *due = ctx;

	(void)z;
	zt__workspace_deletion__init(&m);
	m.due = *due < UINT64_MAX - b->time ? b->time + *due : UINT64_MAX;
	b->action_case = ZT__ENTRY_BODY__ACTION_WORKSPACE_DELETION;
	b->workspace_deletion = &m;
	return ZT_OK;
}

/* The server's answer to a deletion that BY's patched client makes due AFTER_MS later. */
static enum zt_err
send_deletion(struct person *by, const char *workspace, uint64_t after_ms)
{
	struct id topic = person_workspace(by, workspace)->w->id;
	struct route_params p = { .org = by->zt->org };
	Zt__AppendRequest m = ZT__APPEND_REQUEST__INIT;
	struct buf body = buf_init(LIMIT_ENTRY), answer = buf_init(64 * 1024);
	struct entry *e = NULL;
	Zt__Statement st;
	enum zt_err err;

	assert_ok(log_sign_act(by->zt, &topic, fill_deletion, &after_ms, &e));
	st = statement_message(&e->stmt);
	m.entry = &st;
	assert_ok(pb_encode(&m, &body));
	err = session_call(by->zt, ROUTE_LOG_APPEND, &p, NULL, buf_bytes(&body), &answer);
	buf_free(&body);
	buf_free(&answer);
	entry_free(e);
	return err;
}

static void
put(struct person *p, const char *remote)
{
	char *local = world_file(p->w, "content", "x", 1);

	assert_ok(zt_put(p->zt, local, remote, NULL, NULL));
	free(local);
}

static enum zt_err
get(struct person *p, const char *remote)
{
	char local[128];

	(void)snprintf(local, sizeof local, "%s/got", p->w->state);
	return zt_get(p->zt, remote, local, NULL, NULL);
}

static void
M_a_deletion_in_less_than_a_day_is_refused_by_client_and_server(void **state)
{
	struct scene *s = *state;
	uint64_t now = session_now_ms();

	assert_ok(zt_workspace_create(s->alice.zt, "short"));
	put(&s->alice, "short:/f");
	assert_ok(zt_workspace_share(s->alice.zt, "short", "bob@test.example", "owner"));
	assert_err(ZT_ERR_FORBIDDEN, zt_workspace_delete(s->bob.zt, "short", now + 1000));
	assert_err(ZT_ERR_FORBIDDEN, zt_workspace_delete(s->bob.zt, "short", now + DAY / 2));
	assert_err(ZT_ERR_FORBIDDEN, send_deletion(&s->bob, "short", 1000));
	assert_err(ZT_ERR_FORBIDDEN, send_deletion(&s->bob, "short", DAY - 1));
	assert_ok(get(&s->alice, "short:/f"));
	assert_ok(send_deletion(&s->bob, "short", DAY));
	assert_ok(zt_workspace_delete(s->bob.zt, "short", 0));
	assert_ok(zt_workspace_delete(s->bob.zt, "short", now + DAY));
}

/* What a hostile owner announced, another owner takes back, and all is there. */
static void
M_another_owner_takes_a_deletion_back(void **state)
{
	struct scene *s = *state;

	assert_ok(zt_workspace_create(s->alice.zt, "both"));
	put(&s->alice, "both:/f");
	assert_ok(zt_workspace_share(s->alice.zt, "both", "bob@test.example", "owner"));
	assert_ok(zt_workspace_delete(s->bob.zt, "both", session_now_ms() + DAY));
	assert_ok(get(&s->alice, "both:/f"));
	assert_ok(zt_workspace_delete(s->alice.zt, "both", 0));
	assert_err(ZT_ERR_FORBIDDEN, zt_workspace_delete(s->bob.zt, "both", 0));
	assert_ok(get(&s->bob, "both:/f"));
}

/* The servers look each second for what is due. A time to which nothing can be added would
 * have been due since long. */
static void
M_a_deletion_at_the_end_of_time_is_not_due(void **state)
{
	struct scene *s = *state;
	struct timespec two_sweeps = { 2, 500000000 };

	assert_ok(zt_workspace_create(s->alice.zt, "late"));
	put(&s->alice, "late:/f");
	assert_ok(send_deletion(&s->alice, "late", UINT64_MAX));
	(void)nanosleep(&two_sweeps, NULL);
	assert_ok(get(&s->alice, "late:/f"));
	assert_ok(zt_workspace_delete(s->alice.zt, "late", 0));
}

static int
begin(void **state)
{
	(void)setenv("ZT_SWEEP", "1", 1);
	(void)setenv("ZT_PURGE_AFTER", "1", 1);
	return scene_begin(state);
}

/* What the sweep will look at of NAME: how many deletions of it are noted. */
static int
noted(struct scene *s, const char *name)
{
	struct id id = person_workspace(&s->alice, name)->w->id;
	PGresult *r =
	    world_ask(s->w, "auth", "SELECT due FROM auth.deletions WHERE workspace = $1", &id);
	int n = PQntuples(r);

	PQclear(r);
	return n;
}

static void
R4_a_sweep_looks_at_what_is_announced_and_no_more(void **state)
{
	struct scene *s = *state;

	assert_ok(zt_workspace_create(s->alice.zt, "swept"));
	assert_int_equal(0, noted(s, "swept"));
	assert_ok(zt_workspace_delete(s->alice.zt, "swept", session_now_ms() + 2 * DAY));
	assert_int_equal(1, noted(s, "swept"));
	assert_ok(zt_workspace_delete(s->alice.zt, "swept", 0));
	assert_int_equal(0, noted(s, "swept"));
	assert_ok(send_deletion(&s->alice, "swept", UINT64_MAX));
	assert_int_equal(1, noted(s, "swept"));
	assert_ok(zt_workspace_delete(s->alice.zt, "swept", 0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(R4_a_sweep_looks_at_what_is_announced_and_no_more),
		cmocka_unit_test(
		    M_a_deletion_in_less_than_a_day_is_refused_by_client_and_server),
		cmocka_unit_test(M_another_owner_takes_a_deletion_back),
		cmocka_unit_test(M_a_deletion_at_the_end_of_time_is_not_due),
	};

	return cmocka_run_group_tests(tests, begin, scene_end);
}
