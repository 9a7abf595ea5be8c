#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <utf8proc.h>

/* One character from P: its length in bytes, 0 when invalid. */
static size_t
next(struct bytes text, utf8proc_int32_t *c)
{
	utf8proc_ssize_t n = utf8proc_iterate(text.p, (utf8proc_ssize_t)text.n, c);

	return n > 0 && *c >= 0 ? (size_t)n : 0;
}

static bool
is_unseen(utf8proc_int32_t c)
{
	const unsigned mask =
	    1u << UTF8PROC_CATEGORY_CC | /* controls: escapes of a terminal */
	    1u << UTF8PROC_CATEGORY_CF | /* format: changes of direction, zero-width joiners */
	    1u << UTF8PROC_CATEGORY_CS | 1u << UTF8PROC_CATEGORY_CO |
	    1u << UTF8PROC_CATEGORY_CN | 1u << UTF8PROC_CATEGORY_ZL |
	    1u << UTF8PROC_CATEGORY_ZP;

	/* fillers and variation selectors are letters and marks, and just as little seen */
	return (mask >> (unsigned)utf8proc_category(c) & 1) != 0 ||
	       utf8proc_get_property(c)->ignorable;
}

bool
utf8_valid(struct bytes text)
{
	utf8proc_int32_t c;
	size_t n;

	for (; text.n > 0; text.p += n, text.n -= n)
		if ((n = next(text, &c)) == 0)
			return false;
	return true;
}

bool
utf8_has_control(struct bytes text)
{
	utf8proc_int32_t c;
	size_t n;

	for (; (n = next(text, &c)) > 0; text.p += n, text.n -= n)
		if (utf8proc_category(c) == UTF8PROC_CATEGORY_CC)
			return true;
	return false;
}

enum zt_err
utf8_normal(struct bytes text, struct buf *out)
{
	utf8proc_uint8_t *made = NULL;
	utf8proc_ssize_t n;

	if (!utf8_valid(text))
		return ZT_ERR_NAME;
	n = utf8proc_map(
	    text.p, (utf8proc_ssize_t)text.n, &made, UTF8PROC_COMPOSE | UTF8PROC_STABLE);
	if (n < 0)
		return n == UTF8PROC_ERROR_NOMEM ? ZT_ERR_MEMORY : ZT_ERR_NAME;
	buf_add(out, bytes_of(made, (size_t)n));
	free(made);
	return buf_err(out);
}

/* Beyond U+FFFF JSON writes two halves. */
static int
escape_json(utf8proc_int32_t c, char out[UTF8_SHOWN])
{
	unsigned u = (unsigned)c;

	if (u < 0x10000)
		return snprintf(out, UTF8_SHOWN, "\\u%04x", u);
	u -= 0x10000;
	return snprintf(
	    out, UTF8_SHOWN, "\\u%04x\\u%04x", 0xd800 + (u >> 10), 0xdc00 + (u & 0x3ff));
}

size_t
utf8_show_next(struct bytes *text, enum utf8_shown how, char out[UTF8_SHOWN])
{
	bool is_json = how == UTF8_JSON;
	utf8proc_int32_t c = 0;
	size_t n = text->n > 0 ? next(*text, &c) : 0;
	int made;

	if (text->n == 0)
		return 0;
	if (n == 0) {
		n = 1;
		made = is_json ? escape_json(0xfffd, out)
			       : snprintf(out, UTF8_SHOWN, "\\x%02x", text->p[0]);
	} else if (is_unseen(c)) {
		made = is_json ? escape_json(c, out)
			       : snprintf(out, UTF8_SHOWN, "\\u{%04x}", (unsigned)c);
	} else if (is_json && (c == '"' || c == '\\')) {
		made = snprintf(out, UTF8_SHOWN, "\\%c", (char)c);
	} else {
		made = (int)n;
		memcpy(out, text->p, n);
	}
	text->p += n;
	text->n -= n;
	return (size_t)made;
}

void
utf8_show(struct bytes text, struct buf *out)
{
	char one[UTF8_SHOWN];
	size_t n;

	while ((n = utf8_show_next(&text, UTF8_PLAIN, one)) > 0)
		buf_add(out, bytes_of(one, n));
}

void
utf8_show_text(const char *text, char *out, size_t size)
{
	struct bytes left = bytes_text(text);
	char one[UTF8_SHOWN];
	size_t n, used = 0;

	while ((n = utf8_show_next(&left, UTF8_PLAIN, one)) > 0 && used + n < size) {
		memcpy(out + used, one, n);
		used += n;
	}
	out[used] = 0;
}
