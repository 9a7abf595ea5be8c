/* SPDX-License-Identifier: Apache-2.0 */
/* http_host.c - exchanges by the host: a separate worker fetches (http.mjs), so that several
 * are under way while this instance waits. An exchange is handed over with all of its body;
 * its answer is taken by length, then bytes. */
#include <stdlib.h>

#include "port/http.h"

#define HOST(name) __attribute__((import_module("zt"), import_name(#name)))
HOST(http_start)
int host_start(const char *method, const char *url, const char *headers,
    const char *answer_type, const char *refusal_type, const uint8_t *body, size_t n);
HOST(http_turn) int host_turn(int wait_ms);  /* a slot that ended, or -1 */
HOST(http_status) int host_status(int slot); /* 0: the network failed; -1: it took too long */
HOST(http_typed) int host_typed(int slot);
HOST(http_length) size_t host_length(int slot);
HOST(http_take) void host_take(int slot, uint8_t *to); /* NULL: drops it. Frees the slot */
HOST(http_drop) void host_drop(int slot);              /* of an exchange that is under way */

enum { SLOTS = 16 };

/* One for the instance: the host's slots are. Several clients of it share the exchanges. */
struct table {
	struct http_exchange *of[SLOTS];
	struct http *by[SLOTS];
};

static struct table *
table(void)
{
	static struct table t;

	return &t;
}

struct http {
	unsigned under_way;
};

enum zt_err
http_new(const struct http_options *o, struct http **out)
{
	(void)o; /* the host's browser has the authorities */
	*out = calloc(1, sizeof **out);
	return *out != NULL ? ZT_OK : ZT_ERR_MEMORY;
}

void
http_free(struct http *h)
{
	free(h);
}

enum zt_err
http_start(struct http *h, struct http_exchange *x)
{
	int slot = host_start(x->method, x->url, buf_text(x->headers), x->answer_type,
	    x->refusal_type, x->body.p, x->body.n);

	x->transfer = NULL;
	x->err = ZT_OK;
	x->status = 0;
	x->is_typed = x->is_sent = false;
	x->failure = "";
	if (slot < 0 || slot >= SLOTS)
		return ZT_ERR_MEMORY;
	table()->of[slot] = x;
	table()->by[slot] = h;
	h->under_way++;
	return ZT_OK;
}

void
http_cancel(struct http *h, struct http_exchange *x)
{
	for (int i = 0; i < SLOTS; i++)
		if (table()->of[i] == x) {
			host_drop(i);
			table()->of[i] = NULL;
			h->under_way--;
		}
}

static void
take(struct http_exchange *x, int slot)
{
	size_t n = host_length(slot);
	struct buf *b = x->status == 200 ? x->answer : x->refusal;
	uint8_t *to = NULL;

	if (x->err == ZT_OK && x->is_typed && n > 0 && (to = buf_room(b, n)) == NULL) {
		x->err = buf_err(b);
		x->failure = "the answer is too long";
	}
	host_take(slot, to);
}

static void
finish(int slot)
{
	struct http_exchange *x = table()->of[slot];

	table()->of[slot] = NULL;
	table()->by[slot]->under_way--;
	x->status = host_status(slot);
	x->is_typed = host_typed(slot) != 0;
	x->is_sent = true; /* as far as anybody knows: fetch does not say how far one came */
	if (x->status <= 0) {
		x->err = x->status < 0 ? ZT_ERR_TIMEOUT : ZT_ERR_NETWORK;
		x->failure = x->status < 0 ? "it took too long" : "it cannot be reached";
		x->status = 0;
	}
	take(x, slot);
	x->done(x);
}

enum zt_err
http_turn(struct http *h, int wait_ms)
{
	int slot;

	while ((slot = host_turn(wait_ms)) >= 0) {
		if (slot >= SLOTS || table()->of[slot] == NULL)
			return ZT_ERR_NETWORK; /* not the host that it should be */
		wait_ms = 0;
		finish(slot);
	}
	(void)h;
	return ZT_OK;
}

void
http_wake(struct http *h)
{
	(void)h; /* there is no other thread */
}
