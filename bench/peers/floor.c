/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* floor.c - what physics asks of a small signed request, over the same parts and nothing else:
 * no routes, no database, no rights.
 *
 *     floor gateway PORT URL   libwebsockets to nng, in batches of up to 32
 *     floor service URL        one Ed25519 verification a request
 */
#include <err.h>
#include <libwebsockets.h>
#include <nng/nng.h>
#include <nng/protocol/reqrep0/rep.h>
#include <nng/protocol/reqrep0/req.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/suite.h"
#include "format/httpsig.h"

enum { LINES = 4, BATCH = 32, WORKERS = 8 };

/* ---- gateway ---- */

struct exchange {
	struct exchange *next;
	struct lws *wsi;
	char text[1400]; /* target, Signature-Input, Signature */
	bool answered;
};

struct line {
	struct line *next; /* in the mailbox */
	nng_ctx ctx;
	nng_aio *aio;
	struct exchange *calls;
	bool busy, receiving;
};

static struct {
	struct lws_context *lws;
	struct line line[LINES];
	struct exchange *waiting;
	pthread_mutex_t lock;
	struct line *done;
} g = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void
aio_done(void *arg)
{
	struct line *l = arg;

	(void)pthread_mutex_lock(&g.lock);
	l->next = g.done;
	g.done = l;
	(void)pthread_mutex_unlock(&g.lock);
	if (g.lws != NULL)
		lws_cancel_service(g.lws);
}

static void
add(nng_msg *m, const void *p, size_t n)
{
	if (nng_msg_append(m, p, n) != 0)
		errx(1, "memory");
}

static void
start(struct line *l)
{
	struct exchange **at = &g.waiting;
	nng_msg *m;

	if (g.waiting == NULL)
		return;
	if (nng_msg_alloc(&m, 0) != 0)
		errx(1, "memory");
	l->calls = g.waiting;
	for (unsigned n = 0; *at != NULL && n < BATCH; n++) {
		add(m, (*at)->text, sizeof(*at)->text);
		at = &(*at)->next;
	}
	g.waiting = *at;
	*at = NULL;
	l->busy = true;
	l->receiving = false;
	nng_aio_set_msg(l->aio, m);
	nng_ctx_send(l->ctx, l->aio);
}

static void
pump(void)
{
	for (unsigned i = 0; i < LINES; i++)
		if (!g.line[i].busy)
			start(&g.line[i]);
}

static void
home(struct line *l)
{
	if (nng_aio_result(l->aio) != 0)
		errx(1, "nng: %s", nng_strerror(nng_aio_result(l->aio)));
	if (!l->receiving) {
		l->receiving = true;
		nng_ctx_recv(l->ctx, l->aio);
		return;
	}
	nng_msg_free(nng_aio_get_msg(l->aio));
	for (struct exchange *x = l->calls; x != NULL; x = x->next) {
		x->answered = true;
		(void)lws_callback_on_writable(x->wsi);
	}
	l->busy = false;
}

static int
write_answer(struct lws *wsi, struct exchange **slot)
{
	uint8_t head[LWS_PRE + 512], *p = head + LWS_PRE, body[LWS_PRE + 8] = { 0 };

	if (!(*slot)->answered)
		return 0;
	if (lws_add_http_common_headers(
		wsi, 200, "application/octet-stream", 8, &p, head + sizeof head) ||
	    lws_finalize_write_http_header(wsi, head + LWS_PRE, &p, head + sizeof head) ||
	    lws_write(wsi, body + LWS_PRE, 8, LWS_WRITE_HTTP_FINAL) != 8)
		return -1;
	free(*slot);
	*slot = NULL;
	return lws_http_transaction_completed(wsi) ? -1 : 0;
}

static void
custom(struct lws *wsi, const char *name, char *to, size_t n)
{
	if (lws_hdr_custom_copy(wsi, to, (int)n, name, (int)strlen(name)) < 0)
		to[0] = 0;
}

static int
head(struct lws *wsi, struct exchange **slot, const char *path)
{
	struct exchange *x = *slot = calloc(1, sizeof *x), **at = &g.waiting;
	char args[256] = "";

	if (x == NULL)
		return -1;
	x->wsi = wsi;
	(void)lws_hdr_copy(wsi, args, sizeof args, WSI_TOKEN_HTTP_URI_ARGS);
	(void)snprintf(x->text, 600, "%s?%s", path, args);
	custom(wsi, "signature-input:", x->text + 600, 600);
	custom(wsi, "signature:", x->text + 1200, 200);
	while (*at != NULL)
		at = &(*at)->next;
	*at = x;
	pump();
	return 0;
}

static int
http(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t n)
{
	(void)n;
	struct exchange **slot = user;
	struct line *l;

	switch ((int)reason) {
	case LWS_CALLBACK_HTTP:
		return head(wsi, slot, in);
	case LWS_CALLBACK_HTTP_WRITEABLE:
		return *slot != NULL ? write_answer(wsi, slot) : 0;
	case LWS_CALLBACK_EVENT_WAIT_CANCELLED:
		(void)pthread_mutex_lock(&g.lock);
		l = g.done;
		g.done = NULL;
		(void)pthread_mutex_unlock(&g.lock);
		for (struct line *next; l != NULL; l = next) {
			next = l->next;
			home(l);
		}
		pump();
		return 0;
	default:
		return 0;
	}
}

static void
gateway(int port, const char *url)
{
	static const struct lws_protocols protocols[] = {
		{ .name = "http", .callback = http, .per_session_data_size = sizeof(void *) },
		{ 0 }
	};
	struct lws_context_creation_info info = { .port = port,
		.protocols = protocols,
		.iface = "127.0.0.1",
		.pt_serv_buf_size = 128 * 1024,
		.max_http_header_data = 8192,
		.max_http_header_pool = 256 };
	nng_socket s;

	info.gid = info.uid = (__typeof__(info.gid))-1;
	lws_set_log_level(0, NULL);
	if (nng_req0_open(&s) != 0 || nng_dial(s, url, NULL, NNG_FLAG_NONBLOCK) != 0)
		errx(1, "%s", url);
	(void)nng_socket_set_size(s, NNG_OPT_RECVMAXSZ, 0);
	for (unsigned i = 0; i < LINES; i++)
		if (nng_ctx_open(&g.line[i].ctx, s) != 0 ||
		    nng_aio_alloc(&g.line[i].aio, aio_done, &g.line[i]) != 0)
			errx(1, "nng");
	if ((g.lws = lws_create_context(&info)) == NULL)
		errx(1, "port");
	while (lws_service(g.lws, 0) >= 0)
		;
}

/* ---- service ---- */

static struct {
	nng_socket socket;
	uint8_t key[SIGN_PUBLIC_BYTES];
} v;

static const char *
no_field(const void *ctx, const char *name)
{
	(void)ctx;
	(void)name;
	return NULL;
}

static void
answer_small(nng_msg *in, nng_msg *out)
{
	const char *p = nng_msg_body(in);

	for (size_t n = nng_msg_len(in); n >= 1400; n -= 1400, p += 1400) {
		struct httpsig_message m = {
			.method = "GET", .target = p, .authority = "", .field = no_field
		};

		if (httpsig_verify(&m, p + 600, p + 1200, v.key))
			errx(1, "a signature is bad");
		add(out, "12345678", 8);
	}
}

static void *
work(void *arg)
{
	nng_ctx ctx;
	nng_aio *aio;

	(void)arg;
	if (nng_ctx_open(&ctx, v.socket) != 0 || nng_aio_alloc(&aio, NULL, NULL) != 0)
		errx(1, "memory");
	for (;;) {
		nng_msg *in, *out;

		nng_ctx_recv(ctx, aio);
		nng_aio_wait(aio);
		if (nng_aio_result(aio) != 0)
			return NULL;
		in = nng_aio_get_msg(aio);
		if (nng_msg_alloc(&out, 0) != 0)
			errx(1, "memory");
		answer_small(in, out);
		nng_msg_free(in);
		nng_aio_set_msg(aio, out);
		nng_ctx_send(ctx, aio);
		nng_aio_wait(aio);
	}
}

static void
service(const char *url)
{
	static const uint8_t seed[SIGN_SEED_BYTES] = { 3 };
	struct sign_key *key = NULL;
	pthread_t t[WORKERS];

	if (sign_from_seed(bytes_of(seed, sizeof seed), &key))
		errx(1, "key");
	sign_public(key, v.key);
	if (nng_rep0_open(&v.socket) != 0)
		errx(1, "nng");
	(void)nng_socket_set_size(v.socket, NNG_OPT_RECVMAXSZ, 0);
	if (nng_listen(v.socket, url, NULL, 0) != 0)
		errx(1, "%s", url);
	for (unsigned i = 0; i < WORKERS; i++)
		if (pthread_create(&t[i], NULL, work, NULL) != 0)
			errx(1, "thread");
	for (unsigned i = 0; i < WORKERS; i++)
		(void)pthread_join(t[i], NULL);
}

int
main(int argc, char **argv)
{
	if (suite_init() || argc < 3)
		errx(64, "see the top of floor.c");
	if (strcmp(argv[1], "gateway") == 0 && argc == 4)
		gateway(atoi(argv[2]), argv[3]);
	else
		service(argv[2]);
	return 0;
}
