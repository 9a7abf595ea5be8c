/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A request of the app's interface: its JSON up to the first zero byte, its content behind it.
 * There is no device, so that what is a request ends with NOT_FOUND. What is behind is also
 * what a page replies to a question. */
#include <jansson.h>

#include "fuzz.h"
#include "rpc/call.h"
#include "rpc/message.h"
#include "rpc/person.h"
#include "rpc/types.h"

struct reply {
	const uint8_t *p;
	size_t n;
};

static enum zt_err
say(void *ctx, const struct rpc_question *q, char **out, size_t *n)
{
	const struct reply *r = ctx;

	(void)q;
	if ((*out = malloc(r->n + 1)) == NULL)
		abort();
	memcpy(*out, r->p, r->n);
	*n = r->n;
	return ZT_OK;
}

/* No reply but a good one picks a code or lets somebody in. */
static void
ask(const uint8_t *p, size_t n)
{
	static const char *const choices[4] = { "AAAA", "BBBB", "CCCC", "DDDD" };
	struct reply r = { p, n };
	struct rpc_lane l = { .host = { .ask = say, .ctx = &r }, .request = json_integer(7) };
	struct call c = { .lane = &l };
	struct zt_codes codes;
	const char *profile = "standard";
	int picked;

	rpc_codes(&c, &codes);
	picked = codes.pick(codes.ctx, choices, NULL, NULL);
	fuzz_demand(picked >= ZT_PICK_LEFT && picked < 4);
	fuzz_demand(c.asked == ZT_OK || picked == ZT_PICK_LEFT);
	c = (struct call){ .lane = &l };
	l.asks = 0;
	fuzz_demand(!codes.accept(codes.ctx, "a", "b", "c", "", &profile) || c.asked == ZT_OK);
	fuzz_demand(strcmp(profile, "standard") == 0 || c.asked == ZT_OK);
	json_decref(l.request);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size > 0 ? memchr(data, 0, size) : NULL;
	size_t n = end != NULL ? (size_t)(end - data) : size;
	const struct rpc_host host = { .ctx = NULL };
	struct rpc_answer a = { .json = NULL };
	struct rpc_lane *l = NULL;
	struct rpc_message m;
	struct type_fault fault;
	json_t *whole;

	fuzz_start();
	rpc_look((const char *)data, n, &m);
	fuzz_demand(memchr(m.device, 0, sizeof m.device) != NULL);
	if (rpc_lane_new(&host, &l) != ZT_OK ||
	    rpc_run(l, (const char *)data, n, data + n, size - n, &a) != ZT_OK)
		abort();
	whole = json_loadb(a.json, a.n, 0, NULL);
	fuzz_demand(type_check("Failure", true, json_object_get(whole, "error"), &fault));
	fuzz_demand(a.content == NULL);
	json_decref(whole);
	rpc_answer_free(&a);
	rpc_lane_free(l);
	if (end != NULL)
		ask(end + 1, size - n - 1);
	return 0;
}
