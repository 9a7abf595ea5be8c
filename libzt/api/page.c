/* SPDX-License-Identifier: Apache-2.0 */
/* page.c - the functions of zt/release.h about the page that a server sends. */
#include <errno.h>
#include <stdio.h>

#include "log/enter.h"
#include "release/look.h"
#include "release/manifest.h"
#include "release/verbs.h"
#include "session/session.h"
#include "zt/release.h"

enum zt_err
zt_page_check(struct zt *z, const char *url, struct zt_page *out)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = release_page_check(z, url, out);
	return log_leave(z, err);
}

enum zt_err
zt_page_known(struct zt *z, struct zt_page *newest, struct zt_page *alarm)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = release_page_known(z, newest, alarm);
	return log_leave(z, err);
}

enum zt_err
zt_page_clear(struct zt *z)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = release_page_clear(z);
	return log_leave(z, err);
}

void
zt_watch_page(struct zt *z, const struct zt_page_watch *w)
{
	z->page = w != NULL ? *w : (struct zt_page_watch){ .every_ms = 0 };
}

/* ---- without a device ---- */

bool
zt_page_is_alarm(enum zt_page_state state)
{
	return look_is_alarm(state);
}

enum zt_err
zt_release_of(const char *path, char release[ZT_RELEASE])
{
	struct buf text = buf_init(MANIFEST_BYTES);
	struct manifest m = { .file = NULL };
	FILE *f = fopen(path, "re");
	char part[4096];
	size_t n;
	struct hash h;
	enum zt_err err = f != NULL ? ZT_OK : errno == ENOENT ? ZT_ERR_NOT_FOUND : ZT_ERR_IO;

	while (f != NULL && (n = fread(part, 1, sizeof part, f)) > 0 && buf_err(&text) == ZT_OK)
		buf_add(&text, bytes_of((const uint8_t *)part, n));
	if (f != NULL && ferror(f))
		err = ZT_ERR_IO;
	if (f != NULL)
		(void)fclose(f);
	if (err == ZT_OK && (buf_err(&text) || manifest_read(buf_bytes(&text), &m)))
		err = ZT_ERR_CORRUPT;
	if (err == ZT_OK) {
		hash_file(buf_bytes(&text), &h);
		hex_print(h.b, HASH_BYTES, release);
	}
	manifest_free(&m);
	buf_free(&text);
	return err;
}
