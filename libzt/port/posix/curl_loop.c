/* SPDX-License-Identifier: Apache-2.0 */
#include "posix/curl_loop.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS = 32, CONNECTIONS_MAX = 16 };

struct loop {
	CURLM *multi;
	int epoll, wake;
	int64_t due_ms; /* libcurl's timer; -1: none */
};

static int64_t
now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* libcurl states what it waits for at FD. It does not always report a close: epoll removes a
 * closed fd automatically, and a reused number is added again. */
static int
on_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *socket_ctx)
{
	struct loop *l = ctx;
	struct epoll_event e = { .events = 0, .data.fd = fd };

	(void)easy;
	(void)socket_ctx;
	if (what == CURL_POLL_REMOVE) {
		(void)epoll_ctl(l->epoll, EPOLL_CTL_DEL, fd, NULL);
		return 0;
	}
	if ((what & CURL_POLL_IN) != 0)
		e.events |= EPOLLIN;
	if ((what & CURL_POLL_OUT) != 0)
		e.events |= EPOLLOUT;
	if (epoll_ctl(l->epoll, EPOLL_CTL_MOD, fd, &e) == 0)
		return 0;
	return errno == ENOENT && epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &e) == 0 ? 0 : -1;
}

static int
on_timer(CURLM *multi, long timeout_ms, void *ctx)
{
	struct loop *l = ctx;

	(void)multi;
	l->due_ms = timeout_ms < 0 ? -1 : now_ms() + timeout_ms;
	return 0;
}

enum zt_err
loop_new(struct loop **out)
{
	struct epoll_event e = { .events = EPOLLIN };
	struct loop *l = calloc(1, sizeof *l);
	enum zt_err err = ZT_ERR_IO;

	if (l == NULL)
		return ZT_ERR_MEMORY;
	l->due_ms = -1;
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	l->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	e.data.fd = l->wake;
	if (l->epoll < 0 || l->wake < 0 || epoll_ctl(l->epoll, EPOLL_CTL_ADD, l->wake, &e) != 0)
		goto out;
	err = ZT_ERR_MEMORY;
	if ((l->multi = curl_multi_init()) == NULL)
		goto out;
	(void)curl_multi_setopt(
	    l->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)CONNECTIONS_MAX);
	(void)curl_multi_setopt(l->multi, CURLMOPT_MAXCONNECTS, (long)CONNECTIONS_MAX);
	(void)curl_multi_setopt(l->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	(void)curl_multi_setopt(l->multi, CURLMOPT_SOCKETDATA, l);
	(void)curl_multi_setopt(l->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	(void)curl_multi_setopt(l->multi, CURLMOPT_TIMERDATA, l);
	*out = l;
	return ZT_OK;
out:
	loop_free(l);
	return err;
}

void
loop_free(struct loop *l)
{
	if (l == NULL)
		return;
	(void)curl_multi_cleanup(l->multi);
	if (l->wake >= 0)
		(void)close(l->wake);
	if (l->epoll >= 0)
		(void)close(l->epoll);
	free(l);
}

CURLM *
loop_multi(struct loop *l)
{
	return l->multi;
}

static int
until_due(const struct loop *l, int wait_ms)
{
	int64_t left;

	if (l->due_ms < 0)
		return wait_ms;
	left = l->due_ms - now_ms();
	return left <= 0 ? 0 : left < wait_ms ? (int)left : wait_ms;
}

static CURLMcode
on_ready(struct loop *l, const struct epoll_event *e)
{
	uint64_t count;
	int bits = 0, running;

	if (e->data.fd == l->wake) {
		(void)!read(l->wake, &count, sizeof count);
		return CURLM_OK;
	}
	if ((e->events & EPOLLIN) != 0)
		bits |= CURL_CSELECT_IN;
	if ((e->events & EPOLLOUT) != 0)
		bits |= CURL_CSELECT_OUT;
	if ((e->events & (EPOLLERR | EPOLLHUP)) != 0)
		bits |= CURL_CSELECT_ERR;
	return curl_multi_socket_action(l->multi, e->data.fd, bits, &running);
}

enum zt_err
loop_turn(struct loop *l, int wait_ms)
{
	struct epoll_event e[EVENTS];
	CURLMcode rv = CURLM_OK;
	int running, n = epoll_wait(l->epoll, e, EVENTS, until_due(l, wait_ms));

	for (int i = 0; rv == CURLM_OK && i < n; i++)
		rv = on_ready(l, &e[i]);
	if (rv == CURLM_OK && l->due_ms >= 0 && l->due_ms <= now_ms()) {
		l->due_ms = -1; /* before, because libcurl may set the next within */
		rv = curl_multi_socket_action(l->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	}
	return rv == CURLM_OK && (n >= 0 || errno == EINTR) ? ZT_OK : ZT_ERR_NETWORK;
}

void
loop_wake(struct loop *l)
{
	static const uint64_t one = 1;

	(void)!write(l->wake, &one, sizeof one);
}
