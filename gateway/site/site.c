/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "site/site.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "page/page_file.h"

enum { FILES_MAX = 2000, NAME_MAX_BYTES = 200, HASH_TEXT = 64 };
#define MANIFEST_MAX ((size_t)1024 * 1024)
#define BYTES_MAX ((size_t)128 * 1024 * 1024)

struct one {
	char path[NAME_MAX_BYTES + 2]; /* "/assets/a.js" */
	uint8_t *room;
	struct site_file file;
};

struct site {
	size_t count, bytes;
	struct one all[FILES_MAX];
};

/* A relative path of plain letters, without hidden parts: "a/b.js". */
static bool
is_name(const char *name)
{
	size_t n = strlen(name);

	if (n == 0 || n > NAME_MAX_BYTES || name[0] == '/' || name[0] == '.' ||
	    name[n - 1] == '/' || strstr(name, "//") != NULL || strstr(name, "/.") != NULL)
		return false;
	return strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
			    "._-/") == n;
}

/* Reads the regular file NAME below FOLDER, at most MAX bytes, into *ROOM with LWS_PRE bytes
 * before them. */
static bool
read_file(int folder, const char *name, size_t max, uint8_t **room, size_t *n)
{
	int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	uint8_t *p = NULL;
	struct stat st;
	size_t got = 0;
	ssize_t some = 1;

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size >= 0 &&
	    (uint64_t)st.st_size <= max)
		p = malloc(LWS_PRE + (size_t)st.st_size + 1);
	while (p != NULL && some > 0 && got < (size_t)st.st_size + 1) {
		some = read(fd, p + LWS_PRE + got, (size_t)st.st_size + 1 - got);
		got += some > 0 ? (size_t)some : 0;
	}
	if (fd >= 0)
		(void)close(fd);
	if (p == NULL || some < 0 || got != (size_t)st.st_size) { /* it is as long as it was */
		free(p);
		return false;
	}
	p[LWS_PRE + got] = 0;
	*room = p;
	*n = got;
	return true;
}

/* Takes ROOM, with N bytes of the file NAME, whose hash is HEX. */
static void
add(struct site *s, const char *name, const char *hex, uint8_t *room, size_t n)
{
	struct one *o = &s->all[s->count++];
	size_t end = strlen(name);

	(void)snprintf(o->path, sizeof o->path, "/%s", name);
	o->room = room;
	o->file.body = bytes_of(room + LWS_PRE, n);
	o->file.is_brotli = end > 3 && strcmp(name + end - 3, ".br") == 0;
	if (o->file.is_brotli)
		o->path[1 + end - 3] = 0;
	o->file.type = page_file_type(o->path);
	(void)snprintf(o->file.tag, sizeof o->file.tag, "\"%s\"", hex);
	s->bytes += n;
}

static void
hash_text(const uint8_t *p, size_t n, char hex[HASH_TEXT + 1])
{
	uint8_t hash[crypto_hash_sha256_BYTES];

	(void)crypto_hash_sha256(hash, p, n);
	sodium_bin2hex(hex, HASH_TEXT + 1, hash, sizeof hash);
}

/* The line "HASH  NAME" of the manifest. */
static bool
read_line(struct site *s, int folder, char *line, char message[200])
{
	char *name = line + HASH_TEXT + 2, hex[HASH_TEXT + 1];
	uint8_t *room;
	size_t n;

	if (strlen(line) < HASH_TEXT + 3 || strncmp(line + HASH_TEXT, "  ", 2) != 0 ||
	    !is_name(name) || s->count + 1 >= FILES_MAX) {
		(void)snprintf(
		    message, 200, "web: %s: not a line of it: %.100s", SITE_MANIFEST, line);
		return false;
	}
	line[HASH_TEXT] = 0;
	if (!read_file(folder, name, BYTES_MAX - s->bytes, &room, &n)) {
		(void)snprintf(message, 200, "web: cannot read %.100s", name);
		return false;
	}
	hash_text(room + LWS_PRE, n, hex);
	if (strcmp(hex, line) != 0) {
		free(room);
		(void)snprintf(
		    message, 200, "web: %.100s is not as %s says", name, SITE_MANIFEST);
		return false;
	}
	add(s, name, hex, room, n);
	return true;
}

/* Reads the files that the manifest in ROOM names, and adds it. */
static bool
read_files(struct site *s, int folder, uint8_t *room, size_t n, char message[200])
{
	char *text = (char *)room + LWS_PRE, *line, *save = NULL, hex[HASH_TEXT + 1];
	char *copy = strdup(text);
	bool is_read = copy != NULL && strlen(text) == n;

	for (line = is_read ? strtok_r(copy, "\n", &save) : NULL; line != NULL && is_read;
	     line = strtok_r(NULL, "\n", &save))
		is_read = read_line(s, folder, line, message);
	free(copy);
	if (!is_read) {
		free(room);
		return false;
	}
	hash_text(room + LWS_PRE, n, hex);
	add(s, SITE_MANIFEST, hex, room, n);
	return true;
}

enum zt_err
site_read(const char *folder, struct site **out, char message[200])
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct site *s = calloc(1, sizeof *s);
	uint8_t *room;
	size_t n;
	bool is_read = false;

	(void)snprintf(message, 200, "web: there is no %s in %.100s", SITE_MANIFEST, folder);
	if (s != NULL && fd >= 0 && read_file(fd, SITE_MANIFEST, MANIFEST_MAX, &room, &n))
		is_read = read_files(s, fd, room, n, message);
	if (fd >= 0)
		(void)close(fd);
	if (is_read && site_find(s, "/", NULL) == NULL) {
		(void)snprintf(message, 200, "web: there is no index.html in %.100s", folder);
		is_read = false;
	}
	if (!is_read) {
		enum zt_err err = s == NULL ? ZT_ERR_MEMORY : ZT_ERR_CONFIG;

		site_free(s);
		return err;
	}
	message[0] = 0;
	*out = s;
	return ZT_OK;
}

void
site_free(struct site *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->count; i++)
		free(s->all[i].room);
	free(s);
}

const struct site_file *
site_find(const struct site *s, const char *path, const char *accepts)
{
	const struct site_file *found = NULL;
	bool brotli = page_file_takes_brotli(accepts);

	if (strcmp(path, "/") == 0)
		path = "/index.html";
	for (size_t i = 0; s != NULL && i < s->count; i++) {
		const struct one *o = &s->all[i];

		if (strcmp(o->path, path) == 0 && (o->file.is_brotli ? brotli : found == NULL))
			found = &o->file; /* the compressed one is smaller */
	}
	return found;
}

const struct lws_protocol_vhost_options *
site_headers(void)
{
	static const struct lws_protocol_vhost_options rows[] = {
		{ .next = &rows[1],
		    .name = "content-security-policy:",
		    .value = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; "
			     "style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; "
			     "connect-src 'self'; worker-src 'self'; manifest-src 'self'; "
			     "frame-ancestors 'none'; base-uri 'none'; form-action 'none'; "
			     "require-trusted-types-for 'script'" },
		{ .next = &rows[2],
		    .name = "cross-origin-opener-policy:",
		    .value = "same-origin" },
		{ .next = &rows[3],
		    .name = "cross-origin-embedder-policy:",
		    .value = "require-corp" },
		{ .next = &rows[4],
		    .name = "cross-origin-resource-policy:",
		    .value = "same-origin" },
		{ .next = &rows[5], .name = "x-content-type-options:", .value = "nosniff" },
		{ .next = &rows[6], .name = "x-frame-options:", .value = "DENY" },
		{ .next = &rows[7], .name = "referrer-policy:", .value = "no-referrer" },
		{ .name = "permissions-policy:",
		    .value =
			"accelerometer=(), autoplay=(self), camera=(self), "
			"clipboard-read=(), clipboard-write=(self), display-capture=(), "
			"fullscreen=(self), geolocation=(), gyroscope=(), magnetometer=(), "
			"microphone=(), midi=(), payment=(), usb=()" },
	};

	return rows;
}
