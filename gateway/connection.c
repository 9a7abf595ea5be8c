/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "gateway/connection.h"

#include <linux/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "common/clock.h"
#include "gateway/pages.h"

/* Kept because at its end lws does not know a connection's address any more. */
struct connection {
	TAILQ_ENTRY(connection) of_all, of_address; /* while it has proved nothing */
	struct gateway *g;
	struct lws *wsi;
	struct account *address;
	bool is_proxy, is_stranger, is_counted, is_ended;
	struct due due; /* while a stranger's head is awaited, or it is to go */
	uint64_t head_due_ms;
	uint64_t received; /* bytes, when its last head was read */
};

static struct connection *
of(struct lws *wsi)
{
	return lws_get_opaque_user_data(wsi);
}

static void
leave_strangers(struct connection *c)
{
	if (!c->is_stranger)
		return;
	due_cancel(&c->due);
	c->is_stranger = false;
	TAILQ_REMOVE(&c->g->strangers, c, of_all);
	TAILQ_REMOVE(&c->address->strangers, c, of_address);
}

static void
uncount(struct connection *c)
{
	if (!c->is_counted)
		return;
	c->is_counted = false;
	c->g->connected--;
	c->address->connections--;
}

/* Again in each tick, until lws has let it go: any part of a body, and any answer, would take
 * back a single kill. */
static void
kill_again(struct due *d, uint64_t now_ms)
{
	struct connection *c = DUE_OF(d, struct connection, due);

	(void)now_ms;
	lws_set_timeout(c->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
	due_set(&c->g->due, d, 0, kill_again);
}

/* Makes room by ending C; false when there is none to end. Its place is free at once, though
 * lws lets it go only when it has accepted all that wait. */
static bool
end(struct connection *c)
{
	if (c == NULL)
		return false;
	leave_strangers(c);
	uncount(c);
	c->is_ended = true;
	kill_again(&c->due, 0);
	return true;
}

/* The timer of lws is cleared in each tick: this is the deadline. */
static void
await_head(struct due *d, uint64_t now_ms)
{
	struct connection *c = DUE_OF(d, struct connection, due);

	if (now_ms >= c->head_due_ms) {
		(void)end(c);
		return;
	}
	lws_set_timeout(c->wsi, NO_PENDING_TIMEOUT, 0);
	due_set(&c->g->due, d, 0, await_head);
}

static void
wait_for_head(struct connection *c)
{
	c->head_due_ms = clock_ms() + CONNECTION_HEAD_S * 1000;
	due_set(&c->g->due, &c->due, 0, await_head);
}

static bool
has_room(struct gateway *g, const struct connection *c)
{
	const struct gateway_settings *s = g->settings;

	if (!c->is_proxy && c->address->connections >= s->connections_per_address)
		return end(TAILQ_FIRST(&c->address->strangers));
	if (g->connected >= s->connections)
		return end(TAILQ_FIRST(&g->strangers));
	return true;
}

int
connection_came(struct gateway *g, struct lws *wsi)
{
	struct address from = address_of_peer(wsi);
	struct connection *c;

	if (g->is_draining || (c = calloc(1, sizeof *c)) == NULL)
		return -1;
	c->g = g;
	c->wsi = wsi;
	c->is_proxy = address_is_in(&from, &g->proxies);
	c->address = account_hold(
	    g->accounts, account_name(g->accounts, "address", address_counted(&from)));
	if (c->address == NULL || !has_room(g, c)) {
		account_leave(c->address);
		free(c);
		return -1;
	}
	if (!c->is_proxy && !pages_are_all(g, wsi)) {
		c->is_stranger = true;
		TAILQ_INSERT_TAIL(&g->strangers, c, of_all);
		TAILQ_INSERT_TAIL(&c->address->strangers, c, of_address);
		wait_for_head(c);
	}
	c->is_counted = true;
	g->connected++;
	c->address->connections++;
	lws_set_opaque_user_data(wsi, c);
	return 0;
}

void
connection_gone(struct lws *wsi)
{
	struct connection *c = of(wsi);

	if (c == NULL)
		return;
	lws_set_opaque_user_data(wsi, NULL);
	leave_strangers(c);
	due_cancel(&c->due);
	uncount(c);
	account_leave(c->address);
	free(c);
}

void
connection_proved(struct lws *wsi)
{
	struct connection *c = of(wsi);

	if (c != NULL)
		leave_strangers(c);
}

/* How many bytes have come on this connection; 0 when the system does not say. */
static uint64_t
received(struct lws *wsi)
{
	struct tcp_info info = { 0 };
	socklen_t n = sizeof info;

	return getsockopt(lws_get_socket_fd(wsi), IPPROTO_TCP, TCP_INFO, &info, &n) == 0
		   ? info.tcpi_bytes_received
		   : 0;
}

bool
connection_head_came(struct lws *wsi)
{
	struct connection *c = of(wsi);
	uint64_t before;

	if (c == NULL || !c->is_stranger)
		return !connection_is_ended(wsi);
	due_cancel(&c->due);
	before = c->received;
	c->received = received(wsi);
	return c->received == 0 || c->received != before;
}

void
connection_waits(struct lws *wsi)
{
	struct connection *c = of(wsi);

	if (c != NULL && c->is_stranger)
		wait_for_head(c);
}

void
connection_end(struct lws *wsi)
{
	(void)end(of(wsi));
}

bool
connection_is_ended(struct lws *wsi)
{
	const struct connection *c = of(wsi);

	return c != NULL && c->is_ended;
}

bool
connection_is_proxy(struct lws *wsi)
{
	const struct connection *c = of(wsi);

	return c != NULL && c->is_proxy;
}

struct account *
connection_caller(struct gateway *g, struct lws *wsi)
{
	struct connection *c = of(wsi);
	struct address from;

	if (c == NULL)
		return NULL;
	if (c->is_proxy && (from = address_forwarded(wsi)).n > 0)
		return account_hold(
		    g->accounts, account_name(g->accounts, "address", address_counted(&from)));
	c->address->holders++;
	return c->address;
}
