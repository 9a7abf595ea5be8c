/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* rpc.h - the app's interface: a request in JSON to its answer in JSON, over include/zt alone.
 *
 * What methods there are is in methods.def. Nothing here waits for anything but libzt, or
 * starts a thread: a host (an agent, a worker of a browser) reads requests, chooses the lane,
 * and calls rpc_run. A lane, its device and its handles belong to one thread at a time. */
#ifndef ZT_RPC_RPC_H
#define ZT_RPC_RPC_H

#include <stdbool.h>
#include <stddef.h>

#include "zt/zt.h"

struct rpc_lane;
struct call;
struct zt_event;
struct zt_device;

#define RPC_REQUEST_MAX ((size_t)1024 * 1024)     /* bytes of a request's JSON */
#define RPC_DEPTH_MAX 8                           /* of objects and arrays in it */
#define RPC_CONTENT_MAX ((size_t)4 * 1024 * 1024) /* bytes of content, either way */
#define RPC_PAGE_MAX ((size_t)1024 * 1024)        /* bytes of a page's items, and one more */
/* Open at once in a lane: a reader holds up to 32 MiB, a writer up to 76, and what is written
 * here and there on disk; a list, the names of its folder. */
#define RPC_READERS_MAX 16
#define RPC_WRITERS_MAX 4
#define RPC_LISTS_MAX 64
#define RPC_EXPORTS_MAX 1

/* Which of its threads a host runs a method on, so that a long call blocks no short one: reads
 * that are local or take a short call; writes of the log or of a tree; readers, writers and
 * lists, which have handles; what takes minutes; what waits for people. A host without threads
 * has one for all. RPC_HOST: the host's own methods (rpc_host.method). */
enum rpc_lane_kind { RPC_QUICK, RPC_CHANGE, RPC_STREAM, RPC_LONG, RPC_PERSON, RPC_HOST };
/* Bytes beside the JSON, with the request or with the answer. */
enum rpc_content { RPC_NO, RPC_TAKES, RPC_GIVES };
/* Whether the page alone may ask, or the person must have agreed (rpc_host.is_confirmed). */
enum rpc_asks { RPC_FREE, RPC_ASK };

/* A row of methods.def. */
struct rpc_row {
	const char *method;
	enum rpc_lane_kind lane;
	enum rpc_content content;
	enum rpc_asks asks;
	const char *params;         /* a type of TypeScript */
	const char *result, *about; /* a type, and a sentence; NULL in WebAssembly */
};
/* The row of METHOD, or NULL; the row at INDEX, or NULL behind the last. Static. */
const struct rpc_row *rpc_find(const char *method);
const struct rpc_row *rpc_row_at(size_t index);

/* A question to the person, {"question":NAME,"request":ID,"ask":NUMBER,"data":{...}} of N bytes
 * and a zero byte; NUMBER is given once in the life of a lane. */
struct rpc_question {
	const char *json;
	size_t n;
	/* To be called with ARG about once a second while the person decides: false: the other
	 * side has gone, and the question is over. NULL: it stays until it is answered. */
	bool (*runs)(void *arg);
	void *arg;
};

struct rpc_host {
	/* An event of the request that runs, {"event":NAME,"request":ID,"data":{...}}, of N
	 * bytes and a zero byte that live until it returns; DATA is as methods.def says. It is
	 * on the caller's thread and must not call this lane. May be NULL. */
	void (*event)(void *ctx, const char *json, size_t n);
	void *ctx;
	/* As zt_options.translate, for the sentences of this folder. NULL: English. */
	const char *(*translate)(const char *english);
	/* Asks the person on the caller's thread, and waits: sets *REPLY to the N bytes of
	 * {"reply":ID,"ask":NUMBER,"value":...} as they came, from malloc, which it takes; or
	 * to NULL: the person has left, or the question is over. Any bytes may come: those that
	 * are no reply of its type end the call with INVALID. Errors: INTERRUPTED and others
	 * end the call. NULL: nobody is there. */
	enum zt_err (*ask)(void *ctx, const struct rpc_question *q, char **reply, size_t *n);
	/* Whether the person typed the password within the last minutes, for methods that ask.
	 * NULL: no, and they are refused. */
	bool (*is_confirmed)(void *ctx);
	/* Runs a method of the host, with parameters of its ROW, as call.h says; it needs no
	 * device. NULL: there are none. */
	enum zt_err (*method)(void *ctx, const struct rpc_row *row, struct call *c);
};

/* Makes a lane without a device: until rpc_lane_use its methods end with NO_DEVICE. Copies
 * HOST. The caller gives *OUT to rpc_lane_free. Errors: MEMORY, IO (no randomness). */
enum zt_err rpc_lane_new(const struct rpc_host *host, struct rpc_lane **out)
    __attribute__((warn_unused_result));
/* Sets those callbacks of O that make events of L, and the host's TRANSLATE, before the lane's
 * device is opened with O (zt_open, zt_open_again). L outlives that device. */
void rpc_lane_hear(struct rpc_lane *l, struct zt_options *o);
/* The methods of L act on Z from now on, which L borrows; NULL: on none, as before Z is closed.
 * Closes all handles of L. */
void rpc_lane_use(struct rpc_lane *l, struct zt *z);
/* Closes all handles of L, before its device is closed. NULL is nothing. */
void rpc_lane_free(struct rpc_lane *l);

/* {"id":ID,"result":{...}}, or {"id":ID,"error":{"number","name","sentence","english",
 * "parameters","retry"}} (zt_error_of; ID is null where the request has none that is valid).
 */
struct rpc_answer {
	char *json; /* of N bytes, and a zero byte */
	size_t n;
	void *content; /* of a method that gives some; else NULL */
	size_t content_n;
};
/* Runs one request, {"id":NUMBER,"method":TEXT,"params":{...}} of N bytes, to its end, with
 * CONTENT_N bytes of CONTENT for a method that takes some. A "device":TEXT is the host's, which
 * chose the lane (rpc_look). Any bytes may be given: what is not
 * a request, has another member than the method, or lacks one, is answered with INVALID and
 * names it. The caller gives *OUT to rpc_answer_free. Errors: MEMORY (no answer was made,
 * and what was asked may be done). */
enum zt_err rpc_run(struct rpc_lane *l, const char *request, size_t n, const void *content,
    size_t content_n, struct rpc_answer *out) __attribute__((warn_unused_result));
/* Frees what A has, and empties it; the JSON, which may have words of recovery, is wiped. */
void rpc_answer_free(struct rpc_answer *a);

#endif
