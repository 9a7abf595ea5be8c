/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* transfer.c - what physics asks of a large file, over the same parts and nothing else: no
 * signatures, no rights, no database, no manifest.
 *
 *     transfer gateway PORT URL         libwebsockets to nng, a message a block
 *     transfer service URL FOLDER       hashes what comes, a file a block, group commit; - for
 * a hash is whatever it is (a browser's floor) transfer put|get PORT FILE SIZE   seals and
 * hashes, or opens; 16 connections
 */
#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <libwebsockets.h>
#include <malloc.h>
#include <netinet/tcp.h>
#include <nng/nng.h>
#include <nng/protocol/reqrep0/rep.h>
#include <nng/protocol/reqrep0/req.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bus/ipc.h"
#include "crypto/aead.h"
#include "crypto/hash.h"
#include "crypto/suite.h"

enum {
	CONNECTIONS = 12,
	WORKERS = 8,
	LINES = 32,
	BLOCK = 1024 * 1024,
	PAGE = 4096,
	SEALED = BLOCK + AEAD_TAG_BYTES,
	ON_DISK = BLOCK + PAGE,
	HEAD = 96, /* of a message: "PUT /NUMBER/HASH", "GET /NUMBER", the answer's room */
	CHUNK = 128 * 1024
};

/* The same parts: with the send buffers that they have. */
static void
widen(nng_pipe pipe, nng_pipe_ev ev, void *arg)
{
	(void)pipe;
	(void)ev;
	(void)arg;
	ipc_widen();
}

/* ---- gateway ---- */

struct exchange {
	struct lws *wsi;
	nng_ctx ctx;
	nng_aio *aio;
	nng_msg *request, *answer;
	size_t left, sent;
	bool busy, receiving, head_sent;
	struct exchange *next; /* in the mailbox */
};

static struct {
	struct lws_context *lws;
	struct exchange x[LINES];
	pthread_mutex_t lock;
	struct exchange *done;
} g = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void
aio_done(void *arg)
{
	struct exchange *x = arg;

	(void)pthread_mutex_lock(&g.lock);
	x->next = g.done;
	g.done = x;
	(void)pthread_mutex_unlock(&g.lock);
	if (g.lws != NULL)
		lws_cancel_service(g.lws);
}

static void
submit(struct exchange *x)
{
	x->receiving = false;
	nng_aio_set_msg(x->aio, x->request);
	x->request = NULL;
	lws_set_timeout(x->wsi, PENDING_TIMEOUT_HTTP_CONTENT, 60);
	nng_ctx_send(x->ctx, x->aio);
}

static void
home(struct exchange *x)
{
	if (nng_aio_result(x->aio) != 0)
		errx(1, "nng: %s", nng_strerror(nng_aio_result(x->aio)));
	if (!x->receiving) {
		x->receiving = true;
		nng_ctx_recv(x->ctx, x->aio);
		return;
	}
	x->answer = nng_aio_get_msg(x->aio);
	(void)lws_callback_on_writable(x->wsi);
}

static int
head(struct lws *wsi, struct exchange **slot, const char *path)
{
	char line[HEAD] = "", n[16] = "0";
	struct exchange *x = g.x;
	bool is_put = lws_hdr_total_length(wsi, WSI_TOKEN_PUT_URI) > 0;

	while (x < g.x + LINES && x->busy)
		x++;
	if (x == g.x + LINES)
		errx(1, "more connections than lines");
	*slot = x;
	x->wsi = wsi;
	x->busy = true;
	x->head_sent = false;
	x->sent = 0;
	(void)lws_hdr_copy(wsi, n, sizeof n, WSI_TOKEN_HTTP_CONTENT_LENGTH);
	x->left = is_put ? strtoul(n, NULL, 10) : 0;
	(void)snprintf(line, sizeof line, "%s %s", is_put ? "PUT" : "GET", path);
	if (nng_msg_alloc(&x->request, HEAD + x->left) != 0)
		errx(1, "memory");
	memcpy(nng_msg_body(x->request), line, HEAD);
	(void)nng_msg_chop(x->request, x->left);
	if (x->left == 0)
		submit(x);
	return 0;
}

static int
write_answer(struct lws *wsi, struct exchange **slot)
{
	struct exchange *x = *slot;
	uint8_t room[LWS_PRE + 512], *p = room + LWS_PRE;
	size_t n, all;

	if (x == NULL || x->answer == NULL)
		return 0;
	all = nng_msg_len(x->answer) - HEAD;
	if (!x->head_sent) {
		if (lws_add_http_common_headers(
			wsi, 200, "application/octet-stream", all, &p, room + sizeof room) ||
		    lws_finalize_write_http_header(wsi, room + LWS_PRE, &p, room + sizeof room))
			return -1;
		x->head_sent = true;
	}
	n = all - x->sent < CHUNK ? all - x->sent : CHUNK;
	if (lws_write(wsi, (uint8_t *)nng_msg_body(x->answer) + HEAD + x->sent, n,
		x->sent + n == all ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP) != (int)n)
		return -1;
	x->sent += n;
	if (x->sent < all) {
		(void)lws_callback_on_writable(wsi);
		return 0;
	}
	nng_msg_free(x->answer);
	x->answer = NULL;
	x->busy = false;
	*slot = NULL;
	return lws_http_transaction_completed(wsi) ? -1 : 0;
}

static void
empty_mailbox(void)
{
	struct exchange *x;

	(void)pthread_mutex_lock(&g.lock);
	x = g.done;
	g.done = NULL;
	(void)pthread_mutex_unlock(&g.lock);
	for (struct exchange *next; x != NULL; x = next) {
		next = x->next;
		home(x);
	}
}

static int
http(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t n)
{
	struct exchange **slot = user;

	switch ((int)reason) {
	case LWS_CALLBACK_HTTP:
		return head(wsi, slot, in);
	case LWS_CALLBACK_HTTP_BODY:
		(*slot)->left -= n;
		return nng_msg_append((*slot)->request, in, n) == 0 ? 0 : -1;
	case LWS_CALLBACK_HTTP_BODY_COMPLETION:
		submit(*slot);
		return 0;
	case LWS_CALLBACK_HTTP_WRITEABLE:
		return write_answer(wsi, slot);
	case LWS_CALLBACK_EVENT_WAIT_CANCELLED:
		empty_mailbox();
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
		.pt_serv_buf_size = 128 * 1024 };
	nng_socket s;

	info.gid = info.uid = (__typeof__(info.gid))-1;
	lws_set_log_level(0, NULL);
	if (nng_req0_open(&s) != 0 ||
	    nng_pipe_notify(s, NNG_PIPE_EV_ADD_POST, widen, NULL) != 0 ||
	    nng_dial(s, url, NULL, NNG_FLAG_NONBLOCK) != 0)
		errx(1, "%s", url);
	(void)nng_socket_set_size(s, NNG_OPT_RECVMAXSZ, 0);
	for (unsigned i = 0; i < LINES; i++)
		if (nng_ctx_open(&g.x[i].ctx, s) != 0 ||
		    nng_aio_alloc(&g.x[i].aio, aio_done, &g.x[i]) != 0)
			errx(1, "nng");
	if ((g.lws = lws_create_context(&info)) == NULL)
		errx(1, "port");
	while (lws_service(g.lws, 0) >= 0)
		;
}

/* ---- service ---- */

static struct {
	nng_socket socket;
	int folder;
	pthread_mutex_t lock;
	pthread_cond_t synced;
	uint64_t arrived, covered;
	bool syncing;
} v = { .lock = PTHREAD_MUTEX_INITIALIZER, .synced = PTHREAD_COND_INITIALIZER };

static void
commit(void)
{
	uint64_t mine, upto;

	(void)pthread_mutex_lock(&v.lock);
	mine = ++v.arrived;
	while (v.covered < mine) {
		if (v.syncing) {
			(void)pthread_cond_wait(&v.synced, &v.lock);
			continue;
		}
		v.syncing = true;
		upto = v.arrived;
		(void)pthread_mutex_unlock(&v.lock);
		if (syncfs(v.folder) != 0)
			err(1, "sync");
		(void)pthread_mutex_lock(&v.lock);
		v.syncing = false;
		v.covered = upto;
		(void)pthread_cond_broadcast(&v.synced);
	}
	(void)pthread_mutex_unlock(&v.lock);
}

static void
keep_block(const char *line, const uint8_t *p, size_t n, uint8_t *pages)
{
	char name[HEAD], text[2 * HASH_BYTES + 1];
	struct hash is;
	int fd;

	if (n > SEALED || sscanf(line, "PUT /%20[0-9]/%64s", name, text) != 2)
		errx(1, "%s", line);
	hash_block(bytes_of(p, n), &is);
	for (size_t i = 0; text[0] != '-' && i < HASH_BYTES; i++) {
		char two[3];

		(void)snprintf(two, sizeof two, "%02x", is.b[i]);
		if (memcmp(text + 2 * i, two, 2) != 0)
			errx(1, "another block: %s", name);
	}
	memcpy(pages, p, n);
	memset(pages + n, 0, ON_DISK - n);
	if ((fd = openat(v.folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_DIRECT, 0600)) < 0 ||
	    pwrite(fd, pages, ON_DISK, 0) != ON_DISK || close(fd) != 0)
		err(1, "%s", name);
	commit();
}

static nng_msg *
give_block(const char *line)
{
	char name[HEAD];
	uint8_t *p;
	size_t shift;
	nng_msg *m;
	int fd;

	if (sscanf(line, "GET /%20[0-9]", name) != 1 ||
	    (fd = openat(v.folder, name, O_RDONLY | O_DIRECT)) < 0 ||
	    nng_msg_alloc(&m, HEAD + PAGE + ON_DISK) != 0)
		err(1, "%s", line);
	p = nng_msg_body(m);
	shift = (PAGE - ((uintptr_t)p + HEAD) % PAGE) % PAGE;
	if (pread(fd, p + shift + HEAD, ON_DISK, 0) != ON_DISK || close(fd) != 0)
		err(1, "%s", name);
	(void)nng_msg_trim(m, shift);
	(void)nng_msg_chop(m, nng_msg_len(m) - HEAD - SEALED);
	return m;
}

static void *
work(void *arg)
{
	uint8_t *pages = aligned_alloc(PAGE, ON_DISK);
	nng_ctx ctx;
	nng_aio *aio;

	(void)arg;
	if (pages == NULL || nng_ctx_open(&ctx, v.socket) != 0 ||
	    nng_aio_alloc(&aio, NULL, NULL) != 0)
		errx(1, "memory");
	for (;;) {
		const char *line;
		nng_msg *in, *out;

		nng_ctx_recv(ctx, aio);
		nng_aio_wait(aio);
		if (nng_aio_result(aio) != 0)
			return NULL;
		in = nng_aio_get_msg(aio);
		line = nng_msg_body(in);
		if (line[0] == 'G') {
			out = give_block(line);
		} else {
			keep_block(
			    line, (const uint8_t *)line + HEAD, nng_msg_len(in) - HEAD, pages);
			if (nng_msg_alloc(&out, HEAD + 1) != 0)
				errx(1, "memory");
		}
		nng_msg_free(in);
		nng_aio_set_msg(aio, out);
		nng_ctx_send(ctx, aio);
		nng_aio_wait(aio);
	}
}

static void
service(const char *url, const char *folder)
{
	pthread_t t[WORKERS];

	if ((v.folder = open(folder, O_RDONLY | O_DIRECTORY)) < 0)
		err(1, "%s", folder);
	if (nng_rep0_open(&v.socket) != 0 ||
	    nng_socket_set_size(v.socket, NNG_OPT_RECVMAXSZ, 0) != 0 ||
	    nng_pipe_notify(v.socket, NNG_PIPE_EV_ADD_POST, widen, NULL) != 0 ||
	    nng_listen(v.socket, url, NULL, 0) != 0)
		errx(1, "%s", url);
	for (unsigned i = 0; i < WORKERS; i++)
		if (pthread_create(&t[i], NULL, work, NULL) != 0)
			errx(1, "thread");
	for (unsigned i = 0; i < WORKERS; i++)
		(void)pthread_join(t[i], NULL);
}

/* ---- client ---- */

static struct {
	int port, file;
	size_t blocks;
	atomic_size_t next;
	bool is_put;
} c;

static const uint8_t key[AEAD_KEY_BYTES] = { 7 }, nonce[AEAD_NONCE_BYTES] = { 9 };

static void
send_all(int fd, const void *p, size_t n)
{
	for (size_t at = 0; at < n;) {
		ssize_t k = send(fd, (const char *)p + at, n - at, MSG_NOSIGNAL);

		if (k <= 0)
			err(1, "send");
		at += (size_t)k;
	}
}

/* The body of an answer, of N bytes, into TO. */
static void
receive(int fd, uint8_t *to, size_t n)
{
	char text[1024];
	size_t have = 0, got;
	char *end;

	do {
		ssize_t k =
		    recv(fd, text + have, 1, 0); /* to the end of the head, no further */

		if (k <= 0 || have + 2 >= sizeof text)
			err(1, "the answer's head");
		text[++have] = 0;
	} while ((end = strstr(text, "\r\n\r\n")) == NULL);
	if (strncmp(text, "HTTP/1.1 200", 12) != 0)
		errx(1, "%s", text);
	for (got = 0; got < n;) {
		ssize_t k = recv(fd, to + got, n - got, 0);

		if (k <= 0)
			err(1, "recv");
		got += (size_t)k;
	}
}

static void
up(int fd, size_t i, uint8_t *pages, struct buf *sealed)
{
	char line[256];
	struct hash h;
	int n;

	if (pread(c.file, pages, BLOCK, (off_t)(i * BLOCK)) != BLOCK)
		err(1, "read");
	buf_empty(sealed);
	if (aead_x_seal(key, nonce, bytes_of(NULL, 0), bytes_of(pages, BLOCK), sealed))
		errx(1, "seal");
	hash_block(buf_bytes(sealed), &h);
	n = snprintf(line, sizeof line, "PUT /%zu/", i);
	for (size_t k = 0; k < HASH_BYTES; k++)
		n += snprintf(line + n, sizeof line - (size_t)n, "%02x", h.b[k]);
	n += snprintf(line + n, sizeof line - (size_t)n,
	    " HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n", sealed->n);
	send_all(fd, line, (size_t)n);
	send_all(fd, sealed->p, sealed->n);
	receive(fd, pages, 1);
}

static void
down(int fd, size_t i, uint8_t *sealed, struct buf *clear)
{
	char line[128];
	struct hash h;
	int n = snprintf(line, sizeof line, "GET /%zu HTTP/1.1\r\nHost: x\r\n\r\n", i);

	send_all(fd, line, (size_t)n);
	receive(fd, sealed, SEALED);
	hash_block(bytes_of(sealed, SEALED), &h);
	buf_empty(clear);
	if (aead_x_open(key, nonce, bytes_of(NULL, 0), bytes_of(sealed, SEALED), clear))
		errx(1, "open");
	if (pwrite(c.file, clear->p, BLOCK, (off_t)(i * BLOCK)) != BLOCK)
		err(1, "write");
}

static void *
carry(void *arg)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)c.port) };
	uint8_t *pages = aligned_alloc(PAGE, ON_DISK);
	struct buf b = buf_init(ON_DISK);
	int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)arg;
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (pages == NULL || buf_reserve(&b, SEALED) ||
	    connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
		err(1, "connect");
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	for (size_t i; (i = atomic_fetch_add(&c.next, 1)) < c.blocks;)
		if (c.is_put)
			up(fd, i, pages, &b);
		else
			down(fd, i, pages, &b);
	(void)close(fd);
	free(pages);
	buf_free(&b);
	return NULL;
}

static void
client(bool is_put, int port, const char *file, size_t size)
{
	pthread_t t[CONNECTIONS];

	c.is_put = is_put;
	c.port = port;
	c.blocks = size / BLOCK;
	c.file = is_put ? open(file, O_RDONLY)
			: open(file, O_WRONLY | O_CREAT | O_TRUNC | O_DIRECT, 0600);
	if (c.file < 0 || (!is_put && fallocate(c.file, 0, 0, (off_t)size) != 0))
		err(1, "%s", file);
	for (unsigned i = 0; i < CONNECTIONS; i++)
		if (pthread_create(&t[i], NULL, carry, NULL) != 0)
			errx(1, "thread");
	for (unsigned i = 0; i < CONNECTIONS; i++)
		(void)pthread_join(t[i], NULL);
	if (!is_put && fdatasync(c.file) != 0)
		err(1, "%s", file);
}

int
main(int argc, char **argv)
{
	if (suite_init() || argc < 4)
		errx(64, "see the top of transfer.c");
	/* Messages come again in memory that is there already: fresh pages are dear. */
	(void)mallopt(M_ARENA_MAX, 4);
	(void)mallopt(M_MMAP_THRESHOLD, 8 * 1024 * 1024);
	(void)mallopt(M_TRIM_THRESHOLD, 64 * 1024 * 1024);
	if (strcmp(argv[1], "gateway") == 0)
		gateway(atoi(argv[2]), argv[3]);
	else if (strcmp(argv[1], "service") == 0)
		service(argv[2], argv[3]);
	else if (argc == 5)
		client(strcmp(argv[1], "put") == 0, atoi(argv[2]), argv[3],
		    strtoul(argv[4], NULL, 10));
	else
		errx(64, "see the top of transfer.c");
	return 0;
}
