/* SPDX-License-Identifier: Apache-2.0 */
/* text.c - what any program shows: texts made safe, the words of errors, the version. */
#include <string.h>

#include "base/utf8.h"
#include "session/session.h"
#include "zt/text.h"

_Static_assert(ZT_SHOWN >= UTF8_SHOWN, "0 is the end of a text");

size_t
zt_show(const char **text, enum zt_shown how, char out[ZT_SHOWN])
{
	struct bytes left = bytes_text(*text);
	enum utf8_shown as = how == ZT_SHOW_JSON ? UTF8_JSON : UTF8_PLAIN;
	size_t n = 0, one;

	while (n + UTF8_SHOWN <= ZT_SHOWN && (one = utf8_show_next(&left, as, out + n)) > 0)
		n += one;
	*text = (const char *)left.p;
	return n;
}

char *
zt_normal(const char *text)
{
	struct buf normal = buf_init(SIZE_MAX);
	char *made = NULL;
	enum zt_err err = utf8_normal(bytes_text(text), &normal);

	if (err != ZT_ERR_MEMORY)
		made = strdup(err ? text : buf_text(&normal));
	buf_free(&normal);
	return made;
}

const char *
zt_version(void)
{
	return VERSION_TEXT; /* of the file VERSION; mk/rules.mk gives it */
}

const char *
zt_err_text(enum zt_err err)
{
	return err_text(err);
}

const char *
zt_err_name(enum zt_err err)
{
	return err_name(err);
}

int
zt_err_exit(enum zt_err err)
{
	return err_exit(err);
}

bool
zt_err_retry(enum zt_err err)
{
	return err_retry(err);
}
