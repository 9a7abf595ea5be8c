/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "site/cors.h"

#include <string.h>

struct line {
	const char *name, *value;
};

bool
cors_is_call(const char *path)
{
	return strncmp(path, "/v1/", 4) == 0;
}

bool
cors_is_question(struct lws *wsi)
{
	return lws_hdr_total_length(wsi, WSI_TOKEN_OPTIONS_URI) > 0;
}

static int
add(struct lws *wsi, const struct line *l, uint8_t **p, uint8_t *end)
{
	return lws_add_http_header_by_name(wsi, (const uint8_t *)l->name,
	    (const uint8_t *)l->value, (int)strlen(l->value), p, end);
}

int
cors_headers(struct lws *wsi, bool is_question, uint8_t **p, uint8_t *end)
{
	static const struct line all = { "access-control-allow-origin:", "*" };
	/* Browsers remember an answer for two hours at most. */
	static const struct line asked[] = {
		{ "access-control-allow-methods:", "GET, POST, PUT, DELETE" },
		{ "access-control-allow-headers:",
		    "content-type, content-digest, signature-input, signature" },
		{ "access-control-max-age:", "7200" },
	};
	int rc = add(wsi, &all, p, end);

	for (size_t i = 0; is_question && rc == 0 && i < sizeof asked / sizeof asked[0]; i++)
		rc = add(wsi, &asked[i], p, end);
	return rc != 0 ? -1 : 0;
}
