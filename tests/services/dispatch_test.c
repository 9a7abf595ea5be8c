/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* dispatch_test.c - what one message of calls may become: its answers have a bound, and what
 * was not run is not answered. */
#include "bus/rpc.h"
#include "format/limits.h"
#include "frame/dispatch.h"
#include "test.h"

enum { SIZE = 300 * 1024 };

static unsigned ran;

static enum zt_err
large(void *state, const struct request *rq, struct rpc_answer *out)
{
	static uint8_t zeros[SIZE];

	(void)state;
	(void)rq;
	ran++;
	rpc_answer_add(out, bytes_of(zeros, sizeof zeros));
	return ZT_OK;
}

/* COUNT calls of WHAT in one message; how many answers came, all of which are good. */
static uint32_t
answers_to(uint32_t count, const char *what, size_t *n)
{
	static const struct service_rpc rpcs[] = { { "/large", large } };
	const struct service_def def = { .name = "test", .rpcs = rpcs, .rpc_count = 1 };
	struct dispatch d = { .def = &def };
	Zt__Call call = ZT__CALL__INIT;
	struct wire_reader r;
	nng_msg *m = NULL, *out = NULL;
	uint32_t answers;

	call.method = (char *)(uintptr_t) "ASK";
	call.target = (char *)(uintptr_t)what;
	assert_ok(rpc_new(count, &m));
	for (uint32_t i = 0; i < count; i++)
		assert_ok(rpc_add_call(m, &call, 0));
	ran = 0;
	assert_ok(dispatch_message(&d, NULL, bytes_of(nng_msg_body(m), nng_msg_len(m)), &out));
	*n = nng_msg_len(out);
	r = wire_read(bytes_of(nng_msg_body(out), nng_msg_len(out)));
	answers = wire_u32(&r);
	for (uint32_t i = 0; i < answers; i++) {
		struct rpc_result one;

		assert_ok(rpc_read_answer(&r, &one));
		assert_ok(one.err);
	}
	assert_ok(wire_end(&r));
	nng_msg_free(m);
	nng_msg_free(out);
	return answers;
}

static void
N1_the_answers_to_a_batch_have_a_bound(void **state)
{
	size_t n;

	(void)state;
	assert_int_equal(4, answers_to(LIMIT_BATCH, "/large", &n));
	assert_int_equal(4, ran); /* no call is run that is not answered */
	assert_true(n < RPC_FILL + SIZE + 4096);
	assert_int_equal(1, answers_to(1, "/large", &n));
	assert_int_equal(LIMIT_BATCH, answers_to(LIMIT_BATCH, "/health", &n));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(N1_the_answers_to_a_batch_have_a_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
