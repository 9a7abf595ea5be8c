/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "hosts/new_device.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rpc/call.h"
#include "rpc/person.h"

struct zt_bootstrap
new_device_bootstrap(const struct call *c)
{
	return (struct zt_bootstrap){ .server = call_text(c, "server"),
		.founding_code = call_text(c, "code"),
		.slug = call_text(c, "slug"),
		.email = call_text(c, "email"),
		.name = call_text(c, "name"),
		.device_label = call_text(c, "label") };
}

struct zt_claim
new_device_claim(const struct call *c)
{
	return (struct zt_claim){ .link = call_text(c, "link"),
		.email = call_text(c, "email"),
		.name = call_text(c, "name"),
		.device_label = call_text(c, "label") };
}

enum zt_err
new_device_recovery(
    struct call *c, struct zt_codes *codes, const char ***links, struct zt_recovery *out)
{
	const json_t *list = json_object_get(c->params, "links"), *one;
	size_t i;

	*out = (struct zt_recovery){ .device_label = call_text(c, "label"),
		.server = call_text(c, "server"),
		.words = call_text(c, "words"),
		.email = call_text(c, "email"),
		.codes = codes,
		.confirm = rpc_returning,
		.ctx = c };
	if ((*links = calloc(json_array_size(list) + 1, sizeof **links)) == NULL)
		return call_lack_memory(c);
	json_array_foreach(list, i, one)(*links)[out->link_count++] = json_string_value(one);
	out->links = *links;
	rpc_codes(c, codes);
	return out->words == NULL && out->link_count == 0
		   ? call_refuse(c, ZT_ERR_INVALID, "the parameter %s is missing", "words")
		   : ZT_OK;
}

enum zt_err
new_device_password(struct call *c, const char *name)
{
	size_t n = strlen(call_text(c, name));
	char what[64];

	(void)snprintf(what, sizeof what, "params.%s", name);
	return n > 0 && n <= ZT_PASSWORD_MAX
		   ? ZT_OK
		   : call_refuse(c, ZT_ERR_INVALID,
			 "the parameter %s is not of the type that it must be", what);
}

void
new_device_folder(
    const char *before, const char *organization, const char *mark, char out[RPC_KEY_MAX])
{
	enum { PART = 64 };
	const char *at = strrchr(organization, '@');
	uint32_t hash = 2166136261u; /* FNV-1a: it only tells two apart */
	size_t n = (size_t)snprintf(out, RPC_KEY_MAX, "%.8s", before);

	at = at != NULL ? at + 1 : organization;
	if (!isalnum((unsigned char)*at))
		at = "device"; /* a folder has a name */
	for (; n < PART && (isalnum((unsigned char)*at) || *at == '-'); at++)
		out[n++] = (char)tolower((unsigned char)*at);
	out[n] = 0;
	if (mark == NULL)
		return;
	for (; *mark != 0; mark++)
		hash = (hash ^ (uint8_t)*mark) * 16777619u;
	(void)snprintf(out + n, RPC_KEY_MAX - n, "-%06x", (unsigned)(hash & 0xffffff));
}
