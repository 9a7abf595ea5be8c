/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "gateway/connection.h"

#include <linux/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "bus/clock.h"
#include "gateway/door.h"

enum { IDLE_MS = 60000 }; /* a user's connection without a call */

/* Kept because at its end lws does not know a connection's address any more. */
struct connection {
	/* Of the strangers' and its address's list, or of its organization's and its user's. */
	TAILQ_ENTRY(connection) wide, narrow;
	struct gateway *g;
	struct lws *wsi;
	struct account *address;
	struct account *org, *user; /* who proved that it is theirs, or NULL */
	bool is_proxy, is_at_metrics, is_exempt, is_stranger, is_counted, is_ended;
	bool is_proved; /* by the call that came last */
	bool is_busy;   /* a call is under way on it, or it is an event socket */
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
	TAILQ_REMOVE(&c->g->strangers, c, wide);
	TAILQ_REMOVE(&c->address->list, c, narrow);
}

static void
join_strangers(struct connection *c)
{
	c->is_stranger = true;
	TAILQ_INSERT_TAIL(&c->g->strangers, c, wide);
	TAILQ_INSERT_TAIL(&c->address->list, c, narrow);
}

static void
leave_user(struct connection *c)
{
	if (c->user == NULL)
		return;
	c->g->proved--;
	TAILQ_REMOVE(&c->user->list, c, narrow);
	TAILQ_REMOVE(&c->org->list, c, wide);
	c->user->connections--;
	if (--c->org->connections == 0)
		LIST_REMOVE(c->org, of_orgs);
	account_leave(c->user);
	account_leave(c->org);
	c->user = c->org = NULL;
}

static bool
join_user(struct connection *c, uint64_t org, uint64_t user)
{
	struct account *o = account_hold(c->g->accounts, org);
	struct account *u = account_hold(c->g->accounts, user);

	if (o == NULL || u == NULL) {
		account_leave(o);
		account_leave(u);
		return false;
	}
	c->org = o;
	c->user = u;
	c->g->proved++;
	TAILQ_INSERT_TAIL(&u->list, c, narrow);
	TAILQ_INSERT_TAIL(&o->list, c, wide);
	u->connections++;
	if (o->connections++ == 0)
		LIST_INSERT_HEAD(&c->g->by_org, o, of_orgs);
	return true;
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
 * lws lets it go only in the loop's next turn. */
static bool
end(struct connection *c)
{
	if (c == NULL)
		return false;
	leave_strangers(c);
	leave_user(c);
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
is_idle(struct due *d, uint64_t now_ms)
{
	(void)now_ms;
	(void)end(DUE_OF(d, struct connection, due));
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
		return end(TAILQ_FIRST(&c->address->list));
	if (g->connected >= s->connections)
		return end(TAILQ_FIRST(&g->strangers));
	return true;
}

int
connection_accept(struct gateway *g, struct lws *wsi)
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
	c->is_at_metrics = door_is_metrics(g->door);
	c->is_exempt = c->is_proxy || c->is_at_metrics;
	if (!c->is_exempt) {
		join_strangers(c);
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
	leave_user(c);
	due_cancel(&c->due);
	uncount(c);
	account_leave(c->address);
	free(c);
}

/* Which of USER's connections gives way: the least recent one on which nothing is under way;
 * the least recent one when all are busy. */
static struct connection *
first_to_go(const struct account *user)
{
	struct connection *c;

	TAILQ_FOREACH(c, &user->list, narrow)
	if (!c->is_busy)
		return c;
	return TAILQ_FIRST(&user->list);
}

/* Of the user who has most, in the organization that has most. */
static struct connection *
first_of_max(const struct gateway *g)
{
	const struct account *org, *most = LIST_FIRST(&g->by_org), *user = NULL;
	struct connection *c;

	LIST_FOREACH(org, &g->by_org, of_orgs)
	if (org->connections > most->connections)
		most = org;
	if (most == NULL)
		return NULL;
	TAILQ_FOREACH(c, &most->list, wide)
	if (user == NULL || c->user->connections > user->connections)
		user = c->user;
	return first_to_go(user);
}

void
connection_proved(struct lws *wsi, uint64_t org, uint64_t user)
{
	struct connection *c = of(wsi);
	const struct gateway_settings *s;

	if (c == NULL || c->is_exempt || c->is_ended)
		return;
	s = c->g->settings;
	leave_strangers(c);
	leave_user(c);
	if (!join_user(c, org, user)) {
		(void)end(c);
		return;
	}
	c->is_proved = true;
	if (c->user->connections > s->connections_per_user)
		(void)end(first_to_go(c->user));
	else if (c->g->proved > s->connections - s->connections / 4)
		(void)end(first_of_max(c->g));
}

void
connection_is_operators(struct lws *wsi)
{
	struct connection *c = of(wsi);

	if (c == NULL || c->is_exempt || c->is_ended)
		return;
	leave_strangers(c);
	leave_user(c);
	c->is_proved = true;
}

/* How many bytes were received on this connection; 0 when the system does not say. */
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
connection_head_received(struct lws *wsi)
{
	struct connection *c = of(wsi);
	uint64_t before;

	if (c != NULL) {
		c->is_proved = false;
		c->is_busy = true;
	}
	if (c == NULL || c->is_ended)
		return c == NULL;
	due_cancel(&c->due);
	if (!c->is_stranger)
		return true;
	before = c->received;
	c->received = received(wsi);
	return c->received == 0 || c->received != before;
}

void
connection_waits(struct lws *wsi)
{
	struct connection *c = of(wsi);

	if (c == NULL || c->is_ended)
		return;
	lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 0);
	c->is_busy = false;
	if (c->is_exempt)
		return;
	if (!c->is_proved && !c->is_stranger) {
		leave_user(c);
		join_strangers(c);
	}
	if (c->is_stranger)
		wait_for_head(c);
	else
		due_set(&c->g->due, &c->due, clock_ms() + IDLE_MS, is_idle);
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

bool
connection_is_at_metrics(struct lws *wsi)
{
	const struct connection *c = of(wsi);

	return c != NULL && c->is_at_metrics;
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
