/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "http/head.h"

#include <string.h>

const char *
head_get(struct lws *wsi, enum lws_token_indexes token, char *out, size_t size)
{
	return lws_hdr_total_length(wsi, token) > 0 &&
		       lws_hdr_copy(wsi, out, (int)size, token) > 0
		   ? out
		   : NULL;
}

void
head_begin(struct head *h, struct lws *wsi, unsigned status)
{
	h->wsi = wsi;
	h->at = h->bytes + LWS_PRE;
	h->end = h->bytes + sizeof h->bytes - 1;
	h->failed = lws_add_http_header_status(wsi, status, &h->at, h->end) != 0;
}

void
head_add(struct head *h, const char *name, const char *value)
{
	h->failed =
	    h->failed || lws_add_http_header_by_name(h->wsi, (const uint8_t *)name,
			     (const uint8_t *)value, (int)strlen(value), &h->at, h->end);
}

bool
head_end(struct head *h, uint64_t n)
{
	uint8_t *begins = h->bytes + LWS_PRE;

	return !h->failed &&
	       lws_add_http_header_content_length(h->wsi, n, &h->at, h->end) == 0 &&
	       lws_finalize_http_header(h->wsi, &h->at, h->end) == 0 &&
	       lws_write(h->wsi, begins, (size_t)(h->at - begins), LWS_WRITE_HTTP_HEADERS) >= 0;
}

int
head_completed(struct lws *wsi)
{
	return lws_http_transaction_completed(wsi) != 0 ? -1 : 0;
}

int
head_refuse(struct lws *wsi, unsigned status)
{
	struct head h;

	head_begin(&h, wsi, status);
	head_add(&h, "cache-control:", "no-store");
	head_add(&h, "connection:", "close");
	(void)head_end(&h, 0);
	return -1;
}
