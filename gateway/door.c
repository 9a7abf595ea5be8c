/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "gateway/door.h"

#include <errno.h>
#include <ev.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bus/clock.h"

enum {
	A_TURN = 64, /* connections, before others have theirs */
	WAITING = 1024,
	REST_MS = 250 /* when the system has no file or memory for another one */
};

struct door {
	struct gateway *g;
	struct ev_loop *loop;
	struct ev_io comes;
	struct due rested;
	bool is_metrics;
};

/* What each connection takes over from its listener. */
static bool
set_options(int fd)
{
	static const struct {
		int level, name, value;
	} options[] = { { SOL_SOCKET, SO_REUSEADDR, 1 }, { SOL_SOCKET, SO_KEEPALIVE, 1 },
		{ IPPROTO_TCP, TCP_KEEPIDLE, 60 }, { IPPROTO_TCP, TCP_KEEPCNT, 3 },
		{ IPPROTO_TCP, TCP_KEEPINTVL, 10 }, { IPPROTO_TCP, TCP_NODELAY, 1 } };

	for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
		if (setsockopt(fd, options[i].level, options[i].name, &options[i].value,
			sizeof options[i].value) != 0)
			return false;
	return true;
}

/* A listening socket, or -1. */
static int
listen_on(const struct addrinfo *at)
{
	int fd = socket(at->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);

	if (fd >= 0 && set_options(fd) && bind(fd, at->ai_addr, at->ai_addrlen) == 0 &&
	    listen(fd, WAITING) == 0)
		return fd;
	if (fd >= 0)
		(void)close(fd);
	return -1;
}

static int
open_socket(const struct door_settings *s)
{
	const struct addrinfo want = { .ai_flags = AI_PASSIVE | AI_NUMERICSERV,
		.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM };
	struct addrinfo *all = NULL;
	char port[16];
	int fd = -1;

	(void)snprintf(port, sizeof port, "%d", (int)s->port);
	if (getaddrinfo(s->host, port, &want, &all) != 0)
		return -1;
	for (const struct addrinfo *at = all; at != NULL && fd < 0; at = at->ai_next)
		fd = listen_on(at);
	freeaddrinfo(all);
	return fd;
}

static bool
write_port(int fd, const char *path)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} at;
	socklen_t n = sizeof at;
	bool is_written;
	FILE *f;

	if (path[0] == 0)
		return true;
	if (getsockname(fd, &at.any, &n) != 0 || (f = fopen(path, "we")) == NULL)
		return false;
	is_written =
	    fprintf(f, "%d\n",
		ntohs(at.any.sa_family == AF_INET6 ? at.v6.sin6_port : at.v4.sin_port)) > 0;
	return fclose(f) == 0 && is_written;
}

static void
go_on(struct due *due, uint64_t now_ms)
{
	struct door *d = DUE_OF(due, struct door, rested);

	(void)now_ms;
	ev_io_start(d->loop, &d->comes);
}

/* Who waits would wake the loop at once, again and again. */
static void
rest(struct door *d)
{
	ev_io_stop(d->loop, &d->comes);
	due_set(&d->g->due, &d->rested, clock_ms() + REST_MS, go_on);
}

static void
let_in(struct ev_loop *loop, struct ev_io *comes, int events)
{
	struct door *d = comes->data;

	(void)loop;
	(void)events;
	for (int i = 0; i < A_TURN; i++) {
		lws_sock_file_fd_type fd = { .sockfd = accept4(comes->fd, NULL, NULL,
						 SOCK_NONBLOCK | SOCK_CLOEXEC) };

		if (fd.sockfd < 0) {
			if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
			    errno == ENOMEM)
				rest(d);
			if (errno == EAGAIN || d->rested.is_set)
				return;
			continue; /* this one had left */
		}
		d->g->door = d;
		/* closes it where that fails */
		(void)lws_adopt_descriptor_vhost(d->g->vhost,
		    d->is_metrics ? LWS_ADOPT_SOCKET | LWS_ADOPT_HTTP
				  : LWS_ADOPT_SOCKET | LWS_ADOPT_HTTP | LWS_ADOPT_ALLOW_SSL,
		    fd, NULL, NULL);
	}
}

enum zt_err
door_open(struct gateway *g, struct ev_loop *loop, const struct door_settings *s,
    struct door **out, char why[200])
{
	struct door *d = calloc(1, sizeof *d);
	int fd;

	if (d == NULL)
		return ZT_ERR_MEMORY;
	if ((fd = open_socket(s)) < 0) {
		(void)snprintf(why, 200, "%s: cannot listen on %.60s port %d: %s", s->name,
		    s->host, (int)s->port, strerror(errno));
		free(d);
		return ZT_ERR_UNAVAILABLE;
	}
	if (!write_port(fd, s->port_file)) {
		(void)snprintf(why, 200, "%s_file: cannot write %.150s", s->name, s->port_file);
		(void)close(fd);
		free(d);
		return ZT_ERR_CONFIG;
	}
	d->g = g;
	d->loop = loop;
	d->is_metrics = s->is_metrics;
	ev_io_init(&d->comes, let_in, fd, EV_READ);
	d->comes.data = d;
	ev_io_start(loop, &d->comes);
	*out = d;
	return ZT_OK;
}

void
door_close(struct door *d)
{
	if (d == NULL)
		return;
	due_cancel(&d->rested);
	ev_io_stop(d->loop, &d->comes);
	(void)close(d->comes.fd);
	free(d);
}

bool
door_is_metrics(const struct door *d)
{
	return d->is_metrics;
}
