/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "door/site.h"

#include <fts.h>
#include <libwebsockets.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "door/mark.h"
#include "page/page_file.h"

enum { FILES_MAX = 2000, HEX = MARK_HASH - 1 };
#define MANIFEST "/zt-web.manifest"
#define BYTES_MAX ((size_t)128 * 1024 * 1024)

struct one {
	char *path;     /* "/assets/a.js" */
	bool is_listed; /* in the manifest */
	char hash[MARK_HASH];
	uint8_t *room;
	struct site_file file;
};

struct site {
	struct one all[FILES_MAX];
	size_t count, bytes;
};

/* A line of the manifest: the SHA-256 in hexadecimal digits, two spaces, the name of a file,
 * which is there, with those bytes, and listed once. */
static bool
check_line(struct site *s, const char *line, size_t n)
{
	if (n < HEX + 3 || memcmp(line + HEX, "  ", 2) != 0)
		return false;
	for (size_t i = 0; i < s->count; i++) {
		struct one *o = &s->all[i];
		size_t length = strlen(o->path + 1);
		const char *end = o->file.is_brotli ? ".br" : "";

		if (n != HEX + 2 + length + strlen(end) ||
		    memcmp(line + HEX + 2, o->path + 1, length) != 0 ||
		    memcmp(line + HEX + 2 + length, end, strlen(end)) != 0)
			continue;
		if (o->is_listed || memcmp(o->hash, line, HEX) != 0)
			return false;
		o->is_listed = true;
		return true;
	}
	return false;
}

/* Whether the files are those of the manifest, where there is one: all, and no others. */
static bool
is_as_listed(struct site *s, char *message)
{
	struct site_file f;
	const char *at, *end;
	bool is_good = true;

	if (!site_find(s, MANIFEST, false, &f))
		return true;
	for (at = (const char *)f.bytes, end = at + f.n; is_good && at < end;) {
		const char *line = at, *stop = memchr(at, '\n', (size_t)(end - at));

		at = stop != NULL ? stop + 1 : end;
		is_good = check_line(s, line, (size_t)((stop != NULL ? stop : end) - line));
		if (!is_good)
			(void)snprintf(message, 256,
			    "%.*s: is not the file of the page's manifest",
			    (int)(at - line < 200 ? at - line - 1 : 200), line);
	}
	for (size_t i = 0; is_good && i < s->count; i++) {
		const struct one *o = &s->all[i];

		is_good = o->is_listed || strcmp(o->path, MANIFEST) == 0;
		if (!is_good)
			(void)snprintf(
			    message, 256, "%.200s: is not in the page's manifest", o->path);
	}
	return is_good;
}

/* Reads the N bytes of the file at FROM as PATH. */
static bool
read_file(struct site *s, const char *from, const char *path, size_t n)
{
	struct one *o = &s->all[s->count];
	size_t end = strlen(path);
	FILE *f;

	if (s->count >= FILES_MAX || n > BYTES_MAX - s->bytes ||
	    (f = fopen(from, "re")) == NULL)
		return false;
	*o = (struct one){ .path = strdup(path), .room = malloc(LWS_PRE + n + 1) };
	if (o->path == NULL || o->room == NULL ||
	    fread(o->room + LWS_PRE, 1, n + 1, f) != n) { /* it is as long as it was */
		free(o->path);
		free(o->room);
		*o = (struct one){ .path = NULL };
		(void)fclose(f);
		return false;
	}
	(void)fclose(f);
	s->bytes += n;
	s->count++;
	o->file = (struct site_file){ .bytes = o->room + LWS_PRE, .n = n };
	o->file.is_brotli = end > 3 && strcmp(path + end - 3, ".br") == 0;
	if (o->file.is_brotli)
		o->path[end - 3] = 0;
	o->file.type = page_file_type(o->path);
	mark_hash(o->file.bytes, o->file.n, o->hash);
	o->file.tag[0] = o->file.tag[SITE_TAG - 2] = '"';
	memcpy(o->file.tag + 1, o->hash, SITE_TAG - 3);
	return true;
}

bool
site_read(const char *folder, struct site **out, char *message)
{
	char *paths[] = { (char *)(uintptr_t)folder, NULL };
	struct site *s = calloc(1, sizeof *s);
	FTS *all = fts_open(paths, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, NULL);
	size_t begins = strlen(folder);
	bool is_read = s != NULL && all != NULL;
	FTSENT *e;

	while (begins > 1 && folder[begins - 1] == '/')
		begins--;
	(void)snprintf(message, 256, "%.200s: there is no page", folder);
	while (is_read && (e = fts_read(all)) != NULL) {
		if (e->fts_info != FTS_F)
			continue;
		is_read = read_file(
		    s, e->fts_accpath, e->fts_path + begins, (size_t)e->fts_statp->st_size);
		if (!is_read)
			(void)snprintf(message, 256, "%.200s: cannot be read", e->fts_path);
	}
	if (all != NULL)
		(void)fts_close(all);
	is_read = is_read && s->count > 0 && is_as_listed(s, message);
	if (!is_read) {
		site_free(s);
		return false;
	}
	*out = s;
	return true;
}

void
site_free(struct site *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->count; i++) {
		free(s->all[i].path);
		free(s->all[i].room);
	}
	free(s);
}

bool
site_find(const struct site *s, const char *path, bool takes_brotli, struct site_file *out)
{
	bool found = false;

	if (strcmp(path, "/") == 0)
		path = "/index.html";
	for (size_t i = 0; i < s->count; i++) {
		const struct one *o = &s->all[i];

		if (strcmp(o->path, path) != 0 || (o->file.is_brotli && !takes_brotli))
			continue;
		if (found && !o->file.is_brotli)
			continue; /* the compressed one is smaller */
		*out = o->file;
		found = true;
	}
	return found;
}
