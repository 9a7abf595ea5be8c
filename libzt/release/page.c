/* SPDX-License-Identifier: Apache-2.0 */
/* page.c - whether an origin serves a release that the organization accepts, and each of its
 * files as that says (docs/decisions/0008-releases.md). */
#include <stdio.h>

#include "crypto/suite.h"
#include "format/limits.h"
#include "format/pb.h"
#include "log/enter.h"
#include "log/sync.h"
#include "port/clock.h"
#include "proto/device.pb-c.h"
#include "release/fetch.h"
#include "release/manifest.h"
#include "release/verbs.h"
#include "session/session.h"

enum { ALL_MS = 10 * 60 * 1000 };

static bool
is_alarm(enum zt_page_state state)
{
	return state >= ZT_PAGE_ALTERED;
}

/* ---- what is kept ---- */

static const char newest_key[] = "page", alarm_key[] = "page alarm";

static enum zt_err
keep(struct zt *z, const char *key, const struct zt_page *p, bool seen)
{
	Zt__StoredPage m = ZT__STORED_PAGE__INIT;
	struct buf b = buf_init(1024);
	enum zt_err err;

	m.state = (uint32_t)p->state;
	m.origin = (char *)(uintptr_t)p->origin;
	m.manifest = (char *)(uintptr_t)p->release;
	m.file = (char *)(uintptr_t)p->file;
	m.time = p->time;
	m.files = p->files;
	m.seen = seen;
	if ((err = pb_encode(&m, &b)) == ZT_OK)
		err = store_put(z->store, STORE_META, bytes_text(key), 0, buf_bytes(&b));
	buf_free(&b);
	return err;
}

static enum zt_err
kept(struct zt *z, const char *key, struct zt_page *out, bool *seen)
{
	Zt__StoredPage *m = NULL;
	struct buf b = buf_init(1024);
	enum zt_err err = store_get(z->store, STORE_META, bytes_text(key), 0, &b);

	*out = (struct zt_page){ .time = 0 };
	*seen = false;
	if (err == ZT_OK &&
	    (err = pb_decode(&zt__stored_page__descriptor, buf_bytes(&b), 1024, &m)) == ZT_OK) {
		out->state =
		    m->state <= ZT_PAGE_GONE ? (enum zt_page_state)m->state : ZT_PAGE_ALTERED;
		out->time = m->time;
		out->files = m->files;
		(void)snprintf(out->origin, sizeof out->origin, "%s", m->origin);
		(void)snprintf(out->release, sizeof out->release, "%s", m->manifest);
		(void)snprintf(out->file, sizeof out->file, "%s", m->file);
		*seen = m->seen;
	}
	pb_free(m);
	buf_free(&b);
	return err == ZT_ERR_NOT_FOUND ? ZT_OK : err;
}

/* Of the own server: an alarm stays, whatever a later look finds, because who alters the page
 * for a few or for an hour would end it so. */
static enum zt_err
record(struct zt *z, struct zt_page *p)
{
	struct zt_page before, alarm;
	bool seen, ever;
	enum zt_err err = kept(z, newest_key, &before, &seen);

	if (err || (err = kept(z, alarm_key, &alarm, &ever)))
		return err;
	if (p->state == ZT_PAGE_NONE && seen)
		p->state = ZT_PAGE_GONE;
	/* The first alarm is the evidence, until a person has ended it. */
	if ((err = keep(z, newest_key, p, seen || p->state != ZT_PAGE_NONE)) == ZT_OK &&
	    is_alarm(p->state) && !is_alarm(alarm.state))
		err = keep(z, alarm_key, p, false);
	return err;
}

enum zt_err
release_page_known(struct zt *z, struct zt_page *newest, struct zt_page *alarm)
{
	bool seen;
	enum zt_err err;

	z->message[0] = 0;
	err = kept(z, newest_key, newest, &seen);
	return err ? err : kept(z, alarm_key, alarm, &seen);
}

enum zt_err
release_page_clear(struct zt *z)
{
	struct zt_page newest;
	bool seen;
	enum zt_err err;

	z->message[0] = 0;
	if ((err = store_delete(z->store, STORE_META, bytes_text(alarm_key), 0)) &&
	    err != ZT_ERR_NOT_FOUND)
		return err;
	if ((err = kept(z, newest_key, &newest, &seen)) || newest.state != ZT_PAGE_GONE)
		return err;
	return store_delete(z->store, STORE_META, bytes_text(newest_key), 0);
}

/* ---- a look ---- */

struct look {
	struct fetch f;
	struct hash accepted[LIMIT_RELEASES];
	size_t accepted_count;
	const struct hash *pinned; /* a copy of all that ever were */
	size_t pinned_count;
	/* What was sent in the place of the file that is not as listed; else it was not found.
	 */
	struct hash seen;
	bool has_seen, was_missing;
	struct zt_page *out;
};

static bool
is_among(const struct hash *h, const struct hash *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (hash_equal(h, &list[i]))
			return true;
	return false;
}

static enum zt_err
alarm_of(struct look *l, enum zt_page_state state, const char *file)
{
	l->out->state = state;
	(void)snprintf(l->out->file, sizeof l->out->file, "%s", file);
	return ZT_OK;
}

/* Whether NAME, as it is sent to a browser that takes brotli or to one that does not, is A or B
 * (NULL: none). */
static enum zt_err
is_as_listed(struct look *l, const char *name, bool brotli, const struct hash *a,
    const struct hash *b, bool *is)
{
	struct buf got = buf_init(FETCH_FILE);
	struct hash h;
	long status = 0;
	enum zt_err err = fetch_file(&l->f, name, brotli, &got, &status);

	if (err == ZT_ERR_TOO_BIG && l->f.bytes <= FETCH_ALL)
		err = ZT_OK; /* no file of a release is: it is not the listed one */
	else if (err == ZT_OK)
		hash_file(buf_bytes(&got), &h);
	*is = err == ZT_OK && status == 200 && buf_err(&got) == ZT_OK &&
	      (hash_equal(&h, a) || (b != NULL && hash_equal(&h, b)));
	l->was_missing = err == ZT_OK && status == 404;
	l->has_seen = err == ZT_OK && status == 200 && buf_err(&got) == ZT_OK && got.n > 0;
	if (l->has_seen)
		l->seen = h;
	buf_free(&got);
	return err;
}

static enum zt_err
look_at_file(struct look *l, const struct manifest_file *m, const char *as)
{
	bool is = false;
	enum zt_err err = is_as_listed(l, as, false, &m->hash, NULL, &is);

	if (err == ZT_OK && is && m->has_brotli)
		err = is_as_listed(l, as, true, &m->hash, &m->brotli, &is);
	if (err == ZT_OK && !is)
		err = alarm_of(l, ZT_PAGE_ALTERED, m->name);
	return err;
}

static enum zt_err
look_at_files(struct look *l, const struct manifest *m)
{
	enum zt_err err = ZT_OK;

	for (size_t i = 0; err == ZT_OK && i < m->count && !is_alarm(l->out->state); i++) {
		if ((err = look_at_file(l, &m->file[i], m->file[i].name)) == ZT_OK &&
		    strcmp(m->file[i].name, "index.html") == 0 && !is_alarm(l->out->state))
			err = look_at_file(l, &m->file[i], ""); /* what people open */
		l->out->files++;
	}
	return err;
}

/* Appends the manifest to TEXT, if there is one. */
static enum zt_err
get_manifest(struct look *l, struct buf *text, long *status)
{
	enum zt_err err = fetch_file(&l->f, MANIFEST_NAME, false, text, status);

	if (err == ZT_ERR_TOO_BIG && l->f.bytes <= FETCH_ALL)
		return ZT_OK; /* it is none, as the reader will find */
	return err;
}

/* Whether the release of TEXT, which is there now, has what was seen under the name of the
 * alarm: the seen file, or none. */
static bool
explains(const struct look *l, struct bytes text)
{
	struct manifest m = { .file = NULL };
	struct hash h;
	bool is_listed = false, is = false;

	hash_file(text, &h);
	if ((l->accepted_count > 0 && !is_among(&h, l->accepted, l->accepted_count)) ||
	    manifest_read(text, &m) != ZT_OK)
		return false;
	for (size_t i = 0; i < m.count; i++) {
		if (strcmp(m.file[i].name, l->out->file) != 0)
			continue;
		is_listed = true;
		is = l->has_seen &&
		     (hash_equal(&l->seen, &m.file[i].hash) ||
			 (m.file[i].has_brotli && hash_equal(&l->seen, &m.file[i].brotli)));
	}
	manifest_free(&m);
	return is || (!is_listed && l->was_missing);
}

/* Whether another release was put there during the look, which is no alarm: the host may not
 * take back what it sent by naming any other release. */
static enum zt_err
has_changed(struct look *l, struct bytes before, bool *has)
{
	struct buf text = buf_init(MANIFEST_BYTES);
	long status = 0;
	enum zt_err err = get_manifest(l, &text, &status);

	*has = err == ZT_OK && status == 200 && buf_err(&text) == ZT_OK &&
	       !bytes_equal(buf_bytes(&text), before) && explains(l, buf_bytes(&text));
	buf_free(&text);
	return err;
}

static enum zt_err
look_once(struct look *l, bool *again)
{
	struct zt_page *p = l->out;
	struct buf text = buf_init(MANIFEST_BYTES);
	struct manifest m = { .file = NULL };
	struct hash h;
	long status = 0;
	enum zt_err err;

	p->state = l->accepted_count > 0 ? ZT_PAGE_GOOD : ZT_PAGE_UNKNOWN;
	p->files = 0;
	p->file[0] = 0;
	*again = false;
	if ((err = get_manifest(l, &text, &status)))
		goto out;
	if (status != 200) { /* not found, another version of the protocol, somewhere else */
		p->state = ZT_PAGE_NONE;
		goto out;
	}
	hash_file(buf_bytes(&text), &h);
	hex_print(h.b, HASH_BYTES, p->release);
	if (l->accepted_count > 0 && !is_among(&h, l->accepted, l->accepted_count)) {
		err = alarm_of(l,
		    is_among(&h, l->pinned, l->pinned_count) ? ZT_PAGE_OLD : ZT_PAGE_FOREIGN,
		    MANIFEST_NAME);
		goto out;
	}
	if ((err = manifest_read(buf_bytes(&text), &m)) == ZT_ERR_CORRUPT)
		err = alarm_of(l, ZT_PAGE_ALTERED, MANIFEST_NAME);
	else if (err == ZT_OK && (err = look_at_files(l, &m)) == ZT_OK && is_alarm(p->state))
		err = has_changed(l, buf_bytes(&text), again);
	/* An answer that does not come excuses nothing of what was seen. */
	if (is_alarm(p->state) && err != ZT_ERR_INTERRUPTED && err != ZT_ERR_MEMORY)
		err = ZT_OK;
out:
	manifest_free(&m);
	buf_free(&text);
	return err;
}

/* The host may take its time to put another release there. */
static enum zt_err
look(struct zt *z, struct look *l, bool is_near)
{
	const struct http_options o = { z->ca_file, is_near };
	bool again = true;
	enum zt_err err = http_new(&o, &l->f.http);

	l->f.stop = z->stop;
	l->f.until_ms = port_steady_ms() + ALL_MS;
	l->f.failure = "";
	for (int tries = 0; err == ZT_OK && again && tries < 3; tries++)
		err = look_once(l, &again);
	http_free(l->f.http);
	if (err == ZT_ERR_INTERRUPTED)
		return session_interrupted(z);
	if (err)
		return session_refuse(z, err, "the page at %.120s could not be looked at: %s",
		    l->f.origin,
		    l->f.failure[0] != 0 ? l->f.failure : session_translate(z, err_text(err)));
	return ZT_OK;
}

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

enum zt_err
release_page_check(struct zt *z, const char *url, struct zt_page *out)
{
	struct zt_page p = { .state = ZT_PAGE_NONE };
	struct look l = { .out = &p };
	struct buf pinned = buf_init(SIZE_MAX / 2);
	bool is_near = false;
	enum zt_err err, woken;

	z->message[0] = 0;
	if ((err = read_origin(z, url != NULL ? url : z->server, p.origin, &is_near)) ||
	    (err = log_fetch(z)))
		return err;
	memcpy(l.accepted, z->state->releases, z->state->release_count * sizeof l.accepted[0]);
	l.accepted_count = z->state->release_count;
	buf_add(&pinned, bytes_of((const uint8_t *)z->state->pinned,
			     z->state->pinned_count * sizeof *l.pinned));
	if ((err = buf_err(&pinned)) == ZT_OK) {
		l.pinned = (const struct hash *)pinned.p;
		l.pinned_count = z->state->pinned_count;
		l.f.origin = p.origin;
		p.time = session_now_ms();
		log_rest(z);
		err = look(z, &l, is_near);
		woken = log_wake(z, true);
		err = err ? err : woken;
	}
	buf_free(&pinned);
	if (err == ZT_OK && url == NULL)
		err = record(z, &p);
	if (err == ZT_OK)
		*out = p;
	return err;
}

/* ---- now and then ---- */

/* Each moment is as likely as any other: who watches this device learns nothing of the next. */
void
release_watch(struct zt *z, uint64_t since_ms)
{
	struct zt_page p;
	uint64_t chance;
	enum zt_err err;

	random_bytes(&chance, sizeof chance);
	if (z->page.every_ms == 0 || chance % z->page.every_ms >= since_ms ||
	    log_wake(z, false) != ZT_OK)
		return;
	err = release_page_check(z, NULL, &p);
	log_rest(z);
	z->message[0] = 0;
	if (err == ZT_OK && is_alarm(p.state))
		z->page.alarm(z->page.ctx, &p);
}
