/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "bus/acceptor.h"

#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "bus/clock.h"
#include "bus/config.h"
#include "bus/thread.h"

enum { HELLO = 8, SLICE_MS = 100, LOOKS = 2 /* before a listener is given up */ };
static const char ipc[] = "ipc://";

struct acceptor {
	nng_socket socket;
	char url[CONFIG_TEXT_MAX];
	acceptor_admit_fn *admit;
	void *ctx;
	int peer;             /* the number of the protocol that SOCKET speaks with */
	pthread_mutex_t lock; /* over LISTENER, COUNTED and IS_ENDING */
	pthread_cond_t changed;
	nng_listener listener;
	uint64_t counted; /* connections of LISTENER, and of those before it */
	bool is_ending, has_thread, is_near; /* near: a socket of this machine */
	pthread_t thread;
	atomic_int port;
	atomic_uint renewals;
};

/* Runs on an nng thread. */
static void
count(nng_pipe pipe, nng_pipe_ev ev, void *arg)
{
	struct acceptor *a = arg;
	bool is_ours;

	(void)ev;
	(void)pthread_mutex_lock(&a->lock);
	is_ours = nng_listener_id(nng_pipe_listener(pipe)) == nng_listener_id(a->listener);
	a->counted += is_ours;
	(void)pthread_cond_broadcast(&a->changed);
	(void)pthread_mutex_unlock(&a->lock);
	if (is_ours && a->admit != NULL)
		a->admit(a->ctx, pipe);
}

static void
set_listener(struct acceptor *a, nng_listener l)
{
	(void)pthread_mutex_lock(&a->lock);
	a->listener = l;
	(void)pthread_mutex_unlock(&a->lock);
}

static int
set_up(struct acceptor *a, nng_listener l)
{
	int rv, port = 0;

	if (a->is_near && (rv = nng_listener_set_int(l, NNG_OPT_IPC_PERMISSIONS, 0660)) != 0)
		return rv;
	set_listener(a, l);
	if ((rv = nng_listener_start(l, 0)) == 0 && !a->is_near)
		rv = nng_listener_get_int(l, NNG_OPT_TCP_BOUND_PORT, &port);
	atomic_store(&a->port, port);
	return rv;
}

/* Returns nng's code. */
static int
begin(struct acceptor *a)
{
	nng_listener l = NNG_LISTENER_INITIALIZER;
	int rv;

	if ((rv = nng_listener_create(&l, a->socket, a->url)) != 0)
		return rv;
	if ((rv = set_up(a, l)) == 0)
		return 0;
	set_listener(a, (nng_listener)NNG_LISTENER_INITIALIZER);
	(void)nng_listener_close(l);
	return rv;
}

/* ---- the look ---- */

static int
connect_near(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof to.sun_path)
		return -1;
	memcpy(to.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&to, sizeof to) == 0)
		return fd;
	(void)close(fd);
	return -1;
}

static int
connect_inside(int port)
{
	const struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons((in_port_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);

	/* The loopback answers at once. */
	if (fd < 0 || connect(fd, (const struct sockaddr *)&to, sizeof to) == 0)
		return fd;
	(void)close(fd);
	return -1;
}

static bool
is_ending(struct acceptor *a)
{
	bool is;

	(void)pthread_mutex_lock(&a->lock);
	is = a->is_ending;
	(void)pthread_mutex_unlock(&a->lock);
	return is;
}

/* Whether nng says at FD that it is there. */
static bool
is_greeted(struct acceptor *a, int fd)
{
	const uint8_t hello[HELLO] = { 0, 'S', 'P', 0, (uint8_t)(a->peer >> 8),
		(uint8_t)a->peer };
	uint64_t until = clock_ms() + ACCEPTOR_PATIENCE_MS;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint8_t in[HELLO];
	size_t got = 0;
	ssize_t n;

	if (send(fd, hello, sizeof hello, MSG_NOSIGNAL) != sizeof hello)
		return false;
	while (got < sizeof in && clock_ms() < until && !is_ending(a)) {
		if (poll(&p, 1, SLICE_MS) <= 0)
			continue;
		if ((n = recv(fd, in + got, sizeof in - got, MSG_DONTWAIT)) <= 0)
			return false;
		got += (size_t)n;
	}
	return got == sizeof in;
}

static uint64_t
counted(struct acceptor *a)
{
	uint64_t n;

	(void)pthread_mutex_lock(&a->lock);
	n = a->counted;
	(void)pthread_mutex_unlock(&a->lock);
	return n;
}

/* Waits MS. Ends before at acceptor_close, and, when N is not NULL, once a connection counts
 * since there were *N. */
static void
rest(struct acceptor *a, uint64_t ms, const uint64_t *n)
{
	const struct timespec at = thread_in_ms(ms);

	(void)pthread_mutex_lock(&a->lock);
	while (!a->is_ending && (n == NULL || a->counted == *n) &&
	       thread_wait(&a->changed, &a->lock, &at))
		continue;
	(void)pthread_mutex_unlock(&a->lock);
}

/* Whether a peer would be greeted and not heard now. */
static bool
is_deaf(struct acceptor *a)
{
	bool is = false;
	uint64_t before = counted(a);
	int fd = a->is_near ? connect_near(a->url + strlen(ipc))
			    : connect_inside(atomic_load(&a->port));

	if (fd < 0)
		return false;
	if (is_greeted(a, fd)) {
		rest(a, ACCEPTOR_PATIENCE_MS, &before);
		is = counted(a) == before && !is_ending(a);
	}
	(void)close(fd);
	return is;
}

/* The old one first: its end removes the name of the socket. */
static void
replace(struct acceptor *a)
{
	(void)nng_listener_close(a->listener);
	set_listener(a, (nng_listener)NNG_LISTENER_INITIALIZER);
	(void)begin(a);
	atomic_fetch_add(&a->renewals, 1);
}

static void *
watch(void *arg)
{
	struct acceptor *a = arg;
	int deaf = 0;

	for (;;) {
		rest(a, deaf > 0 ? ACCEPTOR_AGAIN_MS : ACCEPTOR_LOOK_MS, NULL);
		if (is_ending(a))
			return NULL;
		if (nng_listener_id(a->listener) <= 0) {
			(void)begin(a); /* it could not before */
			continue;
		}
		deaf = is_deaf(a) ? deaf + 1 : 0;
		if (deaf == LOOKS) {
			replace(a);
			deaf = 0;
		}
	}
}

/* ---- opening and closing ---- */

enum zt_err
acceptor_open(nng_socket socket, const char *url, acceptor_admit_fn *admit, void *ctx,
    struct acceptor **out, char message[200])
{
	struct acceptor *a = calloc(1, sizeof *a);
	enum zt_err err = ZT_OK;
	int rv;

	if (a == NULL) {
		(void)snprintf(message, 200, "%s", err_text(ZT_ERR_MEMORY));
		return ZT_ERR_MEMORY;
	}
	a->socket = socket;
	a->admit = admit;
	a->ctx = ctx;
	(void)pthread_mutex_init(&a->lock, NULL);
	thread_cond_init(&a->changed);
	if (strlen(url) >= sizeof a->url)
		rv = NNG_EADDRINVAL;
	else if ((rv = nng_socket_get_int(socket, NNG_OPT_PEER, &a->peer)) == 0 &&
		 (rv = nng_pipe_notify(socket, NNG_PIPE_EV_ADD_PRE, count, a)) == 0) {
		(void)snprintf(a->url, sizeof a->url, "%s", url);
		a->is_near = strncmp(url, ipc, strlen(ipc)) == 0;
		rv = begin(a);
	}
	if (rv != 0) {
		(void)snprintf(message, 200, "%s", nng_strerror(rv));
		err = ZT_ERR_UNAVAILABLE;
	} else if (!(a->has_thread = thread_begin(&a->thread, watch, a))) {
		(void)snprintf(message, 200, "no thread can be begun");
		err = ZT_ERR_MEMORY;
	}
	if (err)
		acceptor_close(a);
	else
		*out = a;
	return err;
}

void
acceptor_stop(struct acceptor *a)
{
	if (a == NULL || !a->has_thread)
		return;
	(void)pthread_mutex_lock(&a->lock);
	a->is_ending = true;
	(void)pthread_cond_broadcast(&a->changed);
	(void)pthread_mutex_unlock(&a->lock);
	(void)pthread_join(a->thread, NULL);
	a->has_thread = false;
}

void
acceptor_close(struct acceptor *a)
{
	if (a == NULL)
		return;
	acceptor_stop(a);
	if (nng_listener_id(a->listener) > 0)
		(void)nng_listener_close(a->listener);
	(void)nng_pipe_notify(a->socket, NNG_PIPE_EV_ADD_PRE, NULL, NULL);
	(void)pthread_cond_destroy(&a->changed);
	(void)pthread_mutex_destroy(&a->lock);
	free(a);
}

int
acceptor_port(const struct acceptor *a)
{
	return atomic_load(&a->port);
}

unsigned
acceptor_renewals(const struct acceptor *a)
{
	return atomic_load(&a->renewals);
}
