/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ui/words.h"

#include <stdlib.h>
#include <string.h>

#include "terminal/advice.h"

/* The directive of printf behind the % at P: its end, and which parameter it takes; *NEXT is
 * that of one without a number ("%2$s" has one, where a translation turns them round). */
static const char *
read_directive(const char *p, size_t *next, size_t *which)
{
	size_t digits = strspn(p, "0123456789");

	if (digits > 0 && p[digits] == '$') {
		*which = (size_t)strtoul(p, NULL, 10) - 1;
		p += digits + 1;
	} else {
		*which = (*next)++;
	}
	p += strspn(p, "-+ #0123456789.*");
	p += strspn(p, "hlzjt");
	return *p != 0 ? p + 1 : p;
}

/* The parameter WHICH; one that is a sentence itself, in this program's language. */
static const char *
parameter(const json_t *all, size_t which)
{
	const char *text = json_string_value(json_array_get(all, which));

	if (text == NULL)
		return "";
	return strchr(text, ' ') != NULL ? advice(text) : text;
}

/* FORMAT with PARAMETERS in its directives, as much as there is room for. */
static void
fill(const char *format, const json_t *parameters, char out[AGENT_MESSAGE])
{
	size_t at = 0, next = 0, which, n;
	const char *from;

	while (*format != 0 && at < AGENT_MESSAGE - 1) {
		from = format;
		n = strcspn(format, "%");
		format += n;
		if (n == 0 && format[1] == '%') {
			n = 1;
			format += 2;
		} else if (n == 0) {
			format = read_directive(format + 1, &next, &which);
			from = parameter(parameters, which);
			n = strlen(from);
		}
		if (n > AGENT_MESSAGE - 1 - at)
			n = AGENT_MESSAGE - 1 - at;
		memcpy(out + at, from, n);
		at += n;
	}
	out[at] = 0;
}

void
words_of(const json_t *error, enum zt_err err, char out[AGENT_MESSAGE])
{
	const char *english = json_string_value(json_object_get(error, "english"));

	out[0] = 0;
	if (english != NULL && strcmp(english, zt_err_text(err)) != 0)
		fill(advice(english), json_object_get(error, "parameters"), out);
}
