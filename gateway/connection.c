/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "gateway/connection.h"

#include <linux/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "common/clock.h"

enum { HEAD_MS = 15000 };

/* Kept because at its end lws does not know a connection's address any more. */
struct connection {
	TAILQ_ENTRY(connection) of_all, of_address; /* while it has proved nothing */
	struct gateway *g;
	struct lws *wsi;
	struct account *address;
	bool is_proxy, is_stranger, is_counted;
	TAILQ_ENTRY(connection) waits; /* a stranger's: its head is awaited */
	bool is_waiting;
	uint64_t since_ms;
	uint64_t received; /* bytes, when its last head was read */
};

static struct connection *
of(struct lws *wsi)
{
	return lws_get_opaque_user_data(wsi);
}

static void
wait_no_more(struct connection *c)
{
	if (c->is_waiting)
		TAILQ_REMOVE(&c->g->waiting, c, waits);
	c->is_waiting = false;
}

static void
wait_for_head(struct connection *c)
{
	wait_no_more(c);
	TAILQ_INSERT_TAIL(&c->g->waiting, c, waits);
	c->is_waiting = true;
	c->since_ms = clock_ms();
}

static void
leave_strangers(struct connection *c)
{
	wait_no_more(c);
	if (!c->is_stranger)
		return;
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

/* Makes room by ending C; false when there is none to end. Its place is free at once, though
 * lws lets it go only when it has accepted all that wait. */
static bool
end(struct connection *c)
{
	if (c == NULL)
		return false;
	leave_strangers(c);
	uncount(c);
	lws_set_timeout(c->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
	return true;
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
	struct connection *c = calloc(1, sizeof *c);

	if (c == NULL)
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
	if (!c->is_proxy) {
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
connection_is_asked(struct lws *wsi)
{
	struct connection *c = of(wsi);
	uint64_t before;

	if (c == NULL || !c->is_stranger)
		return true;
	wait_no_more(c);
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

/* lws keeps its timers in one list, sorted by walking it: those of a thousand strangers would
 * take a third of the time of everybody else. Their deadline is kept here instead. */
void
connection_tick(struct gateway *g)
{
	uint64_t now = clock_ms();
	struct connection *c, *next;

	for (c = TAILQ_FIRST(&g->waiting); c != NULL; c = next) {
		next = TAILQ_NEXT(c, waits);
		if (now - c->since_ms >= HEAD_MS)
			(void)end(c);
		else
			lws_set_timeout(c->wsi, NO_PENDING_TIMEOUT, 0);
	}
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
