/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* look.c - methods that look through a whole tree: for names, and for sizes. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wctype.h>

#include "common/usage.h"
#include "encode/encode.h"
#include "rpc/call.h"
#include "zt/file.h"
#include "zt/text.h"

/* The next letter of *TEXT, without its case, and moves past it; 0 at the end. A byte that is
 * no UTF-8 is a letter. */
static wint_t
next(const char **text)
{
	const unsigned char *p = (const unsigned char *)*text;
	unsigned n = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : p[0] >= 0xc0 ? 2 : 1;
	wint_t is = n > 1 ? p[0] & (0x7fU >> n) : p[0];

	for (unsigned i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80) {
			n = 1;
			is = p[0];
			break;
		}
		is = is << 6 | (p[i] & 0x3f);
	}
	*text += p[0] != 0 ? n : 0;
	return towlower(is);
}

/* Whether NAME is PATTERN as a whole, in which * is any letters and ? is one. Where letters do
 * not fit, the last * takes one more: no pattern takes longer than their product. */
static bool
matches(const char *pattern, const char *name)
{
	const char *behind = NULL, *from = NULL; /* the last *, and what it left */

	for (;;) {
		const char *p = pattern, *n = name;
		wint_t is = next(&n), wanted = next(&p);

		if (wanted == '*') {
			behind = pattern = p;
			from = name;
		} else if (is == 0 && wanted == 0) {
			return true;
		} else if (is != 0 && (is == wanted || wanted == '?')) {
			pattern = p;
			name = n;
		} else if (behind != NULL && *from != 0) {
			(void)next(&from);
			pattern = behind;
			name = from;
		} else {
			return false;
		}
	}
}

struct looking {
	struct page page;
	const char *pattern;
	bool details;
};

static void
each_found(void *ctx, const struct zt_file *f)
{
	struct looking *l = ctx;
	const char *slash = strrchr(f->path, '/');

	if (matches(l->pattern, slash != NULL ? slash + 1 : f->path) && page_wants(&l->page))
		page_add(&l->page, encode_found(f, l->details));
}

/* Sets *OUT to the pattern that TEXT is of whole names, in their form; or NULL: no memory. */
static char *
whole_pattern(const char *text)
{
	char *normal = zt_normal(text), *out = NULL;
	bool is_part = strpbrk(text, "*?") == NULL;
	size_t n = normal != NULL ? strlen(normal) : 0;

	if (normal != NULL && (out = malloc(n + 3)) != NULL)
		(void)snprintf(
		    out, n + 3, "%s%s%s", is_part ? "*" : "", normal, is_part ? "*" : "");
	free(normal);
	return out;
}

enum zt_err
method_files_find(struct call *c)
{
	const char *wanted = call_text(c, "pattern");
	char *pattern = whole_pattern(wanted != NULL ? wanted : "*");
	struct looking l = { .pattern = pattern, .details = call_flag(c, "details") };
	enum zt_err err;

	if (pattern == NULL)
		return call_lack_memory(c);
	page_begin(&l.page, c);
	err = page_end(&l.page, c,
	    zt_ls(c->z, call_text(c, "path"), true, l.details, each_found, &l), "found");
	free(pattern);
	return err;
}

enum zt_err
method_files_usage(struct call *c)
{
	struct usage s = { 0 };
	enum zt_err err = zt_ls(c->z, call_text(c, "path"), true, true, usage_add, &s);

	return call_answer(c, err,
	    json_pack("{s:o,s:o,s:o}", "files", encode_number(s.files), "folders",
		encode_number(s.folders), "bytes", encode_number(s.bytes)));
}
