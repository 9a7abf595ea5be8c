/* SPDX-License-Identifier: Apache-2.0 */
/* refuse.c - the sentence of an error, and its parts. */
#include <stdarg.h>
#include <stdio.h>

#include "base/utf8.h"
#include "session/session.h"
#include "session/verbs.h"

/* One directive of printf: as much of it as sentences use. */
struct directive {
	int precision; /* -1: none */
	unsigned longs;
	bool is_size;
	char conversion;
};

/* Reads the directive behind the % at P; returns its end. A precision of * is taken from ARGS.
 */
static const char *
read_directive(const char *p, struct directive *d, va_list *args)
{
	*d = (struct directive){ .precision = -1 };
	p += strspn(p, "0123456789-+ #");
	if (*p == '.' && p[1] == '*') {
		d->precision = va_arg(*args, int);
		p += 2;
	} else if (*p == '.') {
		d->precision = 0;
		for (p++; *p >= '0' && *p <= '9'; p++)
			d->precision = d->precision * 10 + (*p - '0');
	}
	for (; *p == 'l' || *p == 'z'; p++) {
		d->longs += *p == 'l';
		d->is_size |= *p == 'z';
	}
	d->conversion = *p;
	return *p != 0 ? p + 1 : p;
}

static void
print_text(const struct directive *d, const char *text, char out[4 * SESSION_MESSAGE])
{
	size_t n = d->precision < 0 ? strlen(text) : strnlen(text, (size_t)d->precision);

	(void)snprintf(out, 4 * SESSION_MESSAGE, "%.*s", (int)n, text);
}

static void
print_number(const struct directive *d, va_list *args, char out[4 * SESSION_MESSAGE])
{
	bool is_signed = d->conversion == 'd' || d->conversion == 'i';
	unsigned long long n;

	if (d->is_size)
		n = va_arg(*args, size_t);
	else if (d->longs > 1)
		n = va_arg(*args, unsigned long long);
	else if (d->longs == 1)
		n = is_signed ? (unsigned long long)va_arg(*args, long)
			      : va_arg(*args, unsigned long);
	else
		n = is_signed ? (unsigned long long)va_arg(*args, int)
			      : va_arg(*args, unsigned);
	if (is_signed)
		(void)snprintf(out, 4 * SESSION_MESSAGE, "%lld", (long long)n);
	else
		(void)snprintf(
		    out, 4 * SESSION_MESSAGE, d->conversion == 'x' ? "%llx" : "%llu", n);
}

/* The parameters of FORMAT, as many as there is room for. */
static void
take_parameters(struct refusal *r, const char *format, va_list *args)
{
	const char *p = format;

	r->count = 0;
	while (r->count < ZT_PARAMETERS && (p = strchr(p, '%')) != NULL) {
		char text[4 * SESSION_MESSAGE] = "";
		struct directive d;

		if (p[1] == '%') {
			p += 2;
			continue;
		}
		p = read_directive(p + 1, &d, args);
		if (d.conversion == 's')
			print_text(&d, va_arg(*args, const char *), text);
		else if (d.conversion != 0 && strchr("diux", d.conversion) != NULL)
			print_number(&d, args, text);
		else
			return; /* and nothing is known of what is behind it */
		utf8_show_text(text, r->parameter[r->count++], SESSION_MESSAGE);
	}
}

enum zt_err
session_refuse(struct zt *z, enum zt_err err, const char *format, ...)
{
	char text[4 * SESSION_MESSAGE];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof text, session_translate(z, format), args);
	va_end(args);
	va_start(args, format);
	take_parameters(&z->refusal, format, &args);
	va_end(args);
	/* The sentence may contain others' names and addresses: make it safe to show here,
	 * once for all callers. A parameter may be in it already. */
	utf8_show_text(text, z->message, sizeof z->message);
	memcpy(z->refusal.sentence, z->message, sizeof z->message);
	z->refusal.english = format;
	return err;
}

void
session_error_of(const struct zt *z, enum zt_err err, struct zt_error *out)
{
	const struct refusal *r = &z->refusal;

	*out = (struct zt_error){
		.number = err, .sentence = session_message(z), .english = err_text(err)
	};
	if (err == ZT_OK || r->english == NULL || z->message[0] == 0 ||
	    strcmp(r->sentence, z->message) != 0)
		return;
	out->english = r->english;
	out->count = r->count;
	for (size_t i = 0; i < r->count; i++)
		out->parameter[i] = r->parameter[i];
}
