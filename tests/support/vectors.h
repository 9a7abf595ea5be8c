/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* vectors.h - public test vectors: where they are, and their texts as bytes. */
#ifndef ZT_TEST_VECTORS_H
#define ZT_TEST_VECTORS_H

#include <jansson.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/id.h"
#include "crypto/base64.h"

/* TEXT with quotes around integers of 19 digits and more, which jansson's int64 cannot hold. */
static inline void
vectors_quote(const char *text, struct buf *out)
{
	bool in_text = false;

	while (*text != 0) {
		size_t n = in_text ? 0 : strspn(text, "0123456789");

		in_text ^= *text == '"';
		if (n >= 19)
			buf_add_byte(out, '"');
		buf_add(out, bytes_of(text, n > 0 ? n : 1));
		if (n >= 19)
			buf_add_byte(out, '"');
		text += n > 0 ? n : 1;
	}
}

/* The file NAME of the vectors, parsed; NULL, said on standard output, when it is not here. A
 * file that is here and does not parse fails the test. */
static inline json_t *
vectors_load(const char *name)
{
	const char *root = getenv("ZT_VECTORS");
	struct buf raw = buf_init(64 << 20), quoted = buf_init(64 << 20);
	char path[512], chunk[4096];
	json_t *j = NULL;
	size_t n;
	FILE *f;

	(void)snprintf(
	    path, sizeof path, "%s/%s", root != NULL ? root : "../shared/vectors", name);
	if ((f = fopen(path, "rb")) == NULL) {
		printf("skipped: no test vectors at %s\n", path);
		return NULL;
	}
	while ((n = fread(chunk, 1, sizeof chunk, f)) > 0)
		buf_add(&raw, bytes_of(chunk, n));
	(void)fclose(f);
	vectors_quote(buf_text(&raw), &quoted);
	j = json_loads(buf_text(&quoted), 0, NULL);
	assert_non_null(j);
	buf_free(&raw);
	buf_free(&quoted);
	return j;
}

/* The hexadecimal text of KEY in OBJECT, appended to OUT. */
static inline struct bytes
vectors_hex(const json_t *object, const char *key, struct buf *out)
{
	const char *text = json_string_value(json_object_get(object, key));
	size_t n = text != NULL ? strlen(text) / 2 : 0, at = out->n;
	uint8_t *to = buf_room(out, n);

	if (n > 0 && (to == NULL || hex_parse(text, 2 * n, to, n) != ZT_OK))
		abort();
	return bytes_of(out->p + at, n);
}

#endif
