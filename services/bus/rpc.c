/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "bus/rpc.h"

#include "format/limits.h"
#include "format/pb.h"

enum { PAGE = 4096, HEAD = 12 + ID_BYTES /* of an answer without a detail */ };

static enum zt_err
append(nng_msg *m, const void *p, size_t n)
{
	return n == 0 || nng_msg_append(m, p, n) == 0 ? ZT_OK : ZT_ERR_MEMORY;
}

enum zt_err
rpc_new(uint32_t count, nng_msg **out)
{
	uint8_t head[4];
	nng_msg *m;
	enum zt_err err;

	if (nng_msg_alloc(&m, 0) != 0)
		return ZT_ERR_MEMORY;
	wire_store_u32(head, count);
	if ((err = append(m, head, sizeof head)))
		nng_msg_free(m);
	else
		*out = m;
	return err;
}

void
rpc_set_count(nng_msg *m, uint32_t count)
{
	wire_store_u32(nng_msg_body(m), count);
}

enum zt_err
rpc_add_call(nng_msg *m, const Zt__Call *call, size_t body)
{
	struct buf b = buf_init(LIMIT_CALL + 8);
	struct buf c = buf_init(LIMIT_CALL);
	enum zt_err err = pb_encode(call, &c);

	if (err == ZT_OK) {
		wire_put_counted(&b, buf_bytes(&c));
		wire_put_u32(&b, (uint32_t)body);
		if ((err = buf_err(&b)) == ZT_OK)
			err = append(m, b.p, b.n);
	}
	buf_free(&b);
	buf_free(&c);
	return err;
}

struct rpc_answer
rpc_answer_begin(nng_msg *m)
{
	static const uint8_t
	    head[HEAD]; /* no error, no detail, a length that is set at the end */
	struct rpc_answer a = { .msg = m, .start = nng_msg_len(m) };

	a.failed = append(m, head, sizeof head) != ZT_OK;
	return a;
}

uint8_t *
rpc_answer_pages(struct rpc_answer *a, size_t n)
{
	size_t head = nng_msg_len(a->msg), shift;
	uint8_t *p;

	if (a->failed || nng_msg_realloc(a->msg, head + PAGE + n) != 0)
		goto fail;
	/* Moves the message's content up to the page where the body will begin. */
	p = nng_msg_body(a->msg);
	shift = (PAGE - ((uintptr_t)p + head) % PAGE) % PAGE;
	memmove(p + shift, p, head);
	if (nng_msg_trim(a->msg, shift) == 0 && nng_msg_chop(a->msg, PAGE - shift) == 0)
		return p + shift + head;
fail:
	a->failed = true;
	return NULL;
}

void
rpc_answer_keep(struct rpc_answer *a, size_t n)
{
	size_t max = nng_msg_len(a->msg) - a->start - HEAD;

	if (n > max || nng_msg_chop(a->msg, max - n) != 0)
		a->failed = true;
}

void
rpc_answer_add(struct rpc_answer *a, struct bytes bytes)
{
	if (bytes.n > 0 && append(a->msg, bytes.p, bytes.n))
		a->failed = true;
}

enum zt_err
rpc_answer_end(struct rpc_answer *a, enum zt_err err)
{
	struct buf b = buf_init(512);
	size_t body = nng_msg_len(a->msg) - a->start;
	uint32_t proved = a->is_proved ? RPC_PROVED : 0;

	if (err == ZT_OK && !a->failed) {
		uint8_t *head = (uint8_t *)nng_msg_body(a->msg) + a->start;

		wire_store_u32(head, proved);
		memcpy(head + 4, a->user.b, ID_BYTES);
		wire_store_u32(head + HEAD - 4, (uint32_t)(body - HEAD));
		return ZT_OK;
	}
	(void)nng_msg_chop(a->msg, body);
	wire_put_u32(&b, proved | (uint32_t)(err != ZT_OK ? err : ZT_ERR_MEMORY));
	buf_add(&b, bytes_of(a->user.b, ID_BYTES));
	wire_put_counted(&b, bytes_text(a->detail));
	wire_put_u32(&b, 0);
	err = append(a->msg, b.p, b.n);
	buf_free(&b);
	return err;
}

enum zt_err
rpc_read_answer(struct wire_reader *r, struct rpc_result *out)
{
	uint32_t number = wire_u32(r);
	struct rpc_result a;

	wire_copy(r, a.user.b, ID_BYTES);

	a.detail = wire_counted(r, 512);
	a.body = wire_counted(r, LIMIT_PAGE + LIMIT_BLOCK_WIRE + 4096);
	if (r->bad)
		return ZT_ERR_CORRUPT;
	a.is_proved = (number & RPC_PROVED) != 0;
	number &= ~RPC_PROVED;
	a.err = number == 0 ? ZT_OK : err_from_number(number);
	*out = a;
	return ZT_OK;
}
