/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "bus/tls_listener.h"

#include <errno.h>
#include <ev.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bus/acceptor.h"
#include "bus/address.h"
#include "bus/clock.h"
#include "bus/tcp.h"
#include "bus/thread.h"
#include "bus/tls_groups.h"
#include "bus/tls_relay.h"

enum {
	A_TURN = 16,           /* connections, before others have theirs */
	CHAIN_MAX = 16 * 1024, /* bytes of a peer's certificates */
	HANDSHAKES = 4, /* steps of them in a turn of the loop: a third of a millisecond each */
	PORTS = 65536
};
static const double tick_s = 0.25; /* also the rest when the system has no file left */

struct guest {
	TAILQ_ENTRY(guest) link; /* oldest first */
	TAILQ_ENTRY(guest) ready;
	struct tls_listener *l;
	struct tls_relay *relay;
	struct address address;
	uint64_t accepted_ms; /* clock_ms */
	struct ev_io peer, local;
	in_port_t port; /* of its connection to nng */
	bool is_known, is_ready;
};
TAILQ_HEAD(guests, guest);

struct tls_listener {
	SSL_CTX *ctx;
	nng_socket socket;
	struct acceptor *inner;
	atomic_bool is_ours[PORTS]; /* the relay connects to nng from it */
	struct ev_loop *loop;
	struct ev_io accepts;
	struct ev_timer tick;
	struct ev_check turns;
	struct ev_idle more; /* while READY waits, a turn waits for nothing */
	struct ev_async ends;
	pthread_t thread;
	bool has_thread;
	struct guests strangers, known;
	struct guests ready; /* strangers whose next step can be made, in that order */
	size_t stranger_count;
};

/* ---- who is let in ---- */

static void
end_guest(struct guest *g)
{
	struct tls_listener *l = g->l;

	ev_io_stop(l->loop, &g->peer);
	ev_io_stop(l->loop, &g->local);
	if (g->is_ready)
		TAILQ_REMOVE(&l->ready, g, ready);
	TAILQ_REMOVE(g->is_known ? &l->known : &l->strangers, g, link);
	l->stranger_count -= !g->is_known;
	if (g->is_known)
		atomic_store(&l->is_ours[g->port], false);
	tls_relay_free(g->relay);
	free(g);
}

/* Those that were accepted MS or more before NOW_MS. */
static void
end_older(struct guests *all, uint64_t ms, uint64_t now_ms)
{
	struct guest *next;

	for (struct guest *g = TAILQ_FIRST(all); g != NULL && now_ms - g->accepted_ms >= ms;
	     g = next) {
		next = TAILQ_NEXT(g, link);
		end_guest(g);
	}
}

static size_t
strangers_at(const struct tls_listener *l, const struct address *a)
{
	const struct guest *g;
	size_t n = 0;

	TAILQ_FOREACH(g, &l->strangers, link)
	n += bytes_equal(address_counted(&g->address), address_counted(a));
	return n;
}

/* So that a flood from one address costs that address. */
static void
make_room(struct tls_listener *l)
{
	struct guest *g, *oldest = NULL;
	size_t max = 0;

	if (l->stranger_count < TLS_LISTENER_STRANGERS)
		return;
	TAILQ_FOREACH(g, &l->strangers, link)
	{
		size_t n = strangers_at(l, &g->address);

		if (n > max) {
			max = n;
			oldest = g;
		}
	}
	if (oldest != NULL)
		end_guest(oldest);
}

/* ---- one guest ---- */

static struct sockaddr_in
loopback(int port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

/* A connection to nng from *PORT, which nng takes; -1: the system has none to give. */
static int
connect_inner(struct tls_listener *l, in_port_t *port)
{
	const struct sockaddr_in from = loopback(0), to = loopback(acceptor_port(l->inner));
	const int now = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);

	if (fd < 0)
		return -1;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &now, sizeof now);
	if (bind(fd, (const struct sockaddr *)&from, sizeof from) == 0) {
		*port = (in_port_t)tcp_port(fd);
		atomic_store(&l->is_ours[*port], true);
		if (connect(fd, (const struct sockaddr *)&to, sizeof to) == 0 ||
		    errno == EINPROGRESS)
			return fd;
		atomic_store(&l->is_ours[*port], false);
	}
	(void)close(fd);
	return -1;
}

/* Sets what IO waits for. */
static void
want(struct tls_listener *l, struct ev_io *io, short events)
{
	int next =
	    ((events & POLLIN) != 0 ? EV_READ : 0) | ((events & POLLOUT) != 0 ? EV_WRITE : 0);

	if (ev_is_active(io) && (io->events & (EV_READ | EV_WRITE)) == next)
		return;
	ev_io_stop(l->loop, io);
	ev_io_modify(io, next);
	if (next != 0)
		ev_io_start(l->loop, io);
}

static void turn(struct guest *g);

/* Strangers take their steps in the order in which they can: libev would begin with the last,
 * so that one who is a little earlier than a flood never has any. */
static void
on_stranger(struct ev_loop *loop, struct ev_io *io, int events)
{
	struct guest *g = io->data;

	(void)events;
	ev_io_stop(loop, io);
	g->is_ready = true;
	TAILQ_INSERT_TAIL(&g->l->ready, g, ready);
}

static void
on_ready(struct ev_loop *loop, struct ev_io *io, int events)
{
	(void)loop;
	(void)events;
	turn(io->data);
}

/* Whether G, whose handshake ended well, has its connection to nng. */
static bool
join(struct guest *g)
{
	struct tls_listener *l = g->l;
	int fd = connect_inner(l, &g->port);

	if (fd < 0)
		return false;
	if (tls_relay_join(g->relay, fd)) {
		atomic_store(&l->is_ours[g->port], false);
		(void)close(fd);
		return false;
	}
	ev_io_init(&g->local, on_ready, fd, 0);
	g->local.data = g;
	/* Known peers come first in each turn. */
	ev_io_stop(l->loop, &g->peer);
	ev_set_cb(&g->peer, on_ready);
	ev_set_priority(&g->peer, EV_MAXPRI);
	ev_set_priority(&g->local, EV_MAXPRI);
	TAILQ_REMOVE(&l->strangers, g, link);
	l->stranger_count--;
	TAILQ_INSERT_TAIL(&l->known, g, link);
	g->is_known = true;
	return true;
}

static void
turn(struct guest *g)
{
	struct tls_relay_wants wants;
	enum tls_relay_state is = tls_relay_turn(g->relay, &wants);

	if (is == TLS_RELAY_KNOWN && !g->is_known)
		is = join(g) ? tls_relay_turn(g->relay, &wants) : TLS_RELAY_ENDED;
	if (is == TLS_RELAY_ENDED) {
		end_guest(g);
		return;
	}
	want(g->l, &g->peer, wants.peer);
	if (g->is_known)
		want(g->l, &g->local, wants.local);
}

static void
greet(struct tls_listener *l, int fd)
{
	struct guest *g = calloc(1, sizeof *g);

	if (g == NULL || tls_relay_new(l->ctx, fd, &g->relay)) {
		(void)close(fd);
		free(g);
		return;
	}
	g->l = l;
	g->address = address_of_socket(fd);
	g->accepted_ms = clock_ms(); /* ev_now is the wall's, which steps */
	ev_io_init(&g->peer, on_stranger, fd, EV_READ);
	g->peer.data = g;
	make_room(l);
	TAILQ_INSERT_TAIL(&l->strangers, g, link);
	l->stranger_count++;
	ev_io_start(l->loop, &g->peer);
}

/* ---- the loop ---- */

static void
let_in(struct ev_loop *loop, struct ev_io *accepts, int events)
{
	struct tls_listener *l = accepts->data;

	(void)events;
	for (int i = 0; i < A_TURN; i++) {
		bool is_full, is_gone;
		int fd = tcp_accept(accepts->fd, &is_full, &is_gone);

		if (fd >= 0)
			greet(l, fd);
		else if (is_full)
			ev_io_stop(loop, accepts); /* until the next tick */
		if (fd < 0 && !is_gone)
			return;
	}
}

static void
on_tick(struct ev_loop *loop, struct ev_timer *tick, int events)
{
	struct tls_listener *l = tick->data;

	(void)events;
	end_older(&l->strangers, TLS_LISTENER_PATIENCE_MS, clock_ms());
	ev_io_start(loop, &l->accepts);
}

/* The last of a turn. */
static void
on_turn(struct ev_loop *loop, struct ev_check *turns, int events)
{
	struct tls_listener *l = turns->data;
	struct guest *g;

	(void)events;
	for (int i = 0; i < HANDSHAKES && (g = TAILQ_FIRST(&l->ready)) != NULL; i++) {
		TAILQ_REMOVE(&l->ready, g, ready);
		g->is_ready = false;
		turn(g);
	}
	if (TAILQ_EMPTY(&l->ready))
		ev_idle_stop(loop, &l->more);
	else
		ev_idle_start(loop, &l->more);
}

static void
on_more(struct ev_loop *loop, struct ev_idle *more, int events)
{
	(void)loop;
	(void)more;
	(void)events;
}

static void
on_end(struct ev_loop *loop, struct ev_async *ends, int events)
{
	(void)ends;
	(void)events;
	ev_break(loop, EVBREAK_ALL);
}

static void *
run(void *arg)
{
	struct tls_listener *l = arg;

	ev_run(l->loop, 0);
	return NULL;
}

/* Runs on an nng thread, before a connection counts: others of this machine can find the port.
 */
static void
refuse_others(void *ctx, nng_pipe pipe)
{
	struct tls_listener *l = ctx;
	nng_sockaddr from;

	if (nng_pipe_get_addr(pipe, NNG_OPT_REMADDR, &from) != 0 ||
	    from.s_family != NNG_AF_INET || from.s_in.sa_addr != htonl(INADDR_LOOPBACK) ||
	    !atomic_load(&l->is_ours[ntohs(from.s_in.sa_port)]))
		(void)nng_pipe_close(pipe);
}

/* ---- opening and closing ---- */

static bool
trust(SSL_CTX *ctx, const char *ca)
{
	X509_STORE *store = SSL_CTX_get_cert_store(ctx);
	BIO *b = BIO_new_mem_buf(ca, -1);
	X509 *x;
	int n = 0;

	while (b != NULL && (x = PEM_read_bio_X509(b, NULL, NULL, NULL)) != NULL) {
		n += X509_STORE_add_cert(store, x) == 1;
		X509_free(x);
	}
	(void)BIO_free(b);
	return n > 0;
}

/* The certificate, then those between it and the authority. */
static bool
show(SSL_CTX *ctx, const char *chain)
{
	BIO *b = BIO_new_mem_buf(chain, -1);
	X509 *x = b != NULL ? PEM_read_bio_X509(b, NULL, NULL, NULL) : NULL;
	bool is = x != NULL && SSL_CTX_use_certificate(ctx, x) == 1;

	X509_free(x);
	while (is && (x = PEM_read_bio_X509(b, NULL, NULL, NULL)) != NULL) {
		is = SSL_CTX_add1_chain_cert(ctx, x) == 1;
		X509_free(x);
	}
	(void)BIO_free(b);
	return is;
}

static bool
prove(SSL_CTX *ctx, const char *key)
{
	BIO *b = BIO_new_mem_buf(key, -1);
	EVP_PKEY *k = b != NULL ? PEM_read_bio_PrivateKey(b, NULL, NULL, NULL) : NULL;
	bool is = k != NULL && SSL_CTX_use_PrivateKey(ctx, k) == 1 &&
		  SSL_CTX_check_private_key(ctx) == 1;

	EVP_PKEY_free(k);
	(void)BIO_free(b);
	return is;
}

/* No session is kept: nothing of a peer outlives its connection. */
static enum zt_err
set_up(SSL_CTX *ctx, const struct tls_identity *who, char message[200])
{
	bool is;

	(void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	(void)SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
	(void)SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
					SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
					SSL_MODE_RELEASE_BUFFERS);
	/* Else one call of SSL_read lasts as long as a peer sends what is no data. */
	(void)SSL_CTX_clear_mode(ctx, SSL_MODE_AUTO_RETRY);
	(void)SSL_CTX_set_max_cert_list(ctx, CHAIN_MAX);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	is = SSL_CTX_set_num_tickets(ctx, 0) == 1 &&
	     SSL_CTX_set1_groups_list(ctx, TLS_GROUPS) == 1 &&
	     SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 && trust(ctx, who->ca) &&
	     show(ctx, who->certificate) && prove(ctx, who->key);
	ERR_clear_error();
	if (is)
		return ZT_OK;
	(void)snprintf(
	    message, 200, "peers_ca, peers_certificate, peers_key: these do not serve");
	return ZT_ERR_CONFIG;
}

static enum zt_err
listen_inside(struct tls_listener *l, char message[200])
{
	char cause[200] = "";
	enum zt_err err =
	    acceptor_open(l->socket, "tcp://127.0.0.1:0", refuse_others, l, &l->inner, cause);

	if (err)
		(void)snprintf(
		    message, 200, "no port of the loopback can be had: %.150s", cause);
	return err;
}

enum zt_err
tls_listener_open(const struct tls_identity *who, nng_socket socket, const char *host, int port,
    struct tls_listener **out, char message[200])
{
	struct tls_listener *l = calloc(1, sizeof *l);
	enum zt_err err = ZT_ERR_MEMORY;
	int fd = -1;

	if (l == NULL) {
		(void)snprintf(message, 200, "%s", err_text(err));
		return err;
	}
	TAILQ_INIT(&l->strangers);
	TAILQ_INIT(&l->known);
	TAILQ_INIT(&l->ready);
	l->socket = socket;
	if ((l->ctx = SSL_CTX_new(TLS_server_method())) == NULL ||
	    (l->loop = ev_loop_new(EVFLAG_AUTO)) == NULL)
		goto out;
	ev_io_init(&l->accepts, let_in, -1, EV_READ);
	if ((err = set_up(l->ctx, who, message)))
		goto out;
	if ((fd = tcp_listen(host, port)) < 0) {
		(void)snprintf(message, 200, "%s", strerror(errno));
		err = ZT_ERR_UNAVAILABLE;
		goto out;
	}
	ev_io_set(&l->accepts, fd, EV_READ);
	if ((err = listen_inside(l, message)))
		goto out;
	ev_timer_init(&l->tick, on_tick, tick_s, tick_s);
	ev_async_init(&l->ends, on_end);
	ev_check_init(&l->turns, on_turn);
	ev_idle_init(&l->more, on_more);
	ev_set_priority(&l->turns, EV_MINPRI);
	l->turns.data = l;
	ev_check_start(l->loop, &l->turns);
	l->accepts.data = l->tick.data = l;
	ev_io_start(l->loop, &l->accepts);
	ev_timer_start(l->loop, &l->tick);
	ev_async_start(l->loop, &l->ends);
	l->has_thread = thread_begin(&l->thread, run, l);
	err = l->has_thread ? ZT_OK : ZT_ERR_MEMORY;
out:
	if (err == ZT_ERR_MEMORY)
		(void)snprintf(message, 200, "%s", err_text(err));
	if (err)
		tls_listener_close(l);
	else
		*out = l;
	return err;
}

void
tls_listener_stop(struct tls_listener *l)
{
	if (l != NULL)
		acceptor_stop(l->inner);
}

void
tls_listener_close(struct tls_listener *l)
{
	if (l == NULL)
		return;
	if (l->has_thread) {
		ev_async_send(l->loop, &l->ends);
		(void)pthread_join(l->thread, NULL);
	}
	end_older(&l->strangers, 0, clock_ms());
	end_older(&l->known, 0, clock_ms());
	acceptor_close(l->inner);
	if (l->loop != NULL) {
		if (l->accepts.fd >= 0)
			(void)close(l->accepts.fd);
		ev_loop_destroy(l->loop);
	}
	SSL_CTX_free(l->ctx);
	free(l);
}

int
tls_listener_port(const struct tls_listener *l)
{
	return tcp_port(l->accepts.fd);
}
