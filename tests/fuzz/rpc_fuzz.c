/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A message between gateway and service, and its answer. */
#include <fcntl.h>
#include <unistd.h>

#include "bus/rpc.h"
#include "frame/dispatch.h"
#include "frame/log.h"
#include "fuzz.h"

static enum zt_err
nothing(void *state, const struct request *rq, struct rpc_answer *out)
{
	(void)state;
	(void)rq;
	rpc_answer_add(out, bytes_text("done"));
	return ZT_OK;
}

static enum zt_err
stranger(void *state, struct db *db, const struct id *org, const struct id *device,
    const struct id *workspace, struct decision *out)
{
	(void)state;
	(void)db;
	(void)org;
	(void)device;
	(void)workspace;
	*out = (struct decision){ .live = true };
	return ZT_OK;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static handler *handlers[ROUTE_COUNT];
	const struct service_def def = { .name = "fuzz",
		.service = SERVICE_AUTH,
		.handlers = handlers,
		.decide = stranger };
	struct dispatch d = { .def = &def };
	struct wire_reader r = wire_read(bytes_of(data, size));
	struct rpc_result result;
	nng_msg *answer = NULL;
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC), stderr_was = dup(STDERR_FILENO);

	fuzz_start();
	if (null < 0 || stderr_was < 0 ||
	    dup2(null, STDERR_FILENO) < 0) /* refusals are logged */
		abort();
	for (size_t i = 0; i < ROUTE_COUNT; i++)
		handlers[i] = nothing;
	if (replay_new(&d.window.replay))
		abort();
	if (dispatch_message(&d, NULL, bytes_of(data, size), &answer) == ZT_OK)
		nng_msg_free(answer);
	(void)!rpc_read_answer(&r, &result);
	replay_free(d.window.replay);
	(void)dup2(stderr_was, STDERR_FILENO);
	(void)close(stderr_was);
	(void)close(null);
	return 0;
}
