/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "log_scene.h"

#include "format/limits.h"
#include "format/pb.h"
#include "history/log_reader.h"
#include "session/session.h"
#include "test.h"

bool
log_scene_lie(void *ctx, struct proxy_call *c)
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
keep_page(void *ctx, struct proxy_call *c)
{
	struct fake_log *log = ctx;

	if (c->route == ROUTE_LOG_READ)
		fake_log_take(log, buf_bytes(&c->answer));
}

void
log_scene_take(struct log_scene *s, struct person *p, struct fake_log *out)
{
	struct proxy_hooks keep = { .ctx = out, .after = keep_page };
	uint64_t n;

	*out = (struct fake_log){ .org = p->zt->org, .key = s->log_key };
	proxy_play(s->w->d, &keep);
	assert_ok(zt_log_verify(p->zt, &n));
	proxy_play(s->w->d, NULL);
	assert_true(out->count > 0);
}

/* The lines of LOG from FROM on, up to UP_TO: all of them, and a head that covers no more. */
static enum zt_err
read_page(struct log_reader *r, const struct fake_log *log, size_t up_to,
    void (*spoil)(Zt__LogPage *page, void *ctx), void *ctx)
{
	struct fake_log part = *log; /* borrows its entries */
	struct buf b = buf_init(LIMIT_PAGE);
	Zt__LogPage *m = NULL;
	enum zt_err err;

	part.count = up_to;
	fake_log_page(&part, merkle_size(r->o->tree), &b);
	assert_ok(pb_decode(&zt__log_page__descriptor, buf_bytes(&b), LIMIT_PAGE, &m));
	if (spoil != NULL)
		spoil(m, ctx);
	err = log_reader_page(r, m);
	pb_free(m);
	buf_free(&b);
	return err;
}

/* As the honest server answers P; asked once. */
static struct bytes
topic_page(struct log_scene *s, struct person *p, const struct id *topic, uint64_t from)
{
	struct route_params params = { .org = p->zt->org, .id = *topic };
	struct log_topic *t = s->topics;
	char query[40];

	for (; t < s->topics + s->topic_count; t++)
		if (id_equal(&t->topic, topic) && t->from == from)
			return buf_bytes(&t->page);
	assert_true(s->topic_count < sizeof s->topics / sizeof s->topics[0]);
	s->topic_count++;
	*t = (struct log_topic){ .topic = *topic, .from = from, .page = buf_init(LIMIT_PAGE) };
	(void)snprintf(query, sizeof query, "from=%llu", (unsigned long long)from);
	assert_ok(
	    session_call(p->zt, ROUTE_TOPIC_READ, &params, query, bytes_of(NULL, 0), &t->page));
	return buf_bytes(&t->page);
}

enum zt_err
log_scene_read(struct log_scene *s, struct person *p, const struct fake_log *log, size_t from,
    void (*spoil)(Zt__LogPage *page, void *ctx), void *ctx)
{
	struct log_reader r = { .root_key = p->zt->root_key, .user = &p->zt->user };
	const struct id *topic;
	uint64_t at;
	enum zt_err err;

	assert_ok(org_state_new(&p->zt->org, &r.o));
	err = from > 0 ? read_page(&r, log, from, NULL, NULL) : ZT_OK;
	if (err == ZT_OK)
		err = read_page(&r, log, log->count, spoil, ctx);
	while (err == ZT_OK && (topic = log_reader_wants_topic(&r, &at)) != NULL) {
		Zt__TopicPage *m = NULL;

		assert_ok(pb_decode(
		    &zt__topic_page__descriptor, topic_page(s, p, topic, at), LIMIT_PAGE, &m));
		err = log_reader_topic(&r, topic, m);
		pb_free(m);
	}
	if (err == ZT_OK)
		err = log_reader_end(&r);
	assert_true(err == ZT_OK || err == ZT_ERR_MEMORY || r.message != NULL);
	log_reader_free(&r);
	org_state_free(r.o);
	return err;
}

void
log_scene_refuses(
    struct log_scene *s, struct person *p, struct fake_log *log, enum zt_err wanted)
{
	struct log_lie lie = { .log = log };
	struct proxy_hooks hooks = { .ctx = &lie, .before = log_scene_lie };
	uint64_t n = 0;

	proxy_play(s->w->d, &hooks);
	assert_err(wanted, zt_log_verify(p->zt, &n));
	assert_int_equal(0, n);
	assert_true(strlen(zt_error_message(p->zt)) > 10);
	proxy_play(s->w->d, NULL);
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
	s->plans = person_workspace(&s->alice, "plans")->w->id;
	s->bobs = person_workspace(&s->bob, "bobs")->w->id;
	log_scene_take(s, &s->bob, &s->log);
	*state = s;
	return 0;
}

int
log_scene_end(void **state)
{
	struct log_scene *s = *state;

	fake_log_free(&s->log);
	for (size_t i = 0; i < s->topic_count; i++)
		buf_free(&s->topics[i].page);
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

	proxy_play(s->w->d, NULL);
	return 0;
}
