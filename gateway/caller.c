/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "gateway/caller.h"

#include "bus/clock.h"
#include "gateway/connection.h"

enum zt_err
caller_begin(struct gateway *g, struct lws *wsi, struct caller *out)
{
	struct caller c = { .address = connection_caller(g, wsi) };

	if (c.address == NULL)
		return ZT_ERR_MEMORY;
	c.has_token = throttle_take(g->calls, c.address->name, clock_ms());
	*out = c;
	return ZT_OK;
}

enum zt_err
caller_asks(struct gateway *g, struct lws *wsi, struct caller *c)
{
	if ((c->address = connection_caller(g, wsi)) == NULL)
		return ZT_ERR_MEMORY;
	c->has_token = throttle_take(g->questions, c->address->name, clock_ms());
	return c->has_token ? ZT_OK : ZT_ERR_RATE;
}

enum zt_err
caller_identify(
    struct gateway *g, struct caller *c, const char *input, struct httpsig_params *claim)
{
	uint8_t device[2 * ID_BYTES];
	uint64_t now = clock_ms();

	if (httpsig_params(input, claim))
		return ZT_ERR_SIGNATURE;
	memcpy(device, claim->org.b, ID_BYTES);
	memcpy(device + ID_BYTES, claim->device.b, ID_BYTES);
	c->device = account_name(g->accounts, "device", bytes_of(device, sizeof device));
	c->org = account_name(g->accounts, "org", bytes_of(claim->org.b, ID_BYTES));
	c->is_signed = true;
	return throttle_is_spent(g->devices, c->device, now) ||
		       throttle_is_spent(g->orgs, c->org, now)
		   ? ZT_ERR_RATE
		   : ZT_OK;
}

/* An organization chooses the numbers of its users: the name is of both. */
void
caller_proved(struct gateway *g, struct caller *c, struct lws *wsi, const struct id *user)
{
	uint8_t both[sizeof c->org + ID_BYTES];

	memcpy(both, &c->org, sizeof c->org);
	memcpy(both + sizeof c->org, user->b, ID_BYTES);
	c->user = account_name(g->accounts, "user", bytes_of(both, sizeof both));
	c->is_proved = true;
	if (wsi != NULL)
		connection_proved(wsi, c->org, c->user);
}

void
caller_count(
    struct gateway *g, struct caller *c, struct lws *wsi, const struct upstream_answer *a)
{
	uint64_t now = clock_ms();

	if (c->address == NULL)
		return;
	if (!a->is_proved) {
		if (!c->has_token)
			(void)throttle_take(g->calls, c->address->name, now);
		return;
	}
	if (c->has_token)
		throttle_give(g->calls, c->address->name);
	if (!c->is_signed) { /* the operator */
		if (wsi != NULL)
			connection_is_operators(wsi);
		return;
	}
	caller_proved(g, c, wsi, &a->user);
	(void)throttle_take(g->devices, c->device, now);
	(void)throttle_take(g->orgs, c->org, now);
}

bool
caller_charge(struct gateway *g, const struct caller *c, size_t n, struct charge *charge)
{
	struct account *user, *org;
	bool has_room;

	if (c->address == NULL)
		return true;
	if (!c->is_proved)
		return charge_add(charge, &g->strangers_memory, c->address, NULL, n);
	user = account_hold(g->accounts, c->user);
	org = account_hold(g->accounts, c->org);
	has_room =
	    user != NULL && org != NULL && charge_add(charge, &g->users_memory, user, org, n);
	account_leave(user);
	account_leave(org);
	return has_room;
}

bool
caller_has_room(struct gateway *g, const struct caller *c, size_t n)
{
	struct charge trial = { 0 };
	bool has_room = caller_charge(g, c, n, &trial);

	charge_drop(&trial);
	return has_room;
}

uint64_t
caller_refusal_waits(struct caller *c, struct lws *wsi)
{
	enum { MIN_MS = 1000, PACE_MS = 100, MAX_MS = 10000 };
	uint64_t now = clock_ms(), due;

	if (c->address == NULL || c->has_token || c->is_proved || connection_is_proxy(wsi))
		return 0;
	due = c->address->refused_ms + PACE_MS;
	due = due < now + MIN_MS ? now + MIN_MS : due > now + MAX_MS ? now + MAX_MS : due;
	c->address->refused_ms = due;
	return due - now;
}

void
caller_gone(struct caller *c)
{
	account_leave(c->address);
	c->address = NULL;
}
