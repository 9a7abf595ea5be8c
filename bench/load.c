/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "load.h"

#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { ANSWER_MAX = 64 * 1024 };

struct line {
	int fd;
	double sent;
	size_t got, want; /* bytes of the answer; WANT 0: its head is not whole */
	char answer[ANSWER_MAX];
};

double
load_now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

int
load_dial(int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int one = 1, fd;

	if ((fd = socket(AF_INET, SOCK_STREAM, 0)) < 0 ||
	    connect(fd, (const struct sockaddr *)&a, sizeof a) != 0)
		err(1, "connect");
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	return fd;
}

static void
give(struct line *l, struct bytes request)
{
	l->got = l->want = 0;
	l->sent = load_now();
	while (request.n > 0) {
		ssize_t n = send(l->fd, request.p, request.n, MSG_NOSIGNAL);

		if (n <= 0)
			err(1, "send");
		request.p += n;
		request.n -= (size_t)n;
	}
}

/* True when the answer is whole. */
static bool
take(struct line *l)
{
	ssize_t n = recv(l->fd, l->answer + l->got, sizeof l->answer - 1 - l->got, 0);
	char *end, *length;

	if (n <= 0)
		errx(1, "the connection was closed");
	l->got += (size_t)n;
	l->answer[l->got] = 0;
	if (l->want == 0 && (end = strstr(l->answer, "\r\n\r\n")) != NULL) {
		length = strcasestr(l->answer, "content-length:");
		l->want = (size_t)(end + 4 - l->answer) +
			  (length != NULL && length < end ? strtoul(length + 15, NULL, 10) : 0);
	}
	return l->want > 0 && l->got >= l->want;
}

static int
order(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

struct load_result
load_run(int port, const struct bytes *requests, size_t count, size_t connections)
{
	struct line *lines = calloc(connections, sizeof *lines);
	struct pollfd *polls = calloc(connections, sizeof *polls);
	double *took = calloc(count, sizeof *took), began = load_now();
	struct load_result r = { 0 };
	size_t next = 0, done = 0;

	if (lines == NULL || polls == NULL || took == NULL)
		errx(1, "memory");
	for (size_t i = 0; i < connections; i++) {
		lines[i].fd = load_dial(port);
		polls[i] = (struct pollfd){ .fd = lines[i].fd, .events = POLLIN };
	}
	began = load_now();
	for (size_t i = 0; i < connections && next < count; i++)
		give(&lines[i], requests[next++]);
	while (done < count) {
		if (poll(polls, connections, 10000) <= 0)
			errx(1, "no answer in ten seconds");
		for (size_t i = 0; i < connections; i++) {
			if (polls[i].revents == 0 || !take(&lines[i]))
				continue;
			took[done++] = (load_now() - lines[i].sent) * 1000;
			if (strncmp(lines[i].answer, "HTTP/1.1 200", 12) == 0)
				r.good++;
			else
				r.bad++;
			if (next < count)
				give(&lines[i], requests[next++]);
		}
	}
	r.seconds = load_now() - began;
	r.rate = (double)count / r.seconds;
	qsort(took, count, sizeof *took, order);
	r.p50_ms = took[count / 2];
	r.p99_ms = took[count - count / 100 - 1];
	for (size_t i = 0; i < connections; i++)
		(void)close(lines[i].fd);
	free(lines);
	free(polls);
	free(took);
	return r;
}
