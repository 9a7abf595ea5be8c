/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* expect.c - see expect.h. */
#include "expect.h"

#include <stdio.h>

#include "test.h"
#include "tree/tree.h"

static void
add_name(void *ctx, const struct zt_file *f)
{
	buf_printf(ctx, "%s%s ", f->path, f->is_folder ? "/" : "");
}

void
expect_list_err(struct person *p, const char *remote, const char *wanted, enum zt_err err)
{
	struct buf names = buf_init(4096);

	assert_err(err, zt_ls(p->zt, remote, true, true, add_name, &names));
	assert_string_equal(wanted, buf_text(&names));
	buf_free(&names);
}

void
expect_list(struct person *p, const char *remote, const char *wanted)
{
	expect_list_err(p, remote, wanted, ZT_OK);
}

void
expect_list_at(struct person *p, const char *remote, uint64_t time, const char *wanted)
{
	struct buf names = buf_init(4096);

	assert_ok(zt_ls_at(p->zt, remote, time, true, false, add_name, &names));
	assert_string_equal(wanted, buf_text(&names));
	buf_free(&names);
}

void
expect_content(struct person *p, const char *remote, const char *wanted)
{
	char got[256] = "", path[128];
	FILE *f;

	(void)snprintf(path, sizeof path, "%s/got", p->w->state);
	assert_non_null(f = fopen(path, "we+"));
	assert_ok(zt_cat(p->zt, remote, 0, fileno(f)));
	rewind(f);
	(void)!fread(got, 1, sizeof got - 1, f);
	(void)fclose(f);
	assert_string_equal(wanted, got);
}

struct id
person_vlob(struct person *p, const char *remote)
{
	struct tree_entry at;
	struct workspace *w;
	struct path path;

	assert_ok(tree_open(p->zt, remote, &w, &path));
	assert_ok(tree_find(w, &path, path.count, &at));
	return at.vlob;
}

enum zt_err
person_get(struct person *p, const char *remote, struct buf *out)
{
	static unsigned next;
	char local[128];
	uint8_t chunk[65536];
	size_t n;
	FILE *f;
	enum zt_err err;

	(void)snprintf(local, sizeof local, "%s/got-%u", p->w->state, next++);
	err = zt_get(p->zt, remote, local, NULL, NULL);
	f = fopen(local, "re");
	assert_true((f != NULL) == (err == ZT_OK)); /* whole, or not at all */
	buf_empty(out);
	while (f != NULL && (n = fread(chunk, 1, sizeof chunk, f)) > 0)
		buf_add(out, bytes_of(chunk, n));
	if (f != NULL)
		(void)fclose(f);
	return err;
}

void
expect_got(struct person *p, const char *remote, const char *wanted)
{
	struct buf b = buf_init(4 << 20);

	assert_ok(person_get(p, remote, &b));
	assert_string_equal(wanted, buf_text(&b));
	buf_free(&b);
}

void
expect_refusal(struct person *p, const char *remote, enum zt_err wanted)
{
	struct buf b = buf_init(4 << 20);
	enum zt_err err = person_get(p, remote, &b);

	assert_err(wanted, err);
	assert_true(strlen(zt_error_message(p->zt)) > 10);
	buf_free(&b);
}
