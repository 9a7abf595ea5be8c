/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "device.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "crypto/suite.h"
#include "format/event.h"
#include "format/httpsig.h"

void
ok(enum zt_err e)
{
	if (e)
		errx(1, "%s", err_text(e));
}

struct zt *
open_device(const char *home, const char *password)
{
	struct zt_options o = { .home = home, .password = password };
	struct zt *z = NULL;
	char message[256];

	if (zt_open(&o, &z, message))
		errx(1, "%s", message);
	ok(zt_sync(z));
	return z;
}

static const char *
digest_field(const void *ctx, const char *name)
{
	return strcmp(name, "content-digest") == 0 ? ctx : NULL;
}

/* The first message of an event socket, as a frame whose mask is zeros. */
static void
add_first(const char *input, const char *signature, struct buf *out)
{
	struct buf first = buf_init(EVENT_FIRST_MAX);
	uint8_t head[] = { 0x81, 0x80 | 126, 0, 0, 0, 0, 0, 0 };

	event_first_write(input, signature, &first);
	head[2] = (uint8_t)(first.n >> 8);
	head[3] = (uint8_t)first.n;
	buf_add(out, bytes_of(head, sizeof head));
	buf_add(out, buf_bytes(&first));
	buf_free(&first);
}

void
open_socket(int fd, struct bytes request)
{
	const char *end = memmem(request.p, request.n, "\r\n\r\n", 4);
	size_t n = (size_t)(end + 4 - (const char *)request.p), got = 0;
	char answer[4096];

	if (send(fd, request.p, n, MSG_NOSIGNAL) != (ssize_t)n)
		err(1, "send");
	while (got == 0 || memmem(answer, got, "\r\n\r\n", 4) == NULL) {
		ssize_t some = recv(fd, answer + got, sizeof answer - got, 0);

		if (some <= 0)
			errx(1, "an event socket was refused");
		got += (size_t)some;
	}
	if (send(fd, request.p + n, request.n - n, MSG_NOSIGNAL) != (ssize_t)(request.n - n) ||
	    recv(fd, answer, 2, MSG_WAITALL) != 2 || (uint8_t)answer[0] != 0x82)
		errx(1, "an event socket was refused");
}

struct bytes
request_of(const struct sign_key *key, const struct id *org, const struct id *device,
    enum route r, const struct route_params *p, const char *query, struct bytes body,
    const char *extra)
{
	struct buf target = buf_init(1024), input = buf_init(2048), signature = buf_init(256),
		   digest = buf_init(256), all = buf_init(1 << 20);
	struct httpsig_params sp = { .org = *org,
		.device = *device,
		.created_s = (uint64_t)time(NULL),
		.covers_digest = body.n > 0 };
	struct httpsig_message m = {
		.method = route_verb(route_row(r)->verb), .authority = "", .field = digest_field
	};
	uint8_t nonce[16];
	struct bytes out;

	sp.expires_s = sp.created_s + 110;
	random_bytes(nonce, sizeof nonce);
	hex_print(nonce, sizeof nonce, sp.nonce);
	route_path(r, p, &target);
	if (query != NULL)
		buf_printf(&target, "?%s", query);
	if (body.n > 0)
		httpsig_digest(body, &digest);
	m.target = buf_text(&target);
	m.ctx = buf_text(&digest);
	ok(httpsig_sign(&m, &sp, key, &input, &signature));
	buf_printf(&all, "%s %s HTTP/1.1\r\nhost: 127.0.0.1\r\n%s", m.method, m.target, extra);
	if (r != ROUTE_EVENTS)
		buf_printf(&all, "signature-input: %s\r\nsignature: %s\r\n", buf_text(&input),
		    buf_text(&signature));
	if (body.n > 0)
		buf_printf(&all, "content-digest: %s\r\ncontent-length: %zu\r\n",
		    buf_text(&digest), body.n);
	buf_add_text(&all, "\r\n");
	buf_add(&all, body);
	if (r == ROUTE_EVENTS)
		add_first(buf_text(&input), buf_text(&signature), &all);
	ok(buf_err(&all));
	out = bytes_of(memcpy(malloc(all.n), all.p, all.n), all.n);
	buf_free(&target);
	buf_free(&input);
	buf_free(&signature);
	buf_free(&digest);
	buf_free(&all);
	return out;
}

int
port_of(const struct zt *z)
{
	return atoi(strrchr(z->server, ':') + 1);
}
