/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* content.h - what heads say of content: a range of it, its type, and its name. Decides without
 * I/O. */
#ifndef ZT_AGENT_CONTENT_H
#define ZT_AGENT_CONTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum content_range { CONTENT_ALL, CONTENT_PART, CONTENT_OUTSIDE };
/* What the header RANGE (RFC 9110; NULL: none) asks of SIZE bytes: sets *FROM and *END. Several
 * ranges, and what is no range of bytes, ask for all. */
enum content_range content_range(
    const char *range, uint64_t size, uint64_t *from, uint64_t *end);
/* Whether a browser may show what has TYPE without running it: pictures (no SVG), sound, film.
 */
bool content_is_shown(const char *type);
#define CONTENT_DISPOSITION 1024
/* "attachment" by the file name NAME, any bytes, 255 at most. */
void content_disposition(const char *name, char out[CONTENT_DISPOSITION]);

#endif
