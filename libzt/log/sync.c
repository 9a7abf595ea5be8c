/* SPDX-License-Identifier: Apache-2.0 */
/* sync.c - the trust log as this device verifies it: nothing is believed because a server
 * said it. All leaf hashes are kept, so that any head that a colleague's statement names can be
 * checked here, without asking. */
#include "log/sync.h"

#include <stdio.h>
#include <stdlib.h>

#include "format/limits.h"
#include "format/pb.h"
#include "history/log_reader.h"
#include "log/enter.h"
#include "log/handles.h"
#include "log/user_keys.h"
#include "log/verbs.h"
#include "proto/auth.pb-c.h"
#include "proto/device.pb-c.h"
#include "session/away.h"
#include "session/freeze.h"
#include "session/session.h"
#include "zt/org.h"

/* ---- the stored log ---- */

static enum zt_err
store_line(void *ctx, uint64_t index, const struct log_line *line)
{
	struct store *store = ((struct zt *)ctx)->store;
	Zt__StoredEntry m = ZT__STORED_ENTRY__INIT;
	struct buf b = buf_init(LIMIT_ENTRY + 256);
	enum zt_err err;

	m.index = index;
	if (line->entry != NULL) {
		m.body = pb_field(line->entry->stmt.body.p, line->entry->stmt.body.n);
		m.signature = pb_field(line->entry->stmt.signature, SIGN_BYTES);
	} else {
		m.digest = pb_field(line->digest.b, HASH_BYTES);
		m.tag = pb_field(line->tag.b, HASH_BYTES);
	}
	if ((err = pb_encode(&m, &b)) == ZT_OK)
		err = store_put(store, STORE_LOG, bytes_of(NULL, 0), index, buf_bytes(&b));
	buf_free(&b);
	return err;
}

/* One stored line, verified when it was stored: taken in without its signature. Entries whose
 * predecessors are hidden are stored only together with them. */
static enum zt_err
load_line(void *ctx, struct bytes key, uint64_t n, struct bytes value)
{
	struct org_state *o = ctx;
	Zt__StoredEntry *m = NULL;
	struct statement s;
	struct log_line line = { .entry = NULL };
	enum zt_err err;

	(void)key;
	if ((err = pb_decode(&zt__stored_entry__descriptor, value, LIMIT_ENTRY + 256, &m)))
		goto out;
	err = ZT_ERR_STORE;
	if (n != merkle_size(o->tree))
		goto out;
	if (m->body.len > 0) {
		s.body = pb_bytes(m->body);
		if (m->signature.len != SIGN_BYTES)
			goto out;
		memcpy(s.signature, m->signature.data, SIGN_BYTES);
		if ((err = log_line_shown(&s, &line)) ||
		    (log_is_next(o, line.entry) && (err = org_state_apply(o, line.entry, n))))
			goto out;
	} else if ((err = log_line_hidden(m->digest, m->tag, &line)) ||
		   (err = org_state_hide(o, &line.tag))) {
		goto out;
	}
	err = merkle_add(o->tree, &line.leaf);
out:
	entry_free(line.entry);
	pb_free(m);
	return err;
}

/* A device that knew of the organization only its id knows the rest from the log. */
static enum zt_err
learn(struct zt *z)
{
	char *slug;

	if (!z->root_by_id || !z->state->begun)
		return ZT_OK;
	memcpy(z->root_key, z->state->root_key, sizeof z->root_key);
	if (z->slug != NULL && z->slug[0] != 0)
		return ZT_OK;
	if ((slug = strdup(z->state->slug)) == NULL)
		return ZT_ERR_MEMORY;
	free(z->slug);
	z->slug = slug;
	return ZT_OK;
}

enum zt_err
log_load(struct zt *z)
{
	struct org_state *o = NULL;
	enum zt_err err;

	if ((err = org_state_new(&z->org, &o)) == ZT_OK &&
	    (err = store_each(z->store, STORE_LOG, bytes_of(NULL, 0), 0, load_line, o)) ==
		ZT_OK) {
		if (z->care != NULL)
			z->care->reset(z, o);
		org_state_free(z->state);
		z->state = o;
		o = NULL;
		if ((err = learn(z)) == ZT_OK)
			err = log_take_user_keys(z);
	}
	org_state_free(o);
	return err;
}

/* ---- what the server sends ---- */

struct sync {
	struct log_reader r;
	struct zt *z;
	struct buf head; /* the newest one, as the server signed it */
};

static const char head_key[] = "head";

enum { KEEP_HEAD_MS = 60 * 1000 }; /* between the kept head and one shown */

/* What the reader says, as this device says it. */
static enum zt_err
explain(struct sync *s, enum zt_err err)
{
	const struct log_reader *r = &s->r;

	if (err == ZT_OK || r->message == NULL)
		return err;
	if (err == ZT_ERR_ROLLBACK)
		return session_refuse(s->z, err,
		    "the server shows %llu entries of the trust log, this device has verified "
		    "%llu",
		    (unsigned long long)r->number, (unsigned long long)r->other);
	if (r->is_of_entry)
		return session_refuse(s->z, err, "entry %llu of the trust log: %s",
		    (unsigned long long)r->number, session_translate(s->z, r->message));
	return session_refuse(s->z, err, "%s", session_translate(s->z, r->message));
}

static enum zt_err
fetch_page(struct sync *s, uint64_t from, Zt__LogPage **out)
{
	struct route_params p = { .org = s->r.o->id };
	struct buf answer = buf_init(LIMIT_PAGE);
	char query[40];
	enum zt_err err;

	(void)snprintf(query, sizeof query, "from=%llu", (unsigned long long)from);
	if ((err = session_call(s->z, ROUTE_LOG_READ, &p, query, bytes_of(NULL, 0), &answer)) ==
	    ZT_ERR_ROLLBACK)
		err = session_refuse(s->z, err,
		    "the server's trust log is shorter than this device has verified");
	if (err == ZT_OK)
		err = pb_decode(&zt__log_page__descriptor, buf_bytes(&answer), LIMIT_PAGE, out);
	buf_free(&answer);
	return err;
}

enum zt_err
log_kept_head(struct zt *z, Zt__Statement **out)
{
	struct buf b = buf_init(1024);
	uint64_t size;
	enum zt_err err = store_newest(z->store, STORE_META, bytes_text(head_key), &size, &b);

	if (err == ZT_OK && size > merkle_size(z->state->tree))
		err = ZT_ERR_STORE;
	if (err == ZT_OK)
		err = pb_decode(&zt__statement__descriptor, buf_bytes(&b), 1024, out);
	buf_free(&b);
	return err;
}

/* Entries of workspaces that this device came to see, from the first of each on. */
static enum zt_err
fetch_topics(struct sync *s)
{
	const struct id *topic;
	uint64_t from;
	enum zt_err err = ZT_OK;

	while (err == ZT_OK && (topic = log_reader_wants_topic(&s->r, &from)) != NULL) {
		struct route_params p = { .org = s->r.o->id, .id = *topic };
		struct buf answer = buf_init(LIMIT_PAGE);
		Zt__TopicPage *page = NULL;
		char query[40];

		(void)snprintf(query, sizeof query, "from=%llu", (unsigned long long)from);
		if ((err = session_call(s->z, ROUTE_TOPIC_READ, &p, query, bytes_of(NULL, 0),
			 &answer)) == ZT_OK)
			err = pb_decode(
			    &zt__topic_page__descriptor, buf_bytes(&answer), LIMIT_PAGE, &page);
		if (err == ZT_OK)
			err = explain(s, log_reader_topic(&s->r, topic, page));
		pb_free(page);
		buf_free(&answer);
	}
	return err;
}

/* What the greeter vouched for must be a prefix of what the server shows (J6). */
static enum zt_err
check_vouched(struct sync *s)
{
	if (s->z->vouched_size == 0 ||
	    log_reader_has(&s->r, s->z->vouched_size, &s->z->vouched_root))
		return ZT_OK;
	return session_refuse(
	    s->z, ZT_ERR_FORK, "the server's log is not the one that the greeter had verified");
}

/* Whether the store's head says what H says, of about the same time. */
static bool
is_kept(const struct zt *z, const struct head *h)
{
	return z->kept_time != 0 && z->kept_size == h->size &&
	       h->time < z->kept_time + KEEP_HEAD_MS && z->kept_time < h->time + KEEP_HEAD_MS;
}

/* With the newest head a device proves later that what it brings back was in this very log; one
 * of the same size does as well, so that a call after which nothing is new writes nothing. */
static enum zt_err
keep_head(struct sync *s)
{
	struct bytes key = bytes_text(head_key);
	uint64_t size = merkle_size(s->r.o->tree), kept = 0;
	struct buf b = buf_init(1024);
	enum zt_err err;

	if (is_kept(s->z, &s->r.head))
		return ZT_OK;
	s->z->kept_time = 0; /* until it is committed */
	err = store_newest(s->z->store, STORE_META, key, &kept, &b);
	if (err == ZT_ERR_NOT_FOUND || err == ZT_OK)
		err = store_forget(s->z->store, STORE_META, key);
	if (err == ZT_OK)
		err = store_put(s->z->store, STORE_META, key, size, buf_bytes(&s->head));
	buf_free(&b);
	return err;
}

/* What the store has of the head, as far as it is one that the log key signed. */
static void
look_at_kept(struct sync *s)
{
	struct zt *z = s->z;
	Zt__Statement *m = NULL;
	struct statement st;
	struct head kept;

	if (z->kept_time != 0 || log_kept_head(z, &m))
		return;
	if (statement_of(m, &st) == ZT_OK &&
	    head_check(s->r.o->log_key, &s->r.o->id, &st, &kept) == ZT_OK) {
		z->kept_size = kept.size;
		z->kept_time = kept.time;
	}
	pb_free(m);
}

/* The log key signs the time of each head: an old head means that the server withholds entries
 * (P4). */
static enum zt_err
check_fresh(struct sync *s)
{
	const struct head *h = &s->r.head;
	const struct zt *z = s->z;
	uint64_t now = session_now_ms();

	if (h->time + LIMIT_HEAD_AGE_MS < now)
		return session_refuse(s->z, ZT_ERR_CLOCK,
		    "the server's newest tree head is %llu minutes old by this device's clock: "
		    "one "
		    "of the two clocks is wrong, or the server holds back what is new",
		    (unsigned long long)((now - h->time) / 60000));
	if (s->r.keep == NULL)
		return ZT_OK;
	look_at_kept(s);
	if (z->kept_time != 0 && h->size >= z->kept_size &&
	    h->time + LIMIT_CLOCK_MS < z->kept_time)
		return session_refuse(s->z, ZT_ERR_FORK,
		    "the server's tree head covers more than the last one and bears an earlier "
		    "time");
	return ZT_OK;
}

static enum zt_err
take_page(struct sync *s)
{
	Zt__LogPage *page = NULL;
	enum zt_err err = fetch_page(s, merkle_size(s->r.o->tree), &page);

	if (err == ZT_OK) {
		s->z->marked = page->marked;
		err = explain(s, log_reader_page(&s->r, page));
	}
	if (err == ZT_OK) {
		buf_empty(&s->head);
		err = pb_encode(page->head, &s->head);
	}
	pb_free(page);
	session_progress(s->z, ZT_WORK_VERIFY_LOG, merkle_size(s->r.o->tree), s->r.head.size);
	return err;
}

/* A log that is read from its first entry beside the one that is kept takes long: others may
 * have the device meanwhile. */
static enum zt_err
take_pages(struct sync *s)
{
	enum zt_err err, woken;

	if (s->r.keep == NULL)
		log_rest(s->z);
	do
		err = take_page(s);
	while (err == ZT_OK && log_reader_wants_page(&s->r));
	woken = log_wake(s->z, true);
	return err ? err : woken;
}

static enum zt_err
run(struct sync *s)
{
	enum zt_err err = take_pages(s);

	if (err || (err = check_vouched(s)) || (err = check_fresh(s)) ||
	    (err = fetch_topics(s)) || (err = explain(s, log_reader_end(&s->r))))
		return err;
	return s->r.keep != NULL ? keep_head(s) : ZT_OK;
}

static enum zt_err
may_go_on(void *ctx)
{
	return session_may_go_on(ctx);
}

static struct sync
begin(struct zt *z, struct org_state *o)
{
	return (struct sync){ .z = z,
		.head = buf_init(1024),
		.r = { .o = o,
		    .root_key = z->root_by_id ? NULL : z->root_key,
		    .user = &z->user,
		    .go_on = may_go_on,
		    .ctx = z } };
}

enum zt_err
log_fetch(struct zt *z)
{
	struct sync s = begin(z, z->state);
	enum zt_err err, reload;

	s.r.keep = store_line;
	if ((err = store_begin(z->store)))
		return err;
	if ((err = run(&s)) == ZT_OK)
		err = store_commit(z->store);
	store_rollback(z->store);
	if (err == ZT_OK && z->kept_time == 0) {
		z->kept_size = s.r.head.size;
		z->kept_time = s.r.head.time;
	}
	log_reader_free(&s.r);
	buf_free(&s.head);
	/* Drops what was applied before the refusal: reloads the state verified before. */
	(void)session_note_fork(z, NULL, err);
	if (err && (reload = log_load(z))) {
		z->is_stale = true; /* the next call reloads it (enter.c) */
		return reload;
	}
	if (err == ZT_OK) {
		*store_away(z->store) = 0;
		err = learn(z);
	}
	return err ? err : log_take_user_keys(z);
}

enum zt_err
log_fetch_to_read(struct zt *z)
{
	enum zt_err err;

	if (!(z->read_away = session_is_away(z)) &&
	    ((err = log_fetch(z)) || (err = log_sync_handles(z))) &&
	    !(z->read_away = session_goes_away(z, err)))
		return err;
	return ZT_OK;
}

enum zt_err
log_verify(struct zt *z, uint64_t *entries)
{
	struct sync s = begin(z, NULL);
	struct hash mine;
	uint64_t size = merkle_size(z->state->tree);
	enum zt_err err;

	z->message[0] = 0;
	if ((err = org_state_new(&z->org, &s.r.o)) == ZT_OK && (err = run(&s)) == ZT_OK) {
		/* The same history as the one that this device lives on. */
		if (merkle_size(s.r.o->tree) < size)
			err = session_refuse(
			    z, ZT_ERR_ROLLBACK, "the server's log became shorter");
		else if ((err = merkle_root(z->state->tree, size, &mine)) == ZT_OK &&
			 !log_reader_has(&s.r, size, &mine))
			err = session_refuse(
			    z, ZT_ERR_FORK, "the server shows another history now");
	}
	if (err == ZT_OK)
		*entries = s.r.entries;
	log_reader_free(&s.r);
	buf_free(&s.head);
	org_state_free(s.r.o);
	return session_note_fork(z, NULL, err);
}
