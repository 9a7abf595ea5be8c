/* SPDX-License-Identifier: Apache-2.0 */
/* page.c - looks at the page of a device's server: what they found is kept, and an alarm until
 * a person ends it; one is made now and then beside a watch, on a thread, so that a server that
 * is slow with its page delays nothing else. */
#include <stdio.h>
#include <stdlib.h>

#include "crypto/suite.h"
#include "format/limits.h"
#include "format/pb.h"
#include "log/enter.h"
#include "log/sync.h"
#include "port/pool.h"
#include "proto/device.pb-c.h"
#include "release/look.h"
#include "release/verbs.h"
#include "session/session.h"

/* A server that answers, and hides its page with errors, has trouble; until this. */
enum { FAILURES = 3 };
#define FAILING_MS (24ull * 3600 * 1000)

/* ---- what is kept ---- */

static const char newest_key[] = "page", alarm_key[] = "page alarm";

struct known {
	struct zt_page page;
	bool seen;         /* there was a page once */
	uint64_t failing;  /* since when looks have failed; 0: the newest did not */
	uint32_t failures; /* and how many */
};

static enum zt_err
keep(struct zt *z, const char *key, const struct known *k)
{
	const struct zt_page *p = &k->page;
	Zt__StoredPage m = ZT__STORED_PAGE__INIT;
	struct buf b = buf_init(1024);
	enum zt_err err;

	m.state = (uint32_t)p->state;
	m.origin = (char *)(uintptr_t)p->origin;
	m.manifest = (char *)(uintptr_t)p->release;
	m.file = (char *)(uintptr_t)p->file;
	m.time = p->time;
	m.files = p->files;
	m.seen = k->seen;
	m.failing = k->failing;
	m.failures = k->failures;
	if ((err = pb_encode(&m, &b)) == ZT_OK)
		err = store_put(z->store, STORE_META, bytes_text(key), 0, buf_bytes(&b));
	buf_free(&b);
	return err;
}

static enum zt_err
kept(struct zt *z, const char *key, struct known *out)
{
	Zt__StoredPage *m = NULL;
	struct buf b = buf_init(1024);
	enum zt_err err = store_get(z->store, STORE_META, bytes_text(key), 0, &b);

	*out = (struct known){ .seen = false };
	if (err == ZT_OK &&
	    (err = pb_decode(&zt__stored_page__descriptor, buf_bytes(&b), 1024, &m)) == ZT_OK) {
		struct zt_page *p = &out->page;

		p->state =
		    m->state <= ZT_PAGE_UNSEEN ? (enum zt_page_state)m->state : ZT_PAGE_ALTERED;
		p->time = m->time;
		p->files = m->files;
		(void)snprintf(p->origin, sizeof p->origin, "%s", m->origin);
		(void)snprintf(p->release, sizeof p->release, "%s", m->manifest);
		(void)snprintf(p->file, sizeof p->file, "%s", m->file);
		out->seen = m->seen;
		out->failing = m->failing;
		out->failures = m->failures;
	}
	pb_free(m);
	buf_free(&b);
	return err == ZT_ERR_NOT_FOUND ? ZT_OK : err;
}

/* P is the newest look. An alarm stays, whatever a later one finds, because who alters the page
 * for a few or for an hour would end it so. The first alarm is the evidence, until a person has
 * ended it. */
static enum zt_err
record(struct zt *z, const struct known *k)
{
	struct known alarm;
	enum zt_err err = kept(z, alarm_key, &alarm);

	if (err == ZT_OK && (err = keep(z, newest_key, k)) == ZT_OK &&
	    look_is_alarm(k->page.state) && !look_is_alarm(alarm.page.state))
		err = keep(z, alarm_key, k);
	return err;
}

static enum zt_err
record_found(struct zt *z, struct zt_page *p)
{
	struct known k;
	enum zt_err err = kept(z, newest_key, &k);

	if (p->state == ZT_PAGE_NONE && k.seen)
		p->state = ZT_PAGE_GONE;
	k = (struct known){ .page = *p, .seen = k.seen || p->state != ZT_PAGE_NONE };
	return err ? err : record(z, &k);
}

/* The look failed, of a server that has just answered this device. A page that should be there,
 * and cannot be fetched for a day, is hidden: then P is that. EXPECTED: releases are accepted.
 */
static enum zt_err
record_failed(struct zt *z, struct zt_page *p, bool expected)
{
	struct known k;
	enum zt_err err = kept(z, newest_key, &k);
	uint64_t since = k.failing != 0 && k.failing <= p->time ? k.failing : p->time;

	p->state = ZT_PAGE_UNSEEN;
	p->release[0] = p->file[0] = 0;
	p->files = 0;
	k.failing = since;
	k.failures++;
	if ((k.seen || expected) && k.failures >= FAILURES && p->time - since >= FAILING_MS)
		p->state = ZT_PAGE_GONE;
	k.page = *p;
	return err ? err : record(z, &k);
}

enum zt_err
release_page_known(struct zt *z, struct zt_page *newest, struct zt_page *alarm)
{
	struct known a, b;
	enum zt_err err;

	z->message[0] = 0;
	if ((err = kept(z, newest_key, &a)) || (err = kept(z, alarm_key, &b)))
		return err;
	*newest = a.page;
	*alarm = b.page;
	return ZT_OK;
}

enum zt_err
release_page_clear(struct zt *z)
{
	struct known newest;
	enum zt_err err;

	z->message[0] = 0;
	if ((err = store_delete(z->store, STORE_META, bytes_text(alarm_key), 0)) &&
	    err != ZT_ERR_NOT_FOUND)
		return err;
	if ((err = kept(z, newest_key, &newest)) || newest.page.state != ZT_PAGE_GONE)
		return err;
	return store_delete(z->store, STORE_META, bytes_text(newest_key), 0);
}

/* ---- a look ---- */

/* A look, and copies of what it needs: others may change the device meanwhile. */
struct release_look {
	struct pool_job job; /* first */
	struct pool *pool;   /* NULL: the caller's thread */
	int stop;            /* of a look on a thread */
	bool is_done;
	struct hash accepted[LIMIT_RELEASES];
	struct buf pinned;
	struct look look;
	enum zt_err err;
};

static enum zt_err
read_origin(struct zt *z, const char *url, char out[256], bool *is_near)
{
	size_t n = strlen(url);
	enum zt_err err = calls_check_server(url, z->in_clear, is_near);

	if (err == ZT_ERR_CLEAR)
		return session_refuse(z, err, "%.150s would be fetched in clear", url);
	if (err || n > 255)
		return session_refuse(z, ZT_ERR_INVALID,
		    "%.150s is no origin of a page: https://NAME, and nothing behind", url);
	(void)snprintf(out, 256, "%.*s", (int)(n - (url[n - 1] == '/')), url);
	return ZT_OK;
}

/* A look at URL's page, or at the own server's. */
static enum zt_err
look_begin(struct zt *z, const char *url, struct release_look *k)
{
	struct look *l = &k->look;
	enum zt_err err;

	*k = (struct release_look){ .pinned = buf_init(SIZE_MAX / 2) };
	if ((err = read_origin(
		 z, url != NULL ? url : z->server, l->page.origin, &l->is_near)) ||
	    (err = log_fetch(z)))
		return err;
	memcpy(k->accepted, z->state->releases, z->state->release_count * sizeof *k->accepted);
	buf_add(&k->pinned, bytes_of((const uint8_t *)z->state->pinned,
				z->state->pinned_count * sizeof *l->pinned));
	l->origin = l->page.origin;
	l->ca_file = z->ca_file;
	l->stop = z->stop;
	l->accepted = k->accepted;
	l->accepted_count = z->state->release_count;
	l->pinned = (const struct hash *)k->pinned.p;
	l->pinned_count = z->state->pinned_count;
	l->page.time = session_now_ms();
	return buf_err(&k->pinned);
}

static enum zt_err
say_why(struct zt *z, const struct release_look *k)
{
	const struct look *l = &k->look;

	if (k->err == ZT_ERR_INTERRUPTED)
		return session_interrupted(z);
	return session_refuse(z, k->err, "the page at %.120s could not be looked at: %s",
	    l->origin,
	    l->failure[0] != 0 ? l->failure : session_translate(z, err_text(k->err)));
}

/* Keeps what K found at the own server; an alarm where it failed too often ends its error. */
static enum zt_err
look_end(struct zt *z, struct release_look *k)
{
	struct zt_page *p = &k->look.page;
	enum zt_err err;

	if (k->err == ZT_OK)
		return record_found(z, p);
	if (k->err == ZT_ERR_INTERRUPTED || k->err == ZT_ERR_MEMORY)
		return ZT_OK;
	if ((err = record_failed(z, p, k->look.accepted_count > 0)) == ZT_OK &&
	    look_is_alarm(p->state))
		k->err = ZT_OK;
	return err;
}

enum zt_err
release_page_check(struct zt *z, const char *url, struct zt_page *out)
{
	struct release_look k;
	enum zt_err err, woken;

	z->message[0] = 0;
	if ((err = look_begin(z, url, &k)))
		goto out;
	log_rest(z);
	k.err = look_run(&k.look);
	woken = log_wake(z, true);
	if ((err = woken) == ZT_OK && url == NULL)
		err = look_end(z, &k);
	if (err == ZT_OK && k.err)
		err = say_why(z, &k);
	if (err == ZT_OK)
		*out = k.look.page;
out:
	buf_free(&k.pinned);
	return err;
}

/* ---- now and then ---- */

static void
run(struct pool_job *job)
{
	struct release_look *k = (struct release_look *)job;

	k->err = look_run(&k->look);
}

/* The loop asks by itself. */
static void
no_wake(void *ctx)
{
	(void)ctx;
}

void
release_watch_end(struct release_look *k)
{
	if (k == NULL)
		return;
	__atomic_store_n(&k->stop, 1, __ATOMIC_RELEASE);
	pool_free(k->pool);
	buf_free(&k->pinned);
	free(k);
}

static enum zt_err
start(struct zt *z, struct release_look **out)
{
	struct release_look *k = malloc(sizeof *k);
	enum zt_err err = ZT_ERR_MEMORY;

	if (k == NULL)
		return err;
	if ((err = look_begin(z, NULL, k)) == ZT_OK &&
	    (err = pool_new(no_wake, NULL, &k->pool)) == ZT_OK) {
		k->look.stop = &k->stop;
		k->job.work = run;
		pool_submit(k->pool, &k->job);
		*out = k;
		return ZT_OK;
	}
	release_watch_end(k);
	return err;
}

/* Keeps what the look *SLOT found, once it is done, and ends it; while somebody else has the
 * device, another time. */
static void
finish(struct zt *z, struct release_look **slot)
{
	struct release_look *k = *slot;
	enum zt_err err;

	if (!k->is_done)
		k->is_done = pool_done(k->pool) != NULL;
	if (!k->is_done || log_wake(z, false) != ZT_OK)
		return;
	err = look_end(z, k);
	log_rest(z);
	z->message[0] = 0;
	if (err == ZT_OK && k->err == ZT_OK && look_is_alarm(k->look.page.state))
		z->page.alarm(z->page.ctx, &k->look.page);
	*slot = NULL;
	release_watch_end(k);
}

/* Each moment is as likely as any other: who watches this device learns nothing of the next. */
void
release_watch(struct zt *z, uint64_t since_ms, struct release_look **slot)
{
	uint64_t chance;

	if (*slot != NULL) {
		finish(z, slot);
		return;
	}
	random_bytes(&chance, sizeof chance);
	if (z->page.every_ms == 0 || chance % z->page.every_ms >= since_ms ||
	    log_wake(z, false) != ZT_OK)
		return;
	(void)!(int)start(z, slot);
	log_rest(z);
	z->message[0] = 0;
}
