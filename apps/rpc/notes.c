/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* notes.c - small texts that a page keeps with its device: what waits to be sent, what is kept
 * to be read without the servers. */
#include <string.h>

#include "encode/encode.h"
#include "rpc/call.h"
#include "zt/keep.h"

enum zt_err
method_notes_put(struct call *c)
{
	const char *value = call_text(c, "value");

	return zt_note_put(c->z, call_text(c, "name"), value, strlen(value));
}

enum zt_err
method_notes_remove(struct call *c)
{
	return zt_note_remove(c->z, call_text(c, "name"));
}

static void
each_note(void *page, const char *name, const void *value, size_t n)
{
	if (page_wants(page))
		page_add(page, json_pack("{s:o,s:o}", "name", encode_text(name), "value",
				   json_stringn(value, n)));
}

enum zt_err
method_notes_list(struct call *c)
{
	struct page p;

	page_begin(&p, c);
	return page_end(&p, c, zt_notes(c->z, call_text(c, "prefix"), each_note, &p), "notes");
}
