/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* rpc.c - the one door of every method: size, depth, JSON, row, parameters, then the method.
 * The frame asks, and the method acts: no method sees a parameter that is not of its row. */
#include "rpc/rpc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "encode/encode.h"
#include "rpc/call.h"
#include "rpc/json.h"
#include "rpc/types.h"
#include "zt/keep.h"

/* What tests, and programs that write documents, read of a row: a page would fetch it for
 * nothing. */
#ifdef __wasm__
#define FOR_READERS(text) NULL
#else
#define FOR_READERS(text) text
#endif

static const struct rpc_row rows[] = {
#define METHOD(id, method, lane, content, asks, params, result, about)                         \
	{ method, RPC_##lane, RPC_##content, RPC_##asks, params, FOR_READERS(result),          \
		FOR_READERS(about) },
#define HOST(id, method, params, result, about)                                                \
	{ method, RPC_HOST, RPC_NO, RPC_FREE, params, FOR_READERS(result), FOR_READERS(about) },
#define HOST_TAKES(id, method, params, result, about)                                          \
	{ method, RPC_HOST, RPC_TAKES, RPC_FREE, params, FOR_READERS(result),                  \
		FOR_READERS(about) },
#include "rpc/methods.def"
};

static enum zt_err (*const methods[])(struct call *c) = {
#define METHOD(id, method, lane, content, asks, params, result, about) method_##id,
#define HOST(id, method, params, result, about) NULL,
#include "rpc/methods.def"
};

const struct rpc_row *
rpc_row_at(size_t index)
{
	return index < sizeof rows / sizeof rows[0] ? &rows[index] : NULL;
}

const struct rpc_row *
rpc_find(const char *method)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (strcmp(rows[i].method, method) == 0)
			return &rows[i];
	return NULL;
}

/* ---- lanes ---- */

enum zt_err
rpc_lane_new(const struct rpc_host *host, struct rpc_lane **out)
{
	struct rpc_lane *l = calloc(1, sizeof *l);
	uint64_t first;

	if (l == NULL)
		return ZT_ERR_MEMORY;
	/* No other lane's number is met, so that one of a lane that has ended opens nothing. */
	if (getentropy(&first, sizeof first) != 0) {
		free(l);
		return ZT_ERR_IO;
	}
	l->handles.last = first >> 16;
	l->host = *host;
	*out = l;
	return ZT_OK;
}

static void
hear_work(void *ctx, enum zt_work what, uint64_t done, uint64_t total)
{
	static const char *const kinds[] = { [ZT_WORK_VERIFY_LOG] = "log",
		[ZT_WORK_VERIFY_HISTORY] = "history",
		[ZT_WORK_WRAP_KEYS] = "keys" };

	lane_event(ctx, "work",
	    json_pack("{s:s,s:o,s:o}", "kind", kinds[what], "done", encode_number(done),
		"total", encode_number(total)));
}

static void
hear_damaged(void *ctx, const char *path, const char *what)
{
	lane_event(ctx, "damaged",
	    json_pack("{s:o,s:o}", "path", encode_text(path), "what", encode_text(what)));
}

void
rpc_lane_hear(struct rpc_lane *l, struct zt_options *o)
{
	o->translate = l->host.translate;
	o->progress = hear_work;
	o->progress_ctx = l;
	o->damaged = hear_damaged;
	o->damaged_ctx = l;
}

void
rpc_lane_use(struct rpc_lane *l, struct zt *z)
{
	handles_close(&l->handles);
	l->z = z;
	if (z != NULL)
		zt_read_kept(z, true);
}

void
rpc_lane_free(struct rpc_lane *l)
{
	if (l == NULL)
		return;
	handles_close(&l->handles);
	free(l);
}

/* ---- the request ---- */

static enum zt_err
check_content(struct call *c, const struct rpc_row *row)
{
	if (c->content_n > RPC_CONTENT_MAX)
		return call_refuse_number(
		    c, ZT_ERR_TOO_BIG, "the content has more than %s bytes", RPC_CONTENT_MAX);
	if (c->content_n > 0 && row->content != RPC_TAKES)
		return call_refuse(
		    c, ZT_ERR_INVALID, "the method %s takes no content", row->method);
	return ZT_OK;
}

/* Runs the method of ROW, whose parameters C has. */
static enum zt_err
act(struct call *c, const struct rpc_row *row)
{
	const struct rpc_host *host = &c->lane->host;

	if (row->lane == RPC_HOST)
		return host->method(host->ctx, row, c);
	if (c->z == NULL)
		return call_refuse(
		    c, ZT_ERR_NO_DEVICE, "no device is open for the method %s", row->method);
	if (row->asks == RPC_ASK &&
	    (host->is_confirmed == NULL || !host->is_confirmed(host->ctx)))
		return call_refuse(c, ZT_ERR_CONFIRM, zt_err_text(ZT_ERR_CONFIRM), "");
	return methods[row - rows](c);
}

/* The method that REQUEST names, with parameters of its row: calls it. */
static enum zt_err
run(struct call *c, const json_t *request)
{
	const json_t *method = json_object_get(request, "method");
	const struct rpc_row *row;
	enum zt_err err;

	/* The members are looked at first, and the parameters once their type is known. */
	if ((err = call_check(c, "{ id: number; method: string; params: Any; device?: string }",
		 true, request, "")))
		return err;
	row = rpc_find(json_string_value(method));
	if (row == NULL || (row->lane == RPC_HOST && c->lane->host.method == NULL))
		return call_refuse(
		    c, ZT_ERR_INVALID, "there is no method %s", json_string_value(method));
	c->params = json_object_get(request, "params");
	if ((err = call_check(c, row->params, true, c->params, "params")) ||
	    (err = check_content(c, row)))
		return err;
	return act(c, row);
}

enum zt_err
rpc_run(struct rpc_lane *l, const char *request, size_t n, const void *content,
    size_t content_n, struct rpc_answer *out)
{
	struct call c = { .lane = l, .z = l->z, .content = content, .content_n = content_n };
	json_t *read = NULL, *id;
	bool done;
	enum zt_err err;

	*out = (struct rpc_answer){ .json = NULL };
	if ((err = json_read(&c, request, n, &read)) == ZT_OK) {
		struct type_fault fault;

		id = json_object_get(read, "id");
		l->request = type_check("number", true, id, &fault) ? id : NULL;
		err = run(&c, read);
	}
	done = err == ZT_OK;
	err = call_write(&c, err, out);
	if (c.opened != NULL && !(done && err == ZT_OK)) /* the page never learns its number */
		handle_close(c.opened);
	l->request = NULL;
	json_decref(c.result);
	json_decref(read);
	free(c.given);
	return err;
}

void
rpc_answer_free(struct rpc_answer *a)
{
	if (a->json != NULL)
		explicit_bzero(a->json, a->n);
	free(a->json);
	free(a->content);
	*a = (struct rpc_answer){ .json = NULL };
}
