/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "bus/tcp.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WAITING = 1024 };

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

static int
listen_on(const struct addrinfo *at)
{
	int fd = socket(at->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
	int failed;

	if (fd >= 0 && set_options(fd) && bind(fd, at->ai_addr, at->ai_addrlen) == 0 &&
	    listen(fd, WAITING) == 0)
		return fd;
	failed = errno;
	if (fd >= 0)
		(void)close(fd);
	errno = failed;
	return -1;
}

int
tcp_listen(const char *host, int port)
{
	const struct addrinfo want = { .ai_flags = AI_PASSIVE | AI_NUMERICSERV,
		.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM };
	bool is_any = strcmp(host, "*") == 0;
	struct addrinfo *all = NULL;
	char text[16];
	int fd = -1;

	(void)snprintf(text, sizeof text, "%d", port);
	if (getaddrinfo(is_any ? NULL : host, text, &want, &all) != 0) {
		errno = EADDRNOTAVAIL;
		return -1;
	}
	for (const struct addrinfo *at = all; at != NULL && fd < 0; at = at->ai_next)
		fd = listen_on(at);
	freeaddrinfo(all);
	return fd;
}

int
tcp_port(int fd)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} at;
	socklen_t n = sizeof at;

	if (getsockname(fd, &at.any, &n) != 0)
		return 0;
	return ntohs(at.any.sa_family == AF_INET6 ? at.v6.sin6_port : at.v4.sin_port);
}

int
tcp_accept(int fd, bool *is_full, bool *is_gone)
{
	int peer = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	*is_full = peer < 0 &&
		   (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM);
	*is_gone = peer < 0 && !*is_full && errno != EAGAIN;
	return peer;
}
