/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Loss of access (P6, F7): what those sign who may not write any more counts for nobody, on an
 * honest server or a hostile one, before, at and after the entry of the log that says up to
 * where they count. And what a member signs that is invalid costs that workspace, and can be
 * passed over. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/wire.h"
#include "chain/chain.h"
#include "chain/workspace.h"
#include "content/file_writer.h"
#include "content/transfer.h"
#include "crypto/suite.h"
#include "forge.h"
#include "format/limits.h"
#include "format/pb.h"
#include "history/audit.h"
#include "log/append.h"
#include "proto/auth.pb-c.h"
#include "session/freeze.h"
#include "session/session.h"
#include "test.h"
#include "trust/head.h"

/* A root folder of version 1 with one file, by BY. */
static void
forge_late(struct person *by, struct workspace *w, const char *name, struct forged *f)
{
	struct forged_file file;
	struct forged_folder folder;
	struct forged_change changes[2];

	random_bytes(changes[0].vlob.b, ID_BYTES);
	forge_file(&file, "too late");
	forge_folder(&folder, bytes_text(name), &changes[0].vlob, false);
	changes[0] =
	    (struct forged_change){ .vlob = changes[0].vlob, .version = 1, .m = &file.m };
	changes[1] = (struct forged_change){ .vlob = w->w->id, .version = 1, .m = &folder.m };
	forge_changeset(by, w, changes, 2, (unsigned)w->w->generation_count, f);
}

/* A hostile server, whose chain of WORKSPACE has one changeset more, at POSITION. */
struct late {
	struct id workspace;
	uint64_t position;
	struct forged f;
};

static bool
asks(const struct late *l, const struct proxy_call *c, uint64_t *from)
{
	const char *text = strstr(c->target, "from=");

	if (c->route != ROUTE_CHAIN || text == NULL || !id_equal(&l->workspace, &c->params.id))
		return false;
	*from = strtoull(text + 5, NULL, 10);
	return true;
}

static void
inject(void *ctx, struct proxy_call *c)
{
	struct late *l = ctx;
	uint64_t from;

	if (asks(l, c, &from) && from <= l->position && c->status == 200)
		forge_chain_add(&c->answer, &l->f);
}

/* Behind it there is nothing. */
static bool
inject_end(void *ctx, struct proxy_call *c)
{
	Zt__ChainPage m = ZT__CHAIN_PAGE__INIT;
	struct late *l = ctx;
	uint64_t from;

	if (!asks(l, c, &from) || from <= l->position)
		return false;
	m.newest = l->position;
	c->status = 200;
	assert_ok(pb_encode(&m, &c->answer));
	return true;
}

/* The newest version of the root folder, counted or not, as P's device sees it. */
static void
root_is(struct person *p, const char *workspace, uint64_t newest, uint64_t counts)
{
	struct workspace *w = person_workspace(p, workspace);
	struct workspace_version v;
	enum zt_err err = workspace_newest(w, &w->w->id, &v);

	assert_int_equal(newest, err == ZT_OK ? v.version : 0);
	err = workspace_version(w, &w->w->id, 0, &v);
	assert_int_equal(counts, err == ZT_OK ? v.version : 0);
}

static void
F7_a_contributor_who_was_made_a_reader_writes_nothing_more(void **state)
{
	struct scene *s = *state;
	struct late late;
	struct proxy_hooks hooks = { .ctx = &late, .before = inject_end, .after = inject };
	struct forged before;
	struct workspace *w;

	assert_ok(zt_workspace_create(s->alice.zt, "demote"));
	assert_ok(zt_workspace_share(s->alice.zt, "demote", "bob@test.example", "contributor"));
	w = person_workspace(&s->bob, "demote");
	forge_late(&s->bob, w, "in-time", &before);
	assert_ok(forged_send(&s->bob, w, &before)); /* while he may */
	root_is(&s->alice, "demote", 1, 1);
	w = person_workspace(&s->bob, "demote");
	forge_late(&s->bob, w, "late", &late.f); /* names a head from before */
	late.workspace = w->w->id;
	late.position = 2;
	assert_ok(zt_workspace_share(s->alice.zt, "demote", "bob@test.example", "reader"));
	assert_err(ZT_ERR_FORBIDDEN, forged_send(&s->bob, w, &late.f));
	proxy_play(s->w->d, &hooks);
	root_is(&s->alice, "demote", 1, 1); /* what he wrote in time stays */
	root_is(&s->bob, "demote", 1, 1);
	assert_int_equal(1, person_workspace(&s->alice, "demote")->chain.skipped);
	forged_free(&before);
	forged_free(&late.f);
}

static void
F7_what_comes_after_a_revocation_was_heard_of_does_not_count_nor_is_it_pinned(void **state)
{
	struct scene *s = *state;
	struct person carol;
	struct late late;
	struct proxy_hooks hooks = { .ctx = &late, .before = inject_end, .after = inject };
	struct workspace *w;

	world_join(&s->alice, &carol, "carol", "standard");
	assert_ok(zt_workspace_create(s->bob.zt, "window")); /* bob's; the admin is no member */
	assert_ok(zt_workspace_share(s->bob.zt, "window", carol.email, "contributor"));
	w = person_workspace(&carol, "window");
	forge_late(&carol, w, "late", &late.f);
	late.workspace = w->w->id;
	late.position = 1;
	assert_ok(zt_user_revoke(s->alice.zt, carol.email));
	assert_ok(zt_sync(s->bob.zt)); /* bob's device has heard of it */
	proxy_play(s->w->d, &hooks);
	root_is(&s->bob, "window", 1, 0);
	/* The rotation pins what bob's device had before it heard. */
	w = person_workspace(&s->bob, "window");
	{
		uint64_t position = 99;
		struct hash link;

		assert_ok(judge_pin(w, &position, &link));
		assert_int_equal(0, position);
	}
	forged_free(&late.f);
	person_close(&carol);
}

static void
F7_who_had_verified_it_before_the_revocation_was_heard_of_goes_on_counting_it(void **state)
{
	struct scene *s = *state;
	struct person carol;

	world_join(&s->alice, &carol, "cora", "standard");
	assert_ok(zt_workspace_create(s->bob.zt, "earlier"));
	assert_ok(zt_workspace_share(s->bob.zt, "earlier", carol.email, "contributor"));
	person_put(&carol, "good", "earlier:/good");
	root_is(&s->bob, "earlier", 1, 1);
	assert_ok(zt_user_revoke(s->alice.zt, carol.email));
	root_is(&s->bob, "earlier", 1, 1);
	assert_ok(zt_workspace_rotate(s->bob.zt, "earlier"));
	assert_int_equal(2, person_workspace(&s->bob, "earlier")->w->generation_count);
	root_is(&s->bob, "earlier", 1, 1);
	person_close(&carol);
}

/* A device that took a late write before it heard of anything judges again when the pin comes.
 */
static void
F7_who_counted_too_much_judges_again_when_the_log_pins_the_chain(void **state)
{
	struct scene *s = *state;
	struct person carol;
	struct late late;
	struct proxy_hooks hooks = { .ctx = &late, .before = inject_end, .after = inject };
	struct workspace *w, *of_alice;

	world_join(&s->alice, &carol, "carmen", "standard");
	assert_ok(zt_workspace_create(s->bob.zt, "judged"));
	assert_ok(zt_workspace_share(s->bob.zt, "judged", "alice@test.example", "contributor"));
	assert_ok(zt_workspace_share(s->bob.zt, "judged", carol.email, "contributor"));
	w = person_workspace(&carol, "judged");
	forge_late(&carol, w, "evil", &late.f);
	late.workspace = w->w->id;
	late.position = 1;
	of_alice = person_workspace(&s->alice, "judged"); /* her log ends here for a moment */
	assert_ok(zt_workspace_unshare(s->bob.zt, "judged", carol.email));
	proxy_play(s->w->d, &hooks);
	assert_ok(workspace_sync(of_alice));
	assert_int_equal(1, of_alice->chain.position);
	root_is(&s->bob, "judged", 1, 0);
	root_is(&s->alice, "judged", 1, 0); /* she hears of it, and judges as bob does */
	assert_int_equal(1, person_workspace(&s->alice, "judged")->chain.skipped);
	forged_free(&late.f);
	person_close(&carol);
}

/* ---- hidden entries ---- */

/* Shows lines of TOPIC from entry FROM on as if they were not the reader's to see, under the
 * true head: digest and tag are right, for they are what the head covers. */
struct hiding {
	struct id topic;
	uint64_t from;
	unsigned hidden;
};

static ProtobufCBinaryData
own(const struct hash *h)
{
	ProtobufCBinaryData f = { HASH_BYTES, malloc(HASH_BYTES) };

	assert_non_null(f.data);
	memcpy(f.data, h->b, HASH_BYTES);
	return f;
}

static void
hide(void *ctx, struct proxy_call *c)
{
	struct hiding *h = ctx;
	Zt__LogPage *m = NULL;

	if (c->route != ROUTE_LOG_READ || c->status != 200)
		return;
	assert_ok(pb_decode(&zt__log_page__descriptor, buf_bytes(&c->answer), LIMIT_PAGE, &m));
	for (size_t i = 0; i < m->n_lines; i++) {
		Zt__LogLine *l = m->lines[i];
		struct statement st;
		struct entry *e = NULL;

		if (l->entry == NULL || l->index < h->from)
			continue;
		assert_ok(statement_of(l->entry, &st));
		assert_ok(entry_decode(&st, &e));
		if (id_equal(&e->topic, &h->topic)) {
			l->digest = own(&e->digest);
			l->tag = own(&e->tag);
			pb_free(l->entry);
			l->entry = NULL;
			h->hidden++;
		}
		entry_free(e);
	}
	buf_empty(&c->answer);
	assert_ok(pb_encode(m, &c->answer));
	pb_free(m);
}

static void
P4_no_entry_of_ones_own_topics_is_hidden_under_a_true_head(void **state)
{
	struct scene *s = *state;
	struct person carol;
	struct hiding h = { .hidden = 0 };
	struct proxy_hooks hooks = { .ctx = &h, .after = hide };
	uint64_t entries = 0;

	world_join(&s->alice, &carol, "carla", "standard");
	assert_ok(zt_workspace_create(s->alice.zt, "hidden"));
	assert_ok(zt_workspace_share(s->alice.zt, "hidden", "bob@test.example", "contributor"));
	assert_ok(zt_workspace_share(s->alice.zt, "hidden", carol.email, "contributor"));
	h.topic = person_workspace(&s->bob, "hidden")->w->id;
	h.from = merkle_size(s->bob.zt->state->tree);
	/* A removal, with its rotation, in a workspace of bob's. */
	assert_ok(zt_workspace_unshare(s->alice.zt, "hidden", carol.email));
	proxy_play(s->w->d, &hooks);
	assert_err(ZT_ERR_FORK, zt_sync(s->bob.zt));
	assert_err(ZT_ERR_FORK, zt_log_verify(s->bob.zt, &entries));
	assert_true(h.hidden >= 2);
	proxy_play(s->w->d, NULL);
	assert_ok(session_thaw(s->bob.zt));
	assert_ok(zt_sync(s->bob.zt));
	assert_int_equal(2, person_workspace(&s->bob, "hidden")->w->generation_count);
	/* And of the organization, which everybody may see. */
	h = (struct hiding){ .topic = s->bob.zt->org,
		.from = merkle_size(s->bob.zt->state->tree) };
	assert_ok(zt_user_revoke(s->alice.zt, carol.email));
	proxy_play(s->w->d, &hooks);
	assert_err(ZT_ERR_FORK, zt_sync(s->bob.zt));
	assert_true(h.hidden >= 1);
	proxy_play(s->w->d, NULL);
	assert_ok(session_thaw(s->bob.zt));
	assert_ok(zt_sync(s->bob.zt));
	/* What is not his to see is hidden from him every day. */
	assert_ok(zt_workspace_create(s->alice.zt, "not of bob"));
	assert_ok(zt_sync(s->bob.zt));
	person_close(&carol);
}

/* ---- time ---- */

struct aged {
	struct sign_key *key;
	struct id org;
	uint64_t by_ms;
};

/* The true answer, with a head that the log key signed BY_MS ago. */
static void
age(void *ctx, struct proxy_call *c)
{
	const struct aged *a = ctx;
	Zt__LogPage *m = NULL;
	Zt__Statement st, *was;
	struct statement s;
	struct head h;
	struct buf body = buf_init(1024);
	uint8_t key[SIGN_PUBLIC_BYTES];

	if (c->route != ROUTE_LOG_READ || c->status != 200)
		return;
	sign_public(a->key, key);
	assert_ok(pb_decode(&zt__log_page__descriptor, buf_bytes(&c->answer), LIMIT_PAGE, &m));
	assert_ok(statement_of(m->head, &s));
	assert_ok(head_check(key, &a->org, &s, &h));
	h.time -= a->by_ms;
	assert_ok(head_sign(a->key, &a->org, &h, &body, &s));
	st = statement_message(&s);
	was = m->head;
	m->head = &st;
	buf_empty(&c->answer);
	assert_ok(pb_encode(m, &c->answer));
	m->head = was;
	pb_free(m);
	buf_free(&body);
}

static void
P4_a_head_that_is_old_or_goes_back_in_time_is_refused(void **state)
{
	struct scene *s = *state;
	struct aged a = { .key = world_log_key(s->w, &s->bob.zt->org), .org = s->bob.zt->org };
	struct proxy_hooks hooks = { .ctx = &a, .after = age };

	assert_ok(zt_sync(s->bob.zt));
	proxy_play(s->w->d, &hooks);
	a.by_ms = 4 * 60 * 1000;
	assert_ok(zt_sync(s->bob.zt)); /* clocks differ so much */
	proxy_play(s->w->d, NULL);
	assert_ok(zt_sync(s->bob.zt));
	proxy_play(s->w->d, &hooks);
	a.by_ms = 6 * 60 * 1000;
	assert_err(ZT_ERR_FORK, zt_sync(s->bob.zt)); /* it covers as much, and is older */
	assert_ok(session_thaw(s->bob.zt));
	a.by_ms = 11 * 60 * 1000;
	assert_err(ZT_ERR_CLOCK, zt_sync(s->bob.zt));
	proxy_play(s->w->d, NULL);
	assert_ok(zt_sync(s->bob.zt));
	sign_free(a.key);
}

/* Whether P's store was written to since *AT, which is set to now. */
static bool
was_written(const struct person *p, struct stat *at)
{
	struct stat was = *at;
	char path[200];

	(void)snprintf(path, sizeof path, "%s/store.db-wal", p->home);
	assert_int_equal(0, stat(path, at));
	return was.st_size != at->st_size || was.st_mtim.tv_sec != at->st_mtim.tv_sec ||
	       was.st_mtim.tv_nsec != at->st_mtim.tv_nsec;
}

static void
P4_a_head_that_says_nothing_new_is_written_once_a_minute(void **state)
{
	struct scene *s = *state;
	struct aged a = { .key = world_log_key(s->w, &s->bob.zt->org), .org = s->bob.zt->org };
	struct proxy_hooks hooks = { .ctx = &a, .after = age };
	struct stat at = { .st_size = -1 };

	assert_ok(zt_sync(s->bob.zt));
	(void)was_written(&s->bob, &at);
	assert_ok(zt_sync(s->bob.zt));
	assert_false(was_written(&s->bob, &at));
	/* another entry */
	assert_ok(zt_workspace_create(s->alice.zt, "entry"));
	assert_ok(zt_sync(s->bob.zt));
	assert_true(was_written(&s->bob, &at));
	/* the same entries, and a minute more */
	a.by_ms = UINT64_MAX - 61 * 1000 + 1;
	proxy_play(s->w->d, &hooks);
	assert_ok(zt_sync(s->bob.zt));
	assert_true(was_written(&s->bob, &at));
	proxy_play(s->w->d, NULL);
	sign_free(a.key);
}

/* ---- an auditor ---- */

static enum zt_err
audit_export(struct person *p, const struct buf *file, const struct buf *extra, size_t extras,
    const struct id *workspace)
{
	struct audit *a = NULL;
	struct wire_reader r =
	    wire_read(bytes_of(file->p + strlen(AUDIT_MAGIC), file->n - strlen(AUDIT_MAGIC)));
	enum zt_err err = ZT_OK;

	assert_ok(audit_new(&p->zt->org, &a));
	while (r.left > 0 && !r.bad) {
		unsigned type = wire_u8(&r);
		struct bytes b = wire_counted(&r, AUDIT_RECORD_MAX);

		assert_ok(audit_take(a, (enum audit_record)type, b));
	}
	err = audit_take(a, AUDIT_WORKSPACE, bytes_of(workspace->b, ID_BYTES));
	for (size_t i = 0; err == ZT_OK && i < extras; i++)
		err = audit_take(a, AUDIT_CHANGESET, buf_bytes(&extra[i]));
	if (err == ZT_OK)
		err = audit_end(a);
	if (err == ZT_OK) /* once is enough */
		assert_err(ZT_ERR_CORRUPT,
		    audit_take(a, AUDIT_WORKSPACE, bytes_of(workspace->b, ID_BYTES)));
	audit_free(a);
	return err;
}

/* What P exports of the log alone. */
static void
export_log(struct person *p, struct buf *out)
{
	char *path = world_file(p->w, "export", "", 0);
	uint8_t chunk[4096];
	ssize_t n;
	int fd;

	assert_ok(zt_sync(p->zt));
	fd = open(path, O_RDWR | O_TRUNC | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_ok(zt_log_export(p->zt, fd, NULL));
	assert_int_equal(0, lseek(fd, 0, SEEK_SET));
	while ((n = read(fd, chunk, sizeof chunk)) > 0)
		buf_add(out, bytes_of(chunk, (size_t)n));
	(void)close(fd);
	free(path);
}

static void
F6_an_auditor_refuses_two_contents_for_one_version_and_a_workspace_that_comes_twice(
    void **state)
{
	struct scene *s = *state;
	struct workspace *w;
	struct forged_file one, two;
	struct forged_change c1, c2;
	struct forged f1, f2;
	struct buf file = buf_init(8u << 20), extra[2];

	assert_ok(zt_workspace_create(s->alice.zt, "audited"));
	assert_ok(
	    zt_workspace_share(s->alice.zt, "audited", "bob@test.example", "contributor"));
	w = person_workspace(&s->bob, "audited");
	random_bytes(c1.vlob.b, ID_BYTES);
	forge_file(&one, "what was agreed");
	forge_file(&two, "what was not agreed");
	c1 = (struct forged_change){ .vlob = c1.vlob, .version = 1, .m = &one.m };
	c2 = (struct forged_change){ .vlob = c1.vlob, .version = 1, .m = &two.m };
	forge_changeset(&s->bob, w, &c1, 1, 1, &f1);
	forge_changeset(&s->bob, w, &c2, 1, 1, &f2);
	export_log(&s->alice, &file);
	extra[0] = f1.changeset;
	extra[1] = f2.changeset;
	assert_ok(audit_export(&s->alice, &file, extra, 1, &w->w->id));
	assert_err(ZT_ERR_CORRUPT, audit_export(&s->alice, &file, extra, 2, &w->w->id));
	forged_free(&f1);
	forged_free(&f2);
	buf_free(&file);
}

static void
date_earlier(Zt__ChangesetBody *b, void *ctx)
{
	(void)ctx;
	b->time -= 1000 * 60;
}

static void
F7_an_auditor_refuses_what_claims_to_be_older_than_what_it_builds_on(void **state)
{
	struct scene *s = *state;
	struct workspace *w;
	struct forged_file file;
	struct forged_change c = { .version = 1, .m = &file.m };
	struct forged first, second;
	struct buf log = buf_init(8u << 20), extra[2];

	assert_ok(zt_workspace_create(s->alice.zt, "dated"));
	assert_ok(zt_workspace_share(s->alice.zt, "dated", "bob@test.example", "contributor"));
	w = person_workspace(&s->bob, "dated");
	forge_file(&file, "whatever");
	random_bytes(c.vlob.b, ID_BYTES);
	forge_changeset(&s->bob, w, &c, 1, 1, &first);
	assert_ok(forged_send(&s->bob, w, &first));
	w = person_workspace(&s->bob, "dated");
	random_bytes(c.vlob.b, ID_BYTES);
	forge_changeset(&s->bob, w, &c, 1, 1, &second);
	export_log(&s->alice, &log);
	extra[0] = first.changeset;
	extra[1] = second.changeset;
	assert_ok(audit_export(&s->alice, &log, extra, 2, &w->w->id));
	forged_alter(&s->bob, &second, date_earlier, NULL);
	extra[1] = second.changeset;
	assert_err(ZT_ERR_CORRUPT, audit_export(&s->alice, &log, extra, 2, &w->w->id));
	forged_free(&first);
	forged_free(&second);
	buf_free(&log);
}

/* ---- what is invalid ---- */

/* Signs F's changeset again with another head as seen by its author. */
static void
reseal(struct person *by, struct forged *f, uint64_t size, const struct hash *root)
{
	Zt__PushRequest *m = NULL;
	Zt__ChangesetBody *b = NULL;
	Zt__Statement st;
	struct statement stmt;
	struct buf body = buf_init(4096);
	uint8_t copy[HASH_BYTES];

	assert_ok(pb_decode(&zt__push_request__descriptor, buf_bytes(&f->push), 1u << 22, &m));
	assert_ok(pb_decode(&zt__changeset_body__descriptor,
	    pb_bytes(m->changeset->statement->body), 4096, &b));
	memcpy(copy, root->b, HASH_BYTES);
	b->seen->tree_size = size;
	memcpy(b->seen->root_hash.data, copy, HASH_BYTES);
	assert_ok(statement_sign(by->zt->sign, STATEMENT_CHANGESET, b, &body, &stmt));
	st = statement_message(&stmt);
	{
		Zt__Statement *was = m->changeset->statement;

		m->changeset->statement = &st;
		buf_empty(&f->push);
		buf_empty(&f->changeset);
		assert_ok(pb_encode(m, &f->push));
		assert_ok(pb_encode(m->changeset, &f->changeset));
		m->changeset->statement = was;
	}
	pb_free(b);
	pb_free(m);
	buf_free(&body);
}

/* By a member and a hostile server: it costs that workspace, and not the organization; the
 * member is named, can be shut out, and an owner passes over what they signed. */
static void
P5_a_member_who_names_another_history_freezes_one_workspace_until_it_is_passed_over(
    void **state)
{
	struct scene *s = *state;
	struct late late;
	struct proxy_hooks hooks = { .ctx = &late, .before = inject_end, .after = inject };
	struct hash none;
	struct workspace *w;
	char *path = world_file(s->w, "note", "note", 4);

	assert_ok(zt_workspace_create(s->alice.zt, "frozen"));
	assert_ok(zt_workspace_share(s->alice.zt, "frozen", "bob@test.example", "contributor"));
	w = person_workspace(&s->bob, "frozen");
	forge_late(&s->bob, w, "x", &late.f);
	late.workspace = w->w->id;
	late.position = 1;
	memset(none.b, 7, HASH_BYTES);
	reseal(&s->bob, &late.f, merkle_size(s->bob.zt->state->tree), &none);
	proxy_play(s->w->d, &hooks);
	assert_ok(zt_sync(s->alice.zt));
	assert_ok(workspace_find(s->alice.zt, "frozen", &w));
	assert_err(ZT_ERR_FORK, workspace_sync(w));
	assert_non_null(strstr(zt_error_message(s->alice.zt), "bob@test.example"));
	assert_err(ZT_ERR_FORK, zt_put(s->alice.zt, path, "frozen:/note", NULL, NULL));
	/* whole: what was seen, and what follows */
	assert_err(ZT_ERR_FORK, session_may_write(s->alice.zt, &late.workspace));
	assert_non_null(strstr(zt_error_message(s->alice.zt),
	    "than the server shows here; nothing is written until this history agrees with a "
	    "colleague's head"));
	assert_ok(zt_workspace_create(s->alice.zt, "another"));
	person_put(&s->alice, "elsewhere", "another:/f");
	assert_ok(zt_workspace_unshare(s->alice.zt, "frozen", "bob@test.example"));
	/* Still there, in the hands of a server that is hostile: the owner passes over it. */
	assert_ok(workspace_find(s->alice.zt, "frozen", &w));
	assert_err(ZT_ERR_FORK, workspace_sync(w));
	assert_ok(zt_workspace_void_changeset(s->alice.zt, "frozen", 1));
	assert_ok(workspace_find(s->alice.zt, "frozen", &w));
	assert_ok(workspace_sync(w));
	root_is(&s->alice, "frozen", 1, 0);
	assert_ok(session_thaw(s->alice.zt));
	forged_free(&late.f);
	free(path);
}

struct false_pin {
	struct id workspace;
	Zt__ChainPin pin;
	Zt__KeyRotated m;
};

static enum zt_err
fill_false_pin(struct zt *z, void *ctx, Zt__EntryBody *b)
{
	static uint8_t some[ENVELOPE_WRAP_BYTES];
	struct false_pin *p = ctx;

	zt__key_rotated__init(&p->m);
	zt__chain_pin__init(&p->pin);
	p->m.generation =
	    (uint32_t)org_state_workspace(z->state, &p->workspace)->generation_count + 1;
	p->m.key_commitment = pb_field(some, HASH_BYTES);
	p->m.sealed_name = pb_field(some, sizeof some);
	p->pin.position = 77;
	p->pin.link = pb_field(some, HASH_BYTES);
	p->m.pin = &p->pin;
	b->action_case = ZT__ENTRY_BODY__ACTION_KEY_ROTATED;
	b->key_rotated = &p->m;
	return ZT_OK;
}

/* What a manager and a server did together outlives neither: an owner voids the pin. */
static void
K8_a_place_that_never_was_is_declared_void_by_an_owner(void **state)
{
	struct scene *s = *state;
	struct workspace *w;
	struct false_pin p;
	uint64_t index;

	assert_ok(zt_workspace_create(s->alice.zt, "pinned"));
	person_put(&s->alice, "first", "pinned:/f");
	w = person_workspace(&s->alice, "pinned");
	p.workspace = w->w->id;
	assert_err(ZT_ERR_PROOF,
	    log_append(s->alice.zt, &w->w->id, fill_false_pin, &p)); /* the honest one */
	assert_ok(zt_workspace_rotate(s->alice.zt, "pinned"));
	w = person_workspace(&s->alice, "pinned");
	assert_int_equal(1, w->w->pin_count);
	index = w->w->pins[0].index;
	assert_err(ZT_ERR_NOT_FOUND, zt_workspace_void_pin(s->alice.zt, "pinned", index + 1));
	assert_ok(zt_workspace_void_pin(s->alice.zt, "pinned", index));
	w = person_workspace(&s->alice, "pinned");
	assert_null(org_state_furthest_pin(w->w));
	assert_err(ZT_ERR_NOT_FOUND, zt_workspace_void_pin(s->alice.zt, "pinned", index));
	person_put(&s->alice, "second", "pinned:/g");
}

int
main(void)
{
#define EACH(name) cmocka_unit_test_teardown(name, honest_again)
	const struct CMUnitTest tests[] = {
		EACH(F7_a_contributor_who_was_made_a_reader_writes_nothing_more),
		EACH(
		    F7_what_comes_after_a_revocation_was_heard_of_does_not_count_nor_is_it_pinned),
		EACH(
		    F7_who_had_verified_it_before_the_revocation_was_heard_of_goes_on_counting_it),
		EACH(F7_who_counted_too_much_judges_again_when_the_log_pins_the_chain),
		EACH(P4_no_entry_of_ones_own_topics_is_hidden_under_a_true_head),
		EACH(P4_a_head_that_says_nothing_new_is_written_once_a_minute),
		EACH(P4_a_head_that_is_old_or_goes_back_in_time_is_refused),
		EACH(
		    F6_an_auditor_refuses_two_contents_for_one_version_and_a_workspace_that_comes_twice),
		EACH(F7_an_auditor_refuses_what_claims_to_be_older_than_what_it_builds_on),
		EACH(
		    P5_a_member_who_names_another_history_freezes_one_workspace_until_it_is_passed_over),
		EACH(K8_a_place_that_never_was_is_declared_void_by_an_owner),
	};

	if (suite_init())
		return 1;
	return cmocka_run_group_tests(tests, scene_begin, scene_end);
}
