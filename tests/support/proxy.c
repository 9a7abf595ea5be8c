/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "test.h"

#include "proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "format/pb.h"
#include "proto/rpc.pb-c.h"

enum { MESSAGE_MAX = 64 * 1024 * 1024, LINES = 64 };

struct line { /* one connection of a client */
	struct proxy *d;
	pthread_t thread;
	int fd;
};

struct proxy {
	int listener;
	struct sockaddr_in upstream;
	char url[64];
	pthread_t thread;
	pthread_mutex_t lock; /* of what follows */
	struct proxy_hooks hooks;
	struct line line[LINES];
	unsigned connections;
};

struct message {
	struct buf all; /* head and body */
	size_t head;
	char first[3][1200]; /* the words of the first line */
};

static struct bytes
body_of(const struct message *m)
{
	return bytes_of(m->all.p + m->head, m->all.n - m->head);
}

static bool
read_more(int fd, struct buf *b, size_t n)
{
	uint8_t chunk[65536];
	ssize_t got = recv(fd, chunk, n < sizeof chunk ? n : sizeof chunk, 0);

	if (got <= 0)
		return false;
	buf_add(b, bytes_of(chunk, (size_t)got));
	return buf_err(b) == ZT_OK;
}

/* One whole HTTP/1.1 message with a Content-Length, or none. */
static bool
read_message(int fd, struct message *m)
{
	const char *end = NULL, *length;
	size_t want = 0;

	m->all = buf_init(MESSAGE_MAX);
	while (end == NULL) {
		if (!read_more(fd, &m->all, 65536))
			return false;
		end = strstr(buf_text(&m->all), "\r\n\r\n");
	}
	m->head = (size_t)(end + 4 - (const char *)m->all.p);
	if ((length = strcasestr((const char *)m->all.p, "\r\ncontent-length:")) != NULL &&
	    length < (const char *)m->all.p + m->head)
		want = strtoul(length + 17, NULL, 10);
	/* Now, while it is a text: the body that follows may be without a zero byte. */
	if (sscanf((const char *)m->all.p, "%1199s %1199s %1199s", m->first[0], m->first[1],
		m->first[2]) != 3)
		return false;
	while (m->all.n < m->head + want)
		if (!read_more(fd, &m->all, m->head + want - m->all.n))
			return false;
	return true;
}

static bool
write_all(int fd, struct bytes b)
{
	while (b.n > 0) {
		ssize_t n = send(fd, b.p, b.n, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		b.p += n;
		b.n -= (size_t)n;
	}
	return true;
}

/* Over *FD, which is kept; -1: none yet. One that has ended meanwhile is opened again. */
static bool
ask_upstream(const struct proxy *d, int *fd, struct bytes request, struct message *answer)
{
	bool was_open = *fd >= 0;

	answer->all = buf_init(0);
	if (!was_open) {
		*fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (*fd < 0 || connect(*fd, (const struct sockaddr *)&d->upstream,
				   sizeof d->upstream) != 0)
			return false;
	}
	if (write_all(*fd, request) && read_message(*fd, answer))
		return true;
	buf_free(&answer->all);
	(void)close(*fd);
	*fd = -1;
	return was_open && ask_upstream(d, fd, request, answer);
}

int
proxy_send(const struct proxy *d, struct bytes request, enum zt_err *err)
{
	struct message answer;
	Zt__Answer *m = NULL;
	int status, fd = -1;

	assert_true(ask_upstream(d, &fd, request, &answer));
	(void)close(fd);
	status = atoi(answer.first[1]);
	*err = ZT_OK;
	if (status != 200 &&
	    pb_decode(&zt__answer__descriptor, body_of(&answer), 4096, &m) == ZT_OK)
		*err = err_from_number(m->error);
	pb_free(m);
	buf_free(&answer.all);
	return status;
}

void
proxy_refuse(struct proxy_call *c, enum zt_err err)
{
	Zt__Answer m = ZT__ANSWER__INIT;

	m.error = (uint32_t)err;
	c->status = err_http(err);
	buf_empty(&c->answer);
	assert_ok(pb_encode(&m, &c->answer));
}

/* One request, through the hooks and the real server. */
static bool
carry(struct proxy *d, int fd, int *up, struct message *m)
{
	struct proxy_call c = { .method = m->first[0],
		.target = m->first[1],
		.request = buf_bytes(&m->all),
		.body = body_of(m),
		.status = 502,
		.answer = buf_init(MESSAGE_MAX) };
	bool known = route_match(c.method, c.target, &c.route, &c.params) == ZT_OK;
	struct proxy_hooks hooks;
	struct message answer = { .all = buf_init(0) };
	struct buf out =
	    buf_init(MESSAGE_MAX); /* at once: two small writes wait for each other */
	bool answered, ok;

	(void)pthread_mutex_lock(&d->lock);
	hooks = d->hooks;
	answered = known && hooks.before != NULL && hooks.before(hooks.ctx, &c);
	(void)pthread_mutex_unlock(&d->lock);
	if (!answered && ask_upstream(d, up, c.request, &answer)) {
		c.status = atoi(answer.first[1]);
		buf_add(&c.answer, body_of(&answer));
		(void)pthread_mutex_lock(&d->lock);
		hooks = d->hooks;
		if (known && hooks.after != NULL)
			hooks.after(hooks.ctx, &c);
		(void)pthread_mutex_unlock(&d->lock);
	}
	buf_printf(&out,
	    "HTTP/1.1 %d -\r\ncontent-type: application/%s\r\ncontent-length: %zu\r\n\r\n",
	    c.status, c.status == 200 ? "octet-stream" : "x-zt-error", c.answer.n);
	buf_add(&out, buf_bytes(&c.answer));
	ok = c.status != 0 && write_all(fd, buf_bytes(&out));
	buf_free(&answer.all);
	buf_free(&c.answer);
	buf_free(&out);
	return ok;
}

static void *
serve(void *arg)
{
	struct line *l = arg;
	struct message m;
	bool more = true;
	int up = -1;

	while (more) {
		more = read_message(l->fd, &m) && carry(l->d, l->fd, &up, &m);
		buf_free(&m.all);
	}
	if (up >= 0)
		(void)close(up);
	(void)shutdown(l->fd, SHUT_RDWR);
	return NULL;
}

static void *
accept_all(void *arg)
{
	struct proxy *d = arg;
	int fd;

	for (size_t i = 0; (fd = accept(d->listener, NULL, NULL)) >= 0; i++) {
		struct line *l = &d->line[i % LINES];

		(void)pthread_mutex_lock(&d->lock);
		if (l->fd >= 0) { /* an old connection: its client has gone, or ends now */
			(void)shutdown(l->fd, SHUT_RDWR);
			(void)pthread_mutex_unlock(&d->lock);
			(void)pthread_join(l->thread, NULL);
			(void)pthread_mutex_lock(&d->lock);
			(void)close(l->fd);
		}
		*l = (struct line){ .d = d, .fd = fd };
		d->connections++;
		if (pthread_create(&l->thread, NULL, serve, l) != 0)
			abort();
		(void)pthread_mutex_unlock(&d->lock);
	}
	return NULL;
}

struct proxy *
proxy_start(const char *upstream)
{
	struct proxy *d = calloc(1, sizeof *d);
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof a;

	assert_non_null(d);
	d->upstream = a;
	d->upstream.sin_port = htons((uint16_t)atoi(strrchr(upstream, ':') + 1));
	for (size_t i = 0; i < LINES; i++)
		d->line[i].fd = -1;
	(void)pthread_mutex_init(&d->lock, NULL);
	d->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(0, bind(d->listener, (struct sockaddr *)&a, sizeof a));
	assert_int_equal(0, listen(d->listener, 64));
	assert_int_equal(0, getsockname(d->listener, (struct sockaddr *)&a, &n));
	(void)snprintf(d->url, sizeof d->url, "http://127.0.0.1:%d", ntohs(a.sin_port));
	assert_int_equal(0, pthread_create(&d->thread, NULL, accept_all, d));
	return d;
}

void
proxy_stop(struct proxy *d)
{
	(void)shutdown(d->listener, SHUT_RDWR);
	(void)pthread_join(d->thread, NULL);
	(void)close(d->listener);
	for (size_t i = 0; i < LINES; i++)
		if (d->line[i].fd >= 0) {
			(void)shutdown(d->line[i].fd, SHUT_RDWR);
			(void)pthread_join(d->line[i].thread, NULL);
			(void)close(d->line[i].fd);
		}
	(void)pthread_mutex_destroy(&d->lock);
	free(d);
}

unsigned
proxy_connections(struct proxy *d)
{
	unsigned n;

	(void)pthread_mutex_lock(&d->lock);
	n = d->connections;
	(void)pthread_mutex_unlock(&d->lock);
	return n;
}

const char *
proxy_url(const struct proxy *d)
{
	return d->url;
}

void
proxy_play(struct proxy *d, const struct proxy_hooks *hooks)
{
	(void)pthread_mutex_lock(&d->lock);
	d->hooks = hooks != NULL ? *hooks : (struct proxy_hooks){ 0 };
	(void)pthread_mutex_unlock(&d->lock);
}
