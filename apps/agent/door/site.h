/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* site.h - the page's files, read once at start: only what was read has a name, so that no
 * request names a path. */
#ifndef ZT_AGENT_SITE_H
#define ZT_AGENT_SITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct site;

#define SITE_TAG 35 /* bytes of an ETag, with its quotes and its end */

struct site_file {
	const uint8_t *bytes; /* with LWS_PRE bytes of room before */
	size_t n;
	char tag[SITE_TAG];
	const char *type; /* Content-Type */
	bool is_brotli;
};

/* Reads the regular files of FOLDER, at any depth; follows no link. A file NAME.br is NAME,
 * compressed. Where there is a zt-web.manifest (sha256sum's lines), the files must be exactly
 * those that it lists. MESSAGE (256 bytes) says why not. The caller gives *OUT to site_free. */
bool site_read(const char *folder, struct site **out, char *message);
void site_free(struct site *s);
/* The file at PATH ("/" is "/index.html"), compressed if TAKES_BROTLI and there is such a one.
 * False: there is none. *OUT lives as long as S. */
bool site_find(
    const struct site *s, const char *path, bool takes_brotli, struct site_file *out);

#endif
