#include "base/utf8.h"

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
hidden(utf8proc_int32_t c)
{
	const unsigned mask =
	    1u << UTF8PROC_CATEGORY_CC | /* controls: escapes of a terminal */
	    1u << UTF8PROC_CATEGORY_CF | /* format: changes of direction, zero-width joiners */
	    1u << UTF8PROC_CATEGORY_CS | 1u << UTF8PROC_CATEGORY_CO |
	    1u << UTF8PROC_CATEGORY_CN | 1u << UTF8PROC_CATEGORY_ZL |
	    1u << UTF8PROC_CATEGORY_ZP;

	return (mask >> (unsigned)utf8proc_category(c) & 1) != 0;
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
utf8_has_unshown(struct bytes text)
{
	utf8proc_int32_t c;
	size_t n;

	for (; text.n > 0; text.p += n, text.n -= n)
		if ((n = next(text, &c)) == 0 || hidden(c))
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

void
utf8_show(struct bytes text, struct buf *out)
{
	utf8proc_int32_t c;
	size_t n;

	for (; text.n > 0; text.p += n, text.n -= n) {
		if ((n = next(text, &c)) == 0) {
			buf_printf(out, "\\x%02x", text.p[0]);
			n = 1;
		} else if (c == '\\') {
			buf_add_text(out, "\\\\");
		} else if (hidden(c)) {
			buf_printf(out, "\\u{%04x}", (unsigned)c);
		} else {
			buf_add(out, bytes_of(text.p, n));
		}
	}
}
