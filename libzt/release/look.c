/* SPDX-License-Identifier: Apache-2.0 */
/* look.c - whether an origin serves a release that the organization accepts, and each of its
 * files as that says (docs/decisions/0008-releases.md). */
#include "release/look.h"

#include <stdio.h>

#include "format/limits.h"
#include "port/clock.h"
#include "release/fetch.h"
#include "release/manifest.h"

enum { ALL_MS = 10 * 60 * 1000 };

bool
look_is_alarm(enum zt_page_state state)
{
	return state >= ZT_PAGE_ALTERED && state <= ZT_PAGE_GONE;
}

struct looking {
	struct look *look;
	struct fetch f;
	/* What was sent in the place of the file that is not as listed; else it was not found.
	 */
	struct hash seen;
	bool has_seen, was_missing;
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
alarm_of(struct looking *l, enum zt_page_state state, const char *file)
{
	l->look->page.state = state;
	(void)snprintf(l->look->page.file, sizeof l->look->page.file, "%s", file);
	return ZT_OK;
}

/* Whether NAME, as it is sent to a browser that takes brotli or to one that does not, is A or B
 * (NULL: none). */
static enum zt_err
is_as_listed(struct looking *l, const char *name, bool brotli, const struct hash *a,
    const struct hash *b, bool *is)
{
	struct buf got = buf_init(FETCH_FILE_BYTES);
	struct hash h;
	long status = 0;
	enum zt_err err = fetch_file(&l->f, name, brotli, &got, &status);

	if (err == ZT_ERR_TOO_BIG && l->f.bytes <= FETCH_ALL_BYTES)
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
look_at_file(struct looking *l, const struct manifest_file *m, const char *as)
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
look_at_files(struct looking *l, const struct manifest *m)
{
	enum zt_err err = ZT_OK;

	for (size_t i = 0; err == ZT_OK && i < m->count && !look_is_alarm(l->look->page.state);
	     i++) {
		if ((err = look_at_file(l, &m->file[i], m->file[i].name)) == ZT_OK &&
		    strcmp(m->file[i].name, "index.html") == 0 &&
		    !look_is_alarm(l->look->page.state))
			err = look_at_file(l, &m->file[i], ""); /* what people open */
		l->look->page.files++;
	}
	return err;
}

/* Appends the manifest to TEXT, if there is one. */
static enum zt_err
get_manifest(struct looking *l, struct buf *text, long *status)
{
	enum zt_err err = fetch_file(&l->f, MANIFEST_NAME, false, text, status);

	if (err == ZT_ERR_TOO_BIG && l->f.bytes <= FETCH_ALL_BYTES)
		return ZT_OK; /* it is none, as the reader will find */
	return err;
}

/* Whether the release of TEXT, which is there now, has what was seen under the name of the
 * alarm: the seen file, or none. */
static bool
explains(const struct looking *l, struct bytes text)
{
	struct manifest m = { .file = NULL };
	struct hash h;
	bool is_listed = false, is = false;

	hash_file(text, &h);
	if ((l->look->accepted_count > 0 &&
		!is_among(&h, l->look->accepted, l->look->accepted_count)) ||
	    manifest_read(text, &m) != ZT_OK)
		return false;
	for (size_t i = 0; i < m.count; i++) {
		if (strcmp(m.file[i].name, l->look->page.file) != 0)
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
has_changed(struct looking *l, struct bytes before, bool *has)
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
look_once(struct looking *l, bool *again)
{
	struct zt_page *p = &l->look->page;
	struct buf text = buf_init(MANIFEST_BYTES);
	struct manifest m = { .file = NULL };
	struct hash h;
	long status = 0;
	enum zt_err err;

	p->state = l->look->accepted_count > 0 ? ZT_PAGE_GOOD : ZT_PAGE_UNKNOWN;
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
	if (l->look->accepted_count > 0 &&
	    !is_among(&h, l->look->accepted, l->look->accepted_count)) {
		err = alarm_of(l,
		    is_among(&h, l->look->pinned, l->look->pinned_count) ? ZT_PAGE_OLD
									 : ZT_PAGE_FOREIGN,
		    MANIFEST_NAME);
		goto out;
	}
	if ((err = manifest_read(buf_bytes(&text), &m)) == ZT_ERR_CORRUPT)
		err = alarm_of(l, ZT_PAGE_ALTERED, MANIFEST_NAME);
	else if (err == ZT_OK && (err = look_at_files(l, &m)) == ZT_OK &&
		 look_is_alarm(p->state))
		err = has_changed(l, buf_bytes(&text), again);
	/* An answer that does not come excuses nothing of what was seen. */
	if (look_is_alarm(p->state) && err != ZT_ERR_INTERRUPTED && err != ZT_ERR_MEMORY)
		err = ZT_OK;
out:
	manifest_free(&m);
	buf_free(&text);
	return err;
}

/* The host may take its time to put another release there. */
enum zt_err
look_run(struct look *k)
{
	const struct http_options o = { k->ca_file, k->is_near };
	struct looking l = { .look = k };
	bool again = true;
	enum zt_err err = http_new(&o, &l.f.http);

	l.f.origin = k->origin;
	l.f.stop = k->stop;
	l.f.until_ms = port_steady_ms() + ALL_MS;
	l.f.failure = "";
	for (int tries = 0; err == ZT_OK && again && tries < 3; tries++)
		err = look_once(&l, &again);
	http_free(l.f.http);
	k->failure = l.f.failure;
	return err;
}
