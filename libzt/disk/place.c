/* SPDX-License-Identifier: Apache-2.0 */
#include "disk/place.h"

#include <string.h>

#include "content/fetch.h"
#include "files/path.h"
#include "format/limits.h"
#include "session/session.h"

static enum zt_err place_beside(struct transfer *t, const struct file_writer_place *at,
    const Zt__FileManifest *f, struct file_writer **out);

enum zt_err
place_file(struct transfer *t, const struct file_writer_place *at, const Zt__FileManifest *f,
    struct file_writer **out)
{
	struct file_writer *k = NULL;
	enum zt_err err = file_writer_new(t, at, f, &k);

	*out = NULL;
	if (err == ZT_ERR_EXISTS && t->z->keeps_both && at->beside == NULL)
		return place_beside(t, at, f, out);
	if (err == ZT_ERR_EXISTS) {
		file_writer_refused(t, at->in, at->name, at->shown);
		return ZT_OK;
	}
	if (err)
		return err;
	t->total += f->size;
	if (k == NULL) { /* it is there already */
		t->done += f->size;
		transfer_kept_both(t, at->beside, at->shown);
		return ZT_OK;
	}
	*out = k;
	return ZT_OK;
}

/* "report.odt" beside it is "report (zt).odt". */
static enum zt_err
place_beside(struct transfer *t, const struct file_writer_place *at, const Zt__FileManifest *f,
    struct file_writer **out)
{
	struct file_writer_place beside = *at;
	struct buf name = buf_init(2 * LIMIT_NAME),
		   shown = buf_init(PATH_TEXT_MAX + 2 * LIMIT_NAME);
	const char *dot = strrchr(at->name, '.'), *slash = strrchr(at->shown, '/');
	size_t stem =
	    dot != NULL && dot != at->name ? (size_t)(dot - at->name) : strlen(at->name);
	enum zt_err err;

	buf_printf(&name, "%.*s (zt)%s", (int)stem, at->name, at->name + stem);
	buf_printf(&shown, "%.*s%s", slash != NULL ? (int)(slash + 1 - at->shown) : 0,
	    at->shown, buf_text(&name));
	beside.name = buf_text(&name);
	beside.shown = buf_text(&shown);
	beside.beside = at->shown;
	if ((err = buf_err(&name)) == ZT_OK && (err = buf_err(&shown)) == ZT_OK)
		err = place_file(t, &beside, f, out);
	buf_free(&shown);
	buf_free(&name);
	return err;
}

enum zt_err
place_fetch(struct transfer *t, const Zt__FileManifest *f, struct file_writer **placed)
{
	struct file_writer *k = *placed;
	bool is_there = k->compares && file_writer_is_there(k, f);

	if (k->compares && !is_there && !t->z->overwrites && t->z->keeps_both &&
	    k->beside == NULL)
		return session_may_go_on(t->z);
	*placed = NULL;
	if (!k->compares || (!is_there && t->z->overwrites))
		return fetch_content(t, f, k);
	t->done += f->size;
	if (is_there)
		transfer_kept_both(t, k->beside, k->shown);
	else
		file_writer_refused(t, k->in, k->name, k->shown);
	file_writer_drop(k);
	return session_may_go_on(t->z);
}

enum zt_err
place_again(struct transfer *t, const Zt__FileManifest *f, struct file_writer **placed)
{
	struct file_writer *k = *placed;
	const struct file_writer_place at = { .in = k->in,
		.name = k->name,
		.shown = k->shown,
		.what = k->what,
		.author = k->author };
	enum zt_err err;

	*placed = NULL;
	t->total -= f->size; /* it was counted */
	err = place_beside(t, &at, f, placed);
	file_writer_drop(k);
	return err;
}
