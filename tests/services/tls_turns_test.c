/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* tls_turns_test.c - in which order the TLS listener serves those who wait: known peers, then
 * strangers in their order, by a clock that is not set. */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <nng/nng.h>
#include <nng/protocol/reqrep0/rep.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "bus/tcp.h"
#include "test.h"
#include "tls_world.h"

/* ---- what the listener calls, in its order ---- */

/* Of the listener's end: one step of a stranger's handshake, or bytes of a known peer. */
struct step {
	bool is_known;
	int port; /* the stranger's */
};

enum { STEPS = 64, CROWD = 12 };
static struct watch {
	pthread_mutex_t lock;
	pthread_cond_t turn;
	struct step steps[STEPS];
	size_t count;
	bool records, holds, is_held;
	void (*at_step)(void); /* on the listener's thread */
} watch = { .lock = PTHREAD_MUTEX_INITIALIZER, .turn = PTHREAD_COND_INITIALIZER };
static atomic_int ahead_s; /* of the wall's clock */
static atomic_bool has_no_memory;

static void
record(const SSL *ssl, bool is_known)
{
	struct sockaddr_in from = { 0 };
	socklen_t n = sizeof from;

	(void)getpeername(SSL_get_fd(ssl), (struct sockaddr *)&from, &n);
	(void)pthread_mutex_lock(&watch.lock);
	if (watch.records && watch.count < STEPS) {
		watch.steps[watch.count++] = (struct step){ is_known, ntohs(from.sin_port) };
		if (!is_known)
			watch.at_step();
	}
	while (!is_known && watch.holds) {
		watch.is_held = true;
		(void)pthread_cond_broadcast(&watch.turn);
		(void)pthread_cond_wait(&watch.turn, &watch.lock);
	}
	(void)pthread_mutex_unlock(&watch.lock);
}

/* The library's own, under its name. */
#define NEXT(type, name) ((type)(uintptr_t)dlsym(RTLD_NEXT, name))

int
SSL_do_handshake(SSL *ssl)
{
	if (SSL_is_server(ssl))
		record(ssl, false);
	return NEXT(int (*)(SSL *), "SSL_do_handshake")(ssl);
}

int
SSL_read_ex(SSL *ssl, void *to, size_t n, size_t *got)
{
	int rv = NEXT(int (*)(SSL *, void *, size_t, size_t *), "SSL_read_ex")(ssl, to, n, got);

	if (rv == 1 && SSL_is_server(ssl))
		record(ssl, true);
	return rv;
}

SSL_CTX *
SSL_CTX_new(const SSL_METHOD *method)
{
	if (atomic_load(&has_no_memory))
		return NULL;
	return NEXT(SSL_CTX * (*)(const SSL_METHOD *), "SSL_CTX_new")(method);
}

int
clock_gettime(clockid_t clock, struct timespec *out)
{
	int rv = (int)syscall(SYS_clock_gettime, clock, out);

	if (rv == 0 && clock == CLOCK_REALTIME)
		out->tv_sec += atomic_load(&ahead_s);
	return rv;
}

/* The listener's thread stays in the next step of a handshake until it is let go. */
static void
hold(void)
{
	(void)pthread_mutex_lock(&watch.lock);
	watch.holds = true;
	(void)pthread_mutex_unlock(&watch.lock);
}

static void
await_held(void)
{
	(void)pthread_mutex_lock(&watch.lock);
	while (!watch.is_held)
		(void)pthread_cond_wait(&watch.turn, &watch.lock);
	(void)pthread_mutex_unlock(&watch.lock);
}

static void
let_on(void (*at_step)(void))
{
	(void)pthread_mutex_lock(&watch.lock);
	watch.holds = watch.is_held = false;
	watch.records = true;
	watch.count = 0;
	watch.at_step = at_step;
	(void)pthread_cond_broadcast(&watch.turn);
	(void)pthread_mutex_unlock(&watch.lock);
}

/* Until COUNT steps of strangers were made; what was recorded, to OUT. */
static size_t
await_steps(size_t count, struct step out[STEPS])
{
	size_t seen = 0, n = 0;

	while (seen < count) {
		(void)usleep(1000);
		(void)pthread_mutex_lock(&watch.lock);
		n = watch.count;
		memcpy(out, watch.steps, sizeof watch.steps);
		(void)pthread_mutex_unlock(&watch.lock);
		seen = 0;
		for (size_t i = 0; i < n; i++)
			seen += !out[i].is_known;
	}
	(void)pthread_mutex_lock(&watch.lock);
	watch.records = false;
	(void)pthread_mutex_unlock(&watch.lock);
	return n;
}

/* ---- tests ---- */

struct renewing {
	const struct world *w;
	atomic_bool sends, is_taken;
};

/* A peer of ours that sends nothing but new keys, made before so that they come as fast as they
 * are taken. */
static void *
renew(void *arg)
{
	enum { KEYS = 60000 };
	static const uint8_t hello[] = { 0, 'S', 'P', 0, 0, 0x30, 0, 0 };
	struct renewing *r = arg;
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	int fd = connect_from(r->w, 4);
	BIO *all = BIO_new(BIO_s_mem());
	char *p, end[64];
	SSL *ssl;
	long n;

	assert_int_equal(1, SSL_CTX_use_certificate(ctx, r->w->caller.x));
	assert_int_equal(1, SSL_CTX_use_PrivateKey(ctx, r->w->caller.key));
	assert_non_null(ssl = SSL_new(ctx));
	assert_int_equal(1, SSL_set_fd(ssl, fd));
	assert_int_equal(1, SSL_connect(ssl));
	/* nng ends who does not greet it in ten seconds, and the keys may take longer. */
	assert_int_equal(sizeof hello, SSL_write(ssl, hello, sizeof hello));
	SSL_set0_wbio(ssl, all);
	for (int i = 0; i < KEYS; i++)
		assert_true(SSL_key_update(ssl, SSL_KEY_UPDATE_NOT_REQUESTED) == 1 &&
			    SSL_do_handshake(ssl) == 1);
	n = BIO_get_mem_data(all, &p);
	atomic_store(&r->sends, true);
	while (n > 0) {
		ssize_t some = send(fd, p, (size_t)n, MSG_NOSIGNAL);

		assert_true(some > 0);
		p += some;
		n -= some;
	}
	(void)shutdown(fd, SHUT_WR);
	while (recv(fd, end, sizeof end, 0) > 0)
		continue;
	atomic_store(&r->is_taken, true);
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	(void)close(fd);
	return NULL;
}

static void
a_peer_that_sends_no_data_leaves_others_their_turn(void **state)
{
	struct world *w = *state;
	struct renewing r = { .w = w };
	nng_socket s = dial(w);
	pthread_t thread;

	assert_true(is_echoed(s, 10));
	assert_int_equal(0, pthread_create(&thread, NULL, renew, &r));
	while (!atomic_load(&r.sends))
		(void)usleep(1000);
	for (int i = 0; i < 5; i++)
		assert_true(is_echoed(s, 100));
	assert_false(atomic_load(&r.is_taken));
	(void)pthread_join(thread, NULL);
	assert_true(atomic_load(&r.is_taken));
	(void)nng_close(s);
}

/* A peer of ours, by hand. */
struct caller {
	SSL_CTX *ctx;
	SSL *ssl;
	int fd;
};

static void
begin_call(const struct world *w, struct caller *c)
{
	/* what it speaks, and the length of a message that comes in pieces */
	static const uint8_t head[] = { 0, 'S', 'P', 0, 0, 0x30, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		0xff };
	const int now = 1;
	uint8_t theirs[8];

	assert_non_null(c->ctx = SSL_CTX_new(TLS_client_method()));
	assert_int_equal(1, SSL_CTX_use_certificate(c->ctx, w->caller.x));
	assert_int_equal(1, SSL_CTX_use_PrivateKey(c->ctx, w->caller.key));
	assert_non_null(c->ssl = SSL_new(c->ctx));
	c->fd = connect_from(w, 1);
	(void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &now, sizeof now);
	assert_int_equal(1, SSL_set_fd(c->ssl, c->fd));
	assert_int_equal(1, SSL_connect(c->ssl));
	assert_int_equal(sizeof theirs, SSL_read(c->ssl, theirs, sizeof theirs));
	assert_int_equal(sizeof head, SSL_write(c->ssl, head, sizeof head));
}

static void
end_call(struct caller *c)
{
	SSL_free(c->ssl);
	SSL_CTX_free(c->ctx);
	(void)close(c->fd);
}

static struct caller speaker;
static int latecomer, crowd[CROWD + 2];

static void
speak(void)
{
	assert_int_equal(1, SSL_write(speaker.ssl, "x", 1));
	if (latecomer >= 0)
		assert_int_equal(1, send(latecomer, "\x16", 1, MSG_NOSIGNAL));
	latecomer = -1;
}

/* Strangers that the listener has taken, of which the first keeps it busy; the rest, without
 * the last, has then said enough for a step each. */
static void
gather(const struct world *w)
{
	for (size_t i = 0; i < CROWD + 2; i++)
		crowd[i] = connect_from(w, 9);
	assert_true(gets_in(w, 1, &w->caller, TLS1_3_VERSION)); /* taken after those */
	hold();
	assert_int_equal(1, send(crowd[0], "\x16", 1, MSG_NOSIGNAL));
	await_held();
	for (size_t i = 1; i <= CROWD; i++)
		assert_int_equal(1, send(crowd[i], "\x16", 1, MSG_NOSIGNAL));
}

static void
scatter(void)
{
	for (size_t i = 0; i < CROWD + 2; i++)
		(void)close(crowd[i]);
}

/* A peer that speaks at each step of a stranger is heard after four of them at most. */
static void
N1_known_peers_come_before_handshakes_in_each_turn(void **state)
{
	struct world *w = *state;
	struct step steps[STEPS];
	size_t n, run = 4; /* known first */

	begin_call(w, &speaker);
	gather(w);
	latecomer = -1;
	speak();
	let_on(speak);
	n = await_steps(CROWD, steps);
	for (size_t i = 0; i < n; i++) {
		run = steps[i].is_known ? 0 : run + 1;
		assert_true(run <= 4);
	}
	scatter();
	end_call(&speaker);
}

/* Else a flood that comes faster than it is served keeps out all that came before it. */
static void
N1_a_stranger_does_not_overtake_those_that_wait(void **state)
{
	struct world *w = *state;
	struct step steps[STEPS];
	size_t n;

	begin_call(w, &speaker);
	gather(w);
	latecomer = crowd[CROWD + 1];
	let_on(speak);
	n = await_steps(CROWD + 1, steps);
	while (steps[n - 1].is_known)
		n--;
	assert_int_equal(tcp_port(crowd[CROWD + 1]), steps[n - 1].port);
	scatter();
	end_call(&speaker);
}

static void
N1_a_stranger_has_its_time_by_a_clock_that_is_not_set(void **state)
{
	struct world *w = *state;
	int fd = connect_from(w, 2);

	assert_true(gets_in(w, 1, &w->caller, TLS1_3_VERSION)); /* taken after it */
	atomic_store(&ahead_s, 3600);
	(void)usleep(TLS_LISTENER_PATIENCE_MS * 1000 / 3); /* some ticks */
	atomic_store(&ahead_s, 0);
	assert_false(has_ended(fd));
	(void)close(fd);
}

static void
N1_a_listener_without_memory_says_so(void **state)
{
	struct world *w = *state;
	struct tls_listener *l = NULL;
	char message[200] = "";
	nng_socket s;

	assert_int_equal(0, nng_rep0_open(&s));
	atomic_store(&has_no_memory, true);
	assert_err(
	    ZT_ERR_MEMORY, tls_listener_open(&(struct tls_identity){ w->ours.certificate,
						 w->service.certificate, w->service.secret },
			       s, "127.0.0.1", 0, &l, message));
	atomic_store(&has_no_memory, false);
	assert_string_equal(err_text(ZT_ERR_MEMORY), message);
	(void)nng_close(s);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, tls_world_begin, tls_world_end)
	const struct CMUnitTest tests[] = {
		TEST(N1_known_peers_come_before_handshakes_in_each_turn),
		TEST(N1_a_stranger_does_not_overtake_those_that_wait),
		TEST(N1_a_stranger_has_its_time_by_a_clock_that_is_not_set),
		TEST(N1_a_listener_without_memory_says_so),
		TEST(a_peer_that_sends_no_data_leaves_others_their_turn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
