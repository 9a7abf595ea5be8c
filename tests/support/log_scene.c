/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "log_scene.h"

#include "format/limits.h"
#include "format/pb.h"
#include "test.h"

bool
log_scene_lie(void *ctx, struct double_call *c)
{
	struct log_lie *l = ctx;
	uint64_t from;
	Zt__LogPage *m = NULL;

	if (c->route != ROUTE_LOG_READ)
		return false;
	assert_ok(route_query(c->target, "from", 0, &from));
	fake_log_page(l->log, from, &c->answer);
	c->status = 200;
	if (l->spoil != NULL) {
		assert_ok(pb_decode(
		    &zt__log_page__descriptor, buf_bytes(&c->answer), LIMIT_PAGE, &m));
		l->spoil(m, l->ctx);
		buf_empty(&c->answer);
		assert_ok(pb_encode(m, &c->answer));
		pb_free(m);
	}
	return true;
}

static void
keep_page(void *ctx, struct double_call *c)
{
	struct fake_log *log = ctx;

	if (c->route == ROUTE_LOG_READ)
		fake_log_take(log, buf_bytes(&c->answer));
}

void
log_scene_take(struct log_scene *s, struct person *p, struct fake_log *out)
{
	struct double_hooks keep = { .ctx = out, .after = keep_page };
	uint64_t n;

	*out = (struct fake_log){ .org = p->zt->org, .key = s->log_key };
	double_play(s->w->d, &keep);
	assert_ok(zt_log_verify(p->zt, &n));
	double_play(s->w->d, NULL);
	assert_true(out->count > 0);
}

void
log_scene_refuses(
    struct log_scene *s, struct person *p, struct fake_log *log, enum zt_err wanted)
{
	struct log_lie lie = { .log = log };
	struct double_hooks hooks = { .ctx = &lie, .before = log_scene_lie };
	uint64_t n = 0;

	double_play(s->w->d, &hooks);
	assert_err(wanted, zt_log_verify(p->zt, &n));
	assert_int_equal(0, n);
	assert_true(strlen(zt_why(p->zt)) > 10);
	double_play(s->w->d, NULL);
	assert_ok(zt_log_verify(p->zt, &n));
	assert_ok(zt_sync(p->zt));
}

int
log_scene_begin(void **state)
{
	struct log_scene *s = calloc(1, sizeof *s);

	assert_non_null(s);
	s->w = world_begin();
	world_found(s->w, &s->eve, "eve");
	world_found(s->w, &s->alice, "alice");
	world_join(&s->alice, &s->bob, "bob", "standard");
	world_join(&s->alice, &s->otto, "otto", "outsider");
	s->log_key = world_log_key(s->w, &s->alice.zt->org);
	assert_ok(zt_workspace_create(s->alice.zt, "plans"));
	assert_ok(zt_workspace_share(s->alice.zt, "plans", "bob@test.example", "contributor"));
	assert_ok(zt_workspace_share(s->alice.zt, "plans", "otto@test.example", "reader"));
	assert_ok(zt_workspace_create(s->bob.zt, "bobs"));
	s->plans = person_space(&s->alice, "plans")->w->id;
	s->bobs = person_space(&s->bob, "bobs")->w->id;
	log_scene_take(s, &s->bob, &s->log);
	*state = s;
	return 0;
}

int
log_scene_end(void **state)
{
	struct log_scene *s = *state;

	fake_log_free(&s->log);
	sign_free(s->log_key);
	person_close(&s->alice);
	person_close(&s->bob);
	person_close(&s->otto);
	person_close(&s->eve);
	world_end(s->w);
	free(s);
	assert_int_equal(0, secret_live());
	return 0;
}

int
log_scene_honest(void **state)
{
	struct log_scene *s = *state;

	double_play(s->w->d, NULL);
	return 0;
}
