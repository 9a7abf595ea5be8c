/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "rpc/json.h"

#include <malloc.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "rpc/call.h"

/* Whether jansson asked for memory on this thread that was not there. */
static _Thread_local bool lacked;

static void *
give(size_t n)
{
	void *p = n <= JSON_PIECE_MAX ? malloc(n) : NULL;

	lacked |= p == NULL;
	return p;
}

static void
take_back(void *p)
{
	if (p != NULL)
		explicit_bzero(p, malloc_usable_size(p));
	free(p);
}

/* Before the program has a thread, so that none sees it change. What jansson took before comes
 * from malloc as well. */
__attribute__((constructor)) static void
serve_jansson(void)
{
	json_set_alloc_funcs(give, take_back);
}

/* Whether TEXT nests deeper than a request may: known before the parser, which recurses, sees
 * it. */
static bool
is_deep(const char *text, size_t n)
{
	size_t depth = 0;
	bool quoted = false;

	for (size_t i = 0; i < n; i++) {
		if (quoted && text[i] == '\\')
			i++;
		else if (text[i] == '"')
			quoted = !quoted;
		else if (!quoted && (text[i] == '{' || text[i] == '['))
			depth++;
		else if (!quoted && (text[i] == '}' || text[i] == ']') && depth > 0)
			depth--;
		if (depth > RPC_DEPTH_MAX)
			return true;
	}
	return false;
}

enum zt_err
json_read(struct call *c, const char *text, size_t n, json_t **out)
{
	json_error_t e;
	json_t *read;

	if (n > RPC_REQUEST_MAX)
		return call_refuse_number(
		    c, ZT_ERR_TOO_BIG, "the request has more than %s bytes", RPC_REQUEST_MAX);
	if (is_deep(text, n))
		return call_refuse_number(
		    c, ZT_ERR_INVALID, "the request has more than %s levels", RPC_DEPTH_MAX);
	lacked = false;
	read = json_loadb(text, n, JSON_REJECT_DUPLICATES, &e);
	if (lacked) {
		json_decref(read);
		return call_lack_memory(c);
	}
	if (read == NULL)
		return call_refuse_number(c, ZT_ERR_INVALID,
		    "the request is no JSON at byte %s", (uint64_t)e.position);
	*out = read;
	return ZT_OK;
}
