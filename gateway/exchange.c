/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "gateway/exchange.h"

#include <stdlib.h>

#include "bus/clock.h"
#include "gateway/connection.h"
#include "gateway/exchange_parts.h"

void
exchange_release(struct exchange *x)
{
	proof_leave(x->proof);
	charge_drop(&x->charge);
	caller_gone(&x->caller);
	if (x->request != NULL)
		nng_msg_free(x->request);
	if (x->kept != NULL)
		nng_msg_free(x->kept);
	buf_free(&x->copied);
	free(x);
}

void
exchange_own_time(struct exchange *x)
{
	if (!connection_is_ended(x->wsi))
		lws_set_timeout(x->wsi, NO_PENDING_TIMEOUT, 0);
}

void
exchange_stop_reading(struct exchange *x)
{
	if (!x->is_stopped)
		(void)lws_rx_flow_control(x->wsi, LWS_RXFLOW_REASON_APPLIES_DISABLE |
						      LWS_RXFLOW_REASON_USER_BOOL |
						      LWS_RXFLOW_REASON_FLAG_PROCESS_NOW);
	x->is_stopped = true;
}

void
exchange_read_on(struct exchange *x)
{
	(void)lws_rx_flow_control(x->wsi, 1);
	x->is_stopped = false;
}

/* A body that came fast at first does not hold its memory for what it saved. */
static bool
stands_still(struct exchange *x, uint64_t now_ms)
{
	const struct gateway_settings *s = x->g->settings;
	size_t moved = x->body - x->body_left, since = moved - x->window_moved;

	if (now_ms - x->window_ms < (uint64_t)s->patience * 2000)
		return false;
	x->window_ms = now_ms;
	x->window_moved = moved;
	return since < (size_t)(s->patience * s->least_rate);
}

/* An answer is slow as a whole, or stops: the last chunk is lws's as well. */
static bool
is_too_slow(struct exchange *x, uint64_t now_ms)
{
	uint64_t passed = now_ms - x->since_ms;
	uint64_t patience = (uint64_t)x->g->settings->patience * 1000;
	uint64_t rate = (uint64_t)x->g->settings->least_rate;
	size_t moved = x->state == READING_BODY ? x->body - x->body_left : x->sent;

	if (x->state != READING_BODY &&
	    now_ms - x->chunk_ms > patience + EXCHANGE_CHUNK * (uint64_t)1000 / rate)
		return true;
	if (x->state == READING_BODY && stands_still(x, now_ms))
		return true;
	return passed > patience && moved < (passed - patience) * rate / 1000;
}

/* While bytes move. */
static void
look(struct due *d, uint64_t now_ms)
{
	struct exchange *x = DUE_OF(d, struct exchange, due);

	if (is_too_slow(x, now_ms)) {
		connection_end(x->wsi);
		return;
	}
	exchange_own_time(x); /* lws sets it again with each part of a body */
	due_set(&x->g->due, d, 0, look);
}

void
exchange_move(struct exchange *x, enum exchange_state state)
{
	x->state = state;
	x->since_ms = x->chunk_ms = x->window_ms = clock_ms();
	due_set(&x->g->due, &x->due, 0, look);
}

void
exchange_gone(struct exchange **slot)
{
	struct exchange *x = *slot;

	*slot = NULL;
	if (x == NULL)
		return;
	x->wsi = NULL;
	LIST_REMOVE(x, link);
	due_cancel(&x->due);
	if (!x->is_asking)
		exchange_release(x);
}

/* Refusals that are held back, and what is left of refused bodies, keep nobody. */
bool
exchange_is_under_way(const struct gateway *g)
{
	const struct exchange *x;

	LIST_FOREACH(x, &g->exchanges, link)
	if (x->state != LATE && x->state != LINGERING)
		return true;
	return false;
}
