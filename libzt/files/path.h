/* SPDX-License-Identifier: Apache-2.0 */
/* path.h - names and paths of a workspace: the checks, and the syntax WORKSPACE:/a/b. */
#ifndef ZT_FILES_PATH_H
#define ZT_FILES_PATH_H

#include "base/buf.h"
#include "format/limits.h"

/* Whether NAME may name an entry of a folder: 1 to LIMIT_NAME bytes of UTF-8 in normal form C,
 * no
 * "/", no control characters, not "." or "..". On refusal *MESSAGE is a static sentence.
 * Errors: NAME. */
ZT_CHECKED enum zt_err path_name_check(struct bytes name, const char **message);

/* Bytes of a path's text. */
#define PATH_TEXT_MAX (LIMIT_DEPTH_READ * (LIMIT_NAME + 1))

/* A path split into names, which borrow from its text, or from OWN where that has another form:
 * never copied. */
struct path {
	char workspace[LIMIT_NAME + 1];
	struct bytes name[LIMIT_DEPTH_READ];
	size_t count;
	uint8_t own[4 * 1024];
};

/* The workspace of a path, as NAME says it: in normal form C, and at most LIMIT_NAME bytes of
 * that. What else makes no name is not refused: no workspace has it. Errors: TOO_BIG, MEMORY.
 */
ZT_CHECKED enum zt_err path_workspace(
    struct bytes name, struct path *out, const char **message);
/* Reads WORKSPACE:/a/b (the first slash may be missing). Each name is brought to normal form C,
 * as disks may show it in another, and checked. Errors: NAME, TOO_BIG (deeper than
 * LIMIT_DEPTH_READ, or more than OWN holds), INVALID (no colon), MEMORY; OUT is empty then. */
ZT_CHECKED enum zt_err path_parse(const char *text, struct path *out, const char **message);
/* Appends PATH to OUT as a person writes it. Errors: MEMORY, TOO_BIG (OUT's). */
ZT_CHECKED enum zt_err path_print(const struct path *path, struct buf *out);

#endif
