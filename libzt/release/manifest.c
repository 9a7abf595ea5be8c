/* SPDX-License-Identifier: Apache-2.0 */
#include "release/manifest.h"

#include <stdlib.h>

#include "base/wire.h"

enum { HEX = 2 * HASH_BYTES };

/* A relative path of plain letters, without hidden parts: no such name leaves the origin. */
static bool
is_name(const char *name)
{
	size_t n = strlen(name);

	if (n == 0 || n > MANIFEST_PATH || name[0] == '/' || name[0] == '.' ||
	    name[n - 1] == '/' || strstr(name, "//") != NULL || strstr(name, "/.") != NULL)
		return false;
	return strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
			    "._-/") == n;
}

/* The line "HASH  NAME". */
static bool
read_line(const char *line, size_t n, struct manifest_file *out)
{
	*out = (struct manifest_file){ .has_brotli = false };
	if (n < HEX + 3 || n > HEX + 2 + MANIFEST_PATH || memcmp(line + HEX, "  ", 2) != 0 ||
	    hex_parse(line, HEX, out->hash.b, HASH_BYTES) != ZT_OK)
		return false;
	memcpy(out->name, line + HEX + 2, n - HEX - 2);
	return strlen(out->name) == n - HEX - 2 && is_name(out->name);
}

static struct manifest_file *
find(const struct manifest *m, const char *name, size_t n)
{
	for (size_t i = 0; i < m->count; i++)
		if (strncmp(m->file[i].name, name, n) == 0 && m->file[i].name[n] == 0)
			return &m->file[i];
	return NULL;
}

/* Adds F, or notes it as the compressed form of a file that was listed before it. */
static bool
take(struct manifest *m, const struct manifest_file *f)
{
	size_t n = strlen(f->name);
	struct manifest_file *plain;

	if (n > 3 && strcmp(f->name + n - 3, ".br") == 0) {
		plain = find(m, f->name, n - 3);
		if (plain == NULL || plain->has_brotli)
			return false;
		plain->brotli = f->hash;
		plain->has_brotli = true;
		return true;
	}
	if (find(m, f->name, n) != NULL)
		return false;
	m->file[m->count++] = *f;
	return true;
}

enum zt_err
manifest_read(struct bytes text, struct manifest *out)
{
	struct manifest m = { .file = calloc(MANIFEST_FILES, sizeof *m.file) };
	const char *p = (const char *)text.p, *end = p + text.n;
	bool is_good = m.file != NULL;

	if (m.file == NULL)
		return ZT_ERR_MEMORY;
	while (is_good && p < end) {
		const char *line = p, *stop = memchr(p, '\n', (size_t)(end - p));
		struct manifest_file f;

		is_good = stop != NULL && m.count < MANIFEST_FILES &&
			  read_line(line, (size_t)(stop - line), &f) && take(&m, &f);
		p = stop != NULL ? stop + 1 : end;
	}
	if (!is_good || find(&m, "index.html", 10) == NULL) {
		manifest_free(&m);
		return ZT_ERR_CORRUPT;
	}
	*out = m;
	return ZT_OK;
}

void
manifest_free(struct manifest *m)
{
	free(m->file);
	*m = (struct manifest){ .file = NULL };
}
