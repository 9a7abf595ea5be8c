/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

static enum zt_err
map(struct bytes text, int options, struct buf *out)
{
	utf8proc_uint8_t *made = NULL;
	utf8proc_ssize_t n;

	if (!utf8_valid(text))
		return ZT_ERR_NAME;
	n = utf8proc_map(text.p, (utf8proc_ssize_t)text.n, &made,
	    (utf8proc_option_t)(options | UTF8PROC_STABLE));
	if (n < 0)
		return n == UTF8PROC_ERROR_NOMEM ? ZT_ERR_MEMORY : ZT_ERR_NAME;
	buf_add(out, bytes_of(made, (size_t)n));
	explicit_bzero(made, (size_t)n); /* passwords are here too */
	free(made);
	return buf_err(out);
}

enum zt_err
utf8_normal(struct bytes text, struct buf *out)
{
	return map(text, UTF8PROC_COMPOSE, out);
}

enum zt_err
utf8_fold(struct bytes text, struct buf *out)
{
	return map(text,
	    UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE, out);
}

enum zt_err
utf8_bare(struct bytes text, struct buf *out)
{
	return map(text,
	    UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE |
		UTF8PROC_STRIPMARK,
	    out);
}

/* ---- what is easily taken for something else ---- */

/* Each character becomes the one that it is taken for. Chosen from Unicode's confusables
 * (UTS 39) for what keyboards give: the whole table needs ICU, 30 MB at each start. */
static const struct {
	utf8proc_int32_t is;
	char like;
} alike[] = {
	{ '0', 'o' },
	{ '1', 'l' },
	{ 'i', 'l' },
	{ '|', 'l' },
	{ '_', '-' },
	{ 0x0131, 'l' },
	{ 0x0251, 'a' },
	{ 0x0261, 'g' },
	{ 0x026a, 'l' },
	{ 0x0269, 'l' },
	{ 0x2010, '-' },
	{ 0x2011, '-' },
	{ 0x2012, '-' },
	{ 0x2013, '-' },
	{ 0x2212, '-' },
	{ 0x03b1, 'a' },
	{ 0x03b9, 'l' },
	{ 0x03ba, 'k' },
	{ 0x03bd, 'v' },
	{ 0x03bf, 'o' },
	{ 0x03c1, 'p' },
	{ 0x03c3, 'o' },
	{ 0x03c4, 't' },
	{ 0x03c5, 'u' },
	{ 0x03c7, 'x' },
	{ 0x03b3, 'y' },
	{ 0x03b7, 'n' },
	{ 0x03c9, 'w' },
	{ 0x0430, 'a' },
	{ 0x0433, 'r' },
	{ 0x0435, 'e' },
	{ 0x043a, 'k' },
	{ 0x043c, 'm' },
	{ 0x043d, 'h' },
	{ 0x043e, 'o' },
	{ 0x0440, 'p' },
	{ 0x0441, 'c' },
	{ 0x0442, 't' },
	{ 0x0443, 'y' },
	{ 0x0445, 'x' },
	{ 0x044c, 'b' },
	{ 0x0455, 's' },
	{ 0x0456, 'l' },
	{ 0x0458, 'j' },
	{ 0x0475, 'v' },
	{ 0x04af, 'y' },
	{ 0x04bb, 'h' },
	{ 0x04cf, 'l' },
	{ 0x0501, 'd' },
	{ 0x051b, 'q' },
	{ 0x051d, 'w' },
	{ 0x0566, 'q' },
	{ 0x0570, 'h' },
	{ 0x0578, 'n' },
	{ 0x057d, 'u' },
	{ 0x0581, 'g' },
	{ 0x0585, 'o' },
};
static const struct {
	char two[3], like;
} pairs[] = { { "rn", 'm' }, { "vv", 'w' }, { "cl", 'd' } };

static char
like(utf8proc_int32_t c)
{
	for (size_t i = 0; i < sizeof alike / sizeof alike[0]; i++)
		if (alike[i].is == c)
			return alike[i].like;
	return 0;
}

/* The last two of OUT may be read as one. */
static void
join_pair(struct buf *out)
{
	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
		if (out->n >= 2 && memcmp(out->p + out->n - 2, pairs[i].two, 2) == 0) {
			out->n--;
			out->p[out->n - 1] = (uint8_t)pairs[i].like;
			return;
		}
}

enum zt_err
utf8_skeleton(struct bytes text, struct buf *out)
{
	struct buf folded = buf_init(8 * text.n + 64);
	struct bytes left;
	utf8proc_int32_t c;
	size_t n;
	enum zt_err err = map(text,
	    UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE |
		UTF8PROC_STRIPMARK,
	    &folded);

	left = buf_bytes(&folded);
	for (; err == ZT_OK && (n = next(left, &c)) > 0; left.p += n, left.n -= n) {
		char one = like(c);

		buf_add(out, one != 0 ? bytes_of(&one, 1) : bytes_of(left.p, n));
		if (buf_err(out) == ZT_OK)
			join_pair(out);
	}
	buf_free(&folded);
	return err ? err : buf_err(out);
}

enum script { NO_SCRIPT, LATIN = 1, GREEK = 2, CYRILLIC = 4, ARMENIAN = 8 };

static enum script
script_of(utf8proc_int32_t c)
{
	static const struct {
		utf8proc_int32_t from, to;
		enum script script;
	} ranges[] = { { 'A', 'Z', LATIN }, { 'a', 'z', LATIN }, { 0xc0, 0x2af, LATIN },
		{ 0x1e00, 0x1eff, LATIN }, { 0xff21, 0xff5a, LATIN }, { 0x370, 0x3ff, GREEK },
		{ 0x1f00, 0x1fff, GREEK }, { 0x400, 0x52f, CYRILLIC },
		{ 0x1c80, 0x1c8f, CYRILLIC }, { 0x530, 0x58f, ARMENIAN } };

	for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
		if (c >= ranges[i].from && c <= ranges[i].to)
			return ranges[i].script;
	return NO_SCRIPT;
}

bool
utf8_is_mixed(struct bytes text)
{
	utf8proc_int32_t c;
	unsigned seen = 0;
	size_t n;

	for (; (n = next(text, &c)) > 0; text.p += n, text.n -= n) {
		seen = c == '@' || c == '.' || c == ' ' ? 0 : seen | (unsigned)script_of(c);
		if ((seen & (seen - 1)) != 0)
			return true;
	}
	return false;
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
	size_t n;
	int made;

	if (text->n == 0)
		return 0;
	if (text->p[0] >= ' ' && text->p[0] <= '~' && !is_json) { /* most of all text */
		out[0] = (char)text->p[0];
		*text = bytes_of(text->p + 1, text->n - 1);
		return 1;
	}
	n = next(*text, &c);
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
