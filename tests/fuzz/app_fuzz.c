/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A request of the app's interface: its JSON up to the first zero byte, its content behind it.
 * There is no device, so that what is a request ends with NOT_FOUND. */
#include <jansson.h>

#include "fuzz.h"
#include "rpc/rpc.h"
#include "rpc/types.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size > 0 ? memchr(data, 0, size) : NULL;
	size_t n = end != NULL ? (size_t)(end - data) : size;
	const struct rpc_host host = { .ctx = NULL };
	struct rpc_answer a = { .json = NULL };
	struct rpc_lane *l = NULL;
	struct type_fault fault;
	json_t *whole;

	fuzz_start();
	if (rpc_lane_new(&host, &l) != ZT_OK ||
	    rpc_run(l, (const char *)data, n, data + n, size - n, &a) != ZT_OK)
		abort();
	whole = json_loadb(a.json, a.n, 0, NULL);
	fuzz_demand(type_check("Failure", true, json_object_get(whole, "error"), &fault));
	fuzz_demand(a.content == NULL);
	json_decref(whole);
	rpc_answer_free(&a);
	rpc_lane_free(l);
	return 0;
}
