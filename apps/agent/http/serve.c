/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "http/serve.h"

#include <string.h>

#include "door/site.h"
#include "http/head.h"
#include "http/stream.h"
#include "page/page_file.h"

enum { CHUNK = 64 * 1024, COOKIES_MAX = 4096 };

#define POLICY                                                                                 \
	"default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; "         \
	"img-src 'self' blob:; media-src 'self' blob:; connect-src 'self' ws://%s; "           \
	"worker-src 'self'; manifest-src 'self'; frame-ancestors 'none'; base-uri 'none'; "    \
	"form-action 'none'; "                                                                 \
	"require-trusted-types-for 'script'"

static const struct {
	const char *name, *value;
} headers[SERVE_HEADERS] = {
	{ "content-security-policy:", "" }, /* serve_headers */
	{ "cross-origin-opener-policy:", "same-origin" },
	{ "cross-origin-embedder-policy:", "require-corp" },
	{ "cross-origin-resource-policy:", "same-origin" },
	{ "x-content-type-options:", "nosniff" },
	{ "x-frame-options:", "DENY" },
	{ "referrer-policy:", "no-referrer" },
	{ "zt-host:", "agent" }, /* the page asks who served it */
	{ "permissions-policy:",
	    "accelerometer=(), autoplay=(self), camera=(self), clipboard-read=(), "
	    "clipboard-write=(self), display-capture=(), fullscreen=(self), geolocation=(), "
	    "gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), usb=()" },
};

const struct lws_protocol_vhost_options *
serve_headers(struct serve_headers *h, const char *host)
{
	(void)snprintf(h->policy, sizeof h->policy, POLICY, host);
	for (size_t i = 0; i < SERVE_HEADERS; i++)
		h->rows[i] = (struct lws_protocol_vhost_options){ .name = headers[i].name,
			.value = i == 0 ? h->policy : headers[i].value,
			.next = i + 1 < SERVE_HEADERS ? &h->rows[i + 1] : NULL };
	return h->rows;
}

bool
serve_may_speak(struct agent *a, struct lws *wsi)
{
	char host[64], origin[64], cookies[COOKIES_MAX];

	if (lws_get_vhost(wsi) == a->near)
		return true;
	return door_has_origin(&a->door, head_get(wsi, WSI_TOKEN_HOST, host, sizeof host),
		   head_get(wsi, WSI_TOKEN_ORIGIN, origin, sizeof origin)) &&
	       door_has_cookie(
		   &a->door, head_get(wsi, WSI_TOKEN_HTTP_COOKIE, cookies, sizeof cookies));
}

static int
open_page(struct agent *a, struct lws *wsi)
{
	char room[2 * MARK_TEXT], cookie[128];
	const char *ticket = lws_get_urlarg_by_name(wsi, "ticket=", room, sizeof room);
	struct head h;

	if (ticket == NULL || !door_use(&a->door, agent_now_ms(), ticket))
		return head_refuse(wsi, HTTP_STATUS_FORBIDDEN);
	(void)snprintf(cookie, sizeof cookie,
	    DOOR_COOKIE "=%s; HttpOnly; SameSite=Strict; Path=/", a->door.cookie);
	head_begin(&h, wsi, HTTP_STATUS_SEE_OTHER);
	head_add(&h, "location:", "/");
	head_add(&h, "set-cookie:", cookie);
	head_add(&h, "cache-control:", "no-store");
	explicit_bzero(cookie, sizeof cookie);
	if (!head_end(&h, 0))
		return -1;
	explicit_bzero(&h, sizeof h);
	return head_completed(wsi);
}

static int
give(struct agent *a, struct lws *wsi, struct serve *s, const char *path, bool is_head)
{
	char list[256], tag[SITE_TAG + 8];
	const char *known;
	struct site_file f;
	struct head h;

	if (a->site == NULL || !site_find(a->site, path,
				   page_file_takes_brotli(head_get(
				       wsi, WSI_TOKEN_HTTP_ACCEPT_ENCODING, list, sizeof list)),
				   &f))
		return head_refuse(wsi, HTTP_STATUS_NOT_FOUND);
	known = head_get(wsi, WSI_TOKEN_HTTP_IF_NONE_MATCH, tag, sizeof tag);
	if (known != NULL && strcmp(known, f.tag) == 0) {
		head_begin(&h, wsi, HTTP_STATUS_NOT_MODIFIED);
		is_head = true;
	} else {
		head_begin(&h, wsi, HTTP_STATUS_OK);
	}
	head_add(&h, "content-type:", f.type);
	head_add(&h, "etag:", f.tag);
	head_add(&h, "cache-control:", "no-cache");
	head_add(&h, "vary:", "accept-encoding");
	if (f.is_brotli)
		head_add(&h, "content-encoding:", "br");
	if (!head_end(&h, f.n))
		return -1;
	if (is_head || f.n == 0)
		return head_completed(wsi);
	*s = (struct serve){ .body = f.bytes, .n = f.n };
	lws_callback_on_writable(wsi);
	return 0;
}

/* Content of a stream: by the page's cookie, and where something is changed by its Origin. */
static int
open_stream(struct agent *a, struct lws *wsi, struct serve *s, const char *path)
{
	bool puts = lws_hdr_total_length(wsi, WSI_TOKEN_PUT_URI) > 0,
	     has_origin = lws_hdr_total_length(wsi, WSI_TOKEN_ORIGIN) > 0;
	char host[64], origin[64], cookies[COOKIES_MAX];

	if (!door_has_cookie(
		&a->door, head_get(wsi, WSI_TOKEN_HTTP_COOKIE, cookies, sizeof cookies)))
		return head_refuse(wsi, HTTP_STATUS_FORBIDDEN);
	explicit_bzero(cookies, sizeof cookies);
	if ((puts || has_origin) &&
	    !door_has_origin(&a->door, head_get(wsi, WSI_TOKEN_HOST, host, sizeof host),
		head_get(wsi, WSI_TOKEN_ORIGIN, origin, sizeof origin)))
		return head_refuse(wsi, HTTP_STATUS_FORBIDDEN);
	return stream_head(a, wsi, &s->flow, path);
}

int
serve_head(struct agent *a, struct lws *wsi, struct serve *s, const char *path)
{
	bool is_head = lws_hdr_total_length(wsi, WSI_TOKEN_HEAD_URI) > 0;
	char host[64];

	*s = (struct serve){ .n = 0 };
	if (lws_get_vhost(wsi) != a->loop)
		return head_refuse(wsi, HTTP_STATUS_NOT_FOUND); /* a socket has no page */
	if (!door_has_host(&a->door, head_get(wsi, WSI_TOKEN_HOST, host, sizeof host)))
		return head_refuse(wsi, HTTP_STATUS_FORBIDDEN);
	if (strncmp(path, STREAM_PATH, strlen(STREAM_PATH)) == 0 && !is_head &&
	    (lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI) > 0 ||
		lws_hdr_total_length(wsi, WSI_TOKEN_PUT_URI) > 0))
		return open_stream(a, wsi, s, path);
	if (!is_head && lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI) <= 0)
		return head_refuse(wsi, HTTP_STATUS_METHOD_NOT_ALLOWED);
	if (strcmp(path, "/open") == 0)
		return is_head ? head_refuse(wsi, HTTP_STATUS_METHOD_NOT_ALLOWED)
			       : open_page(a, wsi);
	return give(a, wsi, s, path, is_head);
}

int
serve_body(struct serve *s, const void *in, size_t n)
{
	return s->flow != NULL ? stream_body(s->flow, in, n) : -1; /* nothing else takes one */
}

int
serve_body_end(struct serve *s)
{
	return stream_body_end(s->flow);
}

void
serve_gone(struct serve *s)
{
	if (s != NULL)
		stream_gone(&s->flow);
}

int
serve_writable(struct lws *wsi, struct serve *s)
{
	size_t n = s->n - s->at < CHUNK ? s->n - s->at : CHUNK;
	bool is_last = s->at + n == s->n;

	if (s->flow != NULL)
		return stream_writable(&s->flow);
	if (s->body == NULL)
		return 0;
	if (lws_write(wsi, (uint8_t *)(uintptr_t)(s->body + s->at), n,
		is_last ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP) < (int)n)
		return -1;
	s->at += n;
	if (!is_last) {
		lws_callback_on_writable(wsi);
		return 0;
	}
	s->body = NULL;
	return head_completed(wsi);
}
