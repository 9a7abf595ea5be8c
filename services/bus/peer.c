/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "bus/peer.h"

#include <nng/nng.h>
#include <nng/protocol/reqrep0/req.h>
#include <stdio.h>
#include <stdlib.h>

#include "bus/clock.h"
#include "bus/link.h"
#include "bus/pipes.h"
#include "bus/rpc.h"

struct peer {
	nng_socket socket;
	struct pipes pipes;
};

static enum zt_err
open_by(pipes_dial_fn *dial, const struct link *link, const char *url, struct peer **out)
{
	struct peer *p = calloc(1, sizeof *p);

	if (p == NULL)
		return ZT_ERR_MEMORY;
	if (nng_req0_open(&p->socket) != 0) {
		free(p);
		return ZT_ERR_MEMORY;
	}
	(void)nng_socket_set_ms(p->socket, NNG_OPT_RECONNMINT, 20);
	(void)nng_socket_set_ms(p->socket, NNG_OPT_RECONNMAXT, 500);
	(void)nng_socket_set_size(p->socket, NNG_OPT_RECVMAXSZ, 0);
	pipes_watch(&p->pipes, p->socket, link, dial, NULL, NULL);
	if (pipes_dial(&p->pipes, url) != 0) {
		peer_close(p);
		return ZT_ERR_CONFIG;
	}
	*out = p;
	return ZT_OK;
}

enum zt_err
peer_open(const struct link *link, const char *url, struct peer **out)
{
	return open_by(link_dial, link, url, out);
}

enum zt_err
peer_open_self(const struct link *link, const char *url, struct peer **out)
{
	return open_by(link_dial_self, link, url, out);
}

void
peer_end(struct peer *p)
{
	if (p != NULL)
		(void)nng_close(p->socket);
}

void
peer_close(struct peer *p)
{
	if (p == NULL)
		return;
	(void)nng_close(p->socket);
	pipes_end(&p->pipes);
	free(p);
}

static enum zt_err
exchange(struct peer *p, nng_ctx ctx, nng_aio *aio, nng_msg *m, nng_msg **answer)
{
	uint64_t since;

	pipes_redial(&p->pipes);
	nng_aio_set_msg(aio, m);
	nng_ctx_send(ctx, aio);
	nng_aio_wait(aio);
	if (nng_aio_result(aio) != 0) {
		nng_msg_free(m);
		return nng_aio_result(aio) == NNG_ETIMEDOUT ? ZT_ERR_UNAVAILABLE
							    : ZT_ERR_NETWORK;
	}
	since = clock_ms();
	nng_ctx_recv(ctx, aio);
	nng_aio_wait(aio);
	if (nng_aio_result(aio) == NNG_ETIMEDOUT)
		pipes_drop_silent(&p->pipes, since);
	if (nng_aio_result(aio) != 0)
		return nng_aio_result(aio) == NNG_ETIMEDOUT ? ZT_ERR_TIMEOUT : ZT_ERR_NETWORK;
	pipes_heard(&p->pipes, NULL);
	*answer = nng_aio_get_msg(aio);
	return ZT_OK;
}

static enum zt_err
read_one(nng_msg *answer, struct buf *out, char message[PEER_MESSAGE])
{
	struct wire_reader r = wire_read(bytes_of(nng_msg_body(answer), nng_msg_len(answer)));
	struct rpc_result result;
	enum zt_err err;

	wire_expect_u32(&r, 1);
	if ((err = rpc_read_answer(&r, &result)))
		return err;
	(void)snprintf(
	    message, PEER_MESSAGE, "%.*s", (int)result.detail.n, (const char *)result.detail.p);
	if ((err = result.err))
		return err;
	buf_add(out, result.body);
	return buf_err(out);
}

enum zt_err
peer_call(
    struct peer *p, const char *what, struct bytes body, unsigned deadline_ms, struct buf *out)
{
	char message[PEER_MESSAGE];

	return peer_call_message(p, what, body, deadline_ms, out, message);
}

enum zt_err
peer_call_message(struct peer *p, const char *what, struct bytes body, unsigned deadline_ms,
    struct buf *out, char message[PEER_MESSAGE])
{
	Zt__Call call = ZT__CALL__INIT;
	nng_msg *m = NULL, *answer = NULL;
	nng_aio *aio = NULL;
	nng_ctx ctx;
	enum zt_err err;

	message[0] = 0;
	call.method = (char *)(uintptr_t) "ASK";
	call.target = (char *)(uintptr_t)what;
	call.deadline_ms = deadline_ms;
	if (nng_ctx_open(&ctx, p->socket) != 0)
		return ZT_ERR_MEMORY;
	err = ZT_ERR_MEMORY;
	if (nng_aio_alloc(&aio, NULL, NULL) != 0)
		goto out;
	nng_aio_set_timeout(aio, (nng_duration)deadline_ms);
	if ((err = rpc_new(1, &m)))
		goto out;
	if ((err = rpc_add_call(m, &call, body.n)) ||
	    (body.n > 0 && nng_msg_append(m, body.p, body.n) != 0)) {
		nng_msg_free(m);
		goto out;
	}
	if ((err = exchange(p, ctx, aio, m, &answer)) == ZT_OK)
		err = read_one(answer, out, message);
	if (answer != NULL)
		nng_msg_free(answer);
out:
	if (aio != NULL)
		nng_aio_free(aio);
	(void)nng_ctx_close(ctx);
	return err;
}
