/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "gateway/head.h"

#include <stdlib.h>
#include <string.h>

static const char *
field(struct lws *wsi, const char *name, char *out, size_t size)
{
	int n = lws_hdr_custom_length(wsi, name, (int)strlen(name));

	out[0] = 0;
	if (n > 0 && (size_t)n < size &&
	    lws_hdr_custom_copy(wsi, out, (int)size, name, (int)strlen(name)) < 0)
		out[0] = 0;
	return out;
}

static void
copy_token(struct lws *wsi, enum lws_token_indexes token, char *out, size_t size)
{
	if (lws_hdr_copy(wsi, out, (int)size, token) < 0)
		out[0] = 0;
}

/* The query as it was signed: libwebsockets keeps it in pieces, without the signs between them.
 */
static bool
copy_query(struct lws *wsi, char *out, size_t size)
{
	size_t n = 0;
	int got;

	for (int i = 0; lws_hdr_fragment_length(wsi, WSI_TOKEN_HTTP_URI_ARGS, i) > 0; i++) {
		if (i > 0 && n + 1 < size)
			out[n++] = '&';
		if ((got = lws_hdr_copy_fragment(
			 wsi, out + n, (int)(size - n), WSI_TOKEN_HTTP_URI_ARGS, i)) < 0)
			return false;
		n += (size_t)got;
	}
	out[n] = 0;
	return true;
}

enum zt_err
head_call(struct lws *wsi, const char *method, const char *path, int deadline_s,
    struct head_texts *t, Zt__Call *out)
{
	char query[512] = "";

	if (!copy_query(wsi, query, sizeof query))
		return ZT_ERR_TOO_BIG;
	(void)snprintf(
	    t->target, sizeof t->target, "%.512s%s%s", path, query[0] != 0 ? "?" : "", query);
	copy_token(wsi, WSI_TOKEN_HOST, t->authority, sizeof t->authority);
	copy_token(
	    wsi, WSI_TOKEN_HTTP_AUTHORIZATION, t->authorization, sizeof t->authorization);
	zt__call__init(out);
	out->method = (char *)(uintptr_t)method;
	out->target = t->target;
	out->authority = t->authority;
	out->signature_input =
	    (char *)(uintptr_t)field(wsi, "signature-input:", t->input, sizeof t->input);
	out->signature =
	    (char *)(uintptr_t)field(wsi, "signature:", t->signature, sizeof t->signature);
	out->content_digest =
	    (char *)(uintptr_t)field(wsi, "content-digest:", t->digest, sizeof t->digest);
	out->authorization = t->authorization;
	out->trace = (char *)(uintptr_t)field(wsi, "traceparent:", t->trace, sizeof t->trace);
	out->deadline_ms = (uint64_t)deadline_s * 1000;
	return ZT_OK;
}

const char *
head_method(struct lws *wsi, char out[16])
{
	static const struct {
		enum lws_token_indexes token;
		const char *name;
	} known[] = { { WSI_TOKEN_GET_URI, "GET" }, { WSI_TOKEN_POST_URI, "POST" },
		{ WSI_TOKEN_PUT_URI, "PUT" }, { WSI_TOKEN_DELETE_URI, "DELETE" } };

	for (size_t i = 0; i < 4; i++)
		if (lws_hdr_total_length(wsi, known[i].token) > 0)
			return known[i].name;
	if (lws_hdr_copy(wsi, out, 16, WSI_TOKEN_HTTP_COLON_METHOD) > 0)
		return out;
	return "?";
}

int64_t
head_body(struct lws *wsi)
{
	char text[24];
	char *end;
	long long n;

	if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH) <= 0)
		return lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0 ? -1 : 0;
	if (lws_hdr_copy(wsi, text, sizeof text, WSI_TOKEN_HTTP_CONTENT_LENGTH) < 0)
		return -1;
	n = strtoll(text, &end, 10);
	return text[0] >= '0' && text[0] <= '9' && *end == 0 ? n : -1;
}
