/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* call.h - one request under way, as its method sees it: parameters of the row's type, and what
 * it answers. */
#ifndef ZT_RPC_CALL_H
#define ZT_RPC_CALL_H

#include <jansson.h>

#include "rpc/handles.h"
#include "rpc/rpc.h"

struct zt_progress_step;

struct rpc_lane {
	struct rpc_host host;
	struct zt *z;    /* NULL: no device */
	json_t *request; /* the id of the request that runs */
	uint64_t asks;   /* questions so far */
	struct handles handles;
};

struct call {
	struct rpc_lane *lane;
	struct zt *z;
	const json_t *params;
	const void *content; /* of the request */
	size_t content_n;
	json_t *result; /* NULL: {} */
	void *given;    /* content of the answer, from malloc */
	size_t given_n;
	const char *english;   /* a refusal of this folder; NULL: libzt's */
	char parameter[256];   /* of it */
	char sentence[256];    /* of libzt without a device; "": none */
	struct handle *opened; /* by this call */
	enum zt_err asked;     /* why the person gave no answer (person.h) */
	bool is_waiting;       /* and the person knows */
};

/* Every method of a device: acts, and sets RESULT. An error that libzt did not return has
 * its words by call_refuse. */
#define METHOD(id, method, lane, content, asks, params, result, about)                         \
	enum zt_err method_##id(struct call *c);
#include "rpc/methods.def"

/* Ends C with ERR and the sentence ENGLISH (translated where it is shown), which has one %s for
 * PARAMETER. Returns ERR. */
enum zt_err call_refuse(
    struct call *c, enum zt_err err, const char *english, const char *parameter);
enum zt_err call_refuse_number(
    struct call *c, enum zt_err err, const char *english, uint64_t parameter);
/* Refuses for want of memory. Returns MEMORY. */
enum zt_err call_lack_memory(struct call *c);
/* Ends C with ERR and the sentence MESSAGE of 256 bytes, as zt_open, zt_claim and others that
 * have no device give it; "": that of ERR. Returns ERR; or, of a call that asked the person and
 * had no valid answer, what rpc_asked returns. */
enum zt_err call_quote(struct call *c, enum zt_err err, const char *message);
/* Refuses VALUE with INVALID, unless it is of TYPE (type_check); IN names it in the refusal,
 * and may be "". */
enum zt_err call_check(
    struct call *c, const char *type, bool from_zero, const json_t *value, const char *in);
/* Sets the result, and takes it; NULL: there was no memory. Returns ERR, or MEMORY. */
enum zt_err call_answer(struct call *c, enum zt_err err, json_t *result);

/* Writes the answer of C, which ended with ERR, as rpc_run does. Errors: MEMORY. */
enum zt_err call_write(struct call *c, enum zt_err err, struct rpc_answer *out);

/* The parameter NAME: its text, or NULL; its number, or FALLBACK; whether it is there and true.
 * All are of the row's type. */
const char *call_text(const struct call *c, const char *name);
uint64_t call_number(const struct call *c, const char *name, uint64_t fallback);
bool call_flag(const struct call *c, const char *name);

/* ENGLISH as the host says it. */
const char *lane_words(const struct rpc_lane *l, const char *english);
/* Emits EVENT with DATA, which it takes; nothing is emitted where there is no memory. */
void lane_event(struct rpc_lane *l, const char *event, json_t *data);
/* zt_progress.step and .skipped of LANE. */
void lane_step(void *lane, const struct zt_progress_step *s);
void lane_skipped(void *lane, const char *name, const char *reason);

/* A page of what libzt lists whole: the items from FROM on, MAX at most, and fewer where they
 * are RPC_PAGE_MAX bytes. */
struct page {
	json_t *items;
	size_t from, max, seen, bytes;
	bool failed; /* no memory */
};
void page_begin(struct page *p, const struct call *c);
/* For lists of libzt: the function each_NAME, which appends what libzt gives to the page. */
#define EACH(name, type)                                                                       \
	static void each_##name(void *page, const struct type *one)                            \
	{                                                                                      \
		if (page_wants(page))                                                          \
			page_add(page, encode_##name(one));                                    \
	}
/* The method ID, which answers a page of NAME: LIST is the call of libzt, whose CTX is &p. */
#define PAGED(id, name, list)                                                                  \
	enum zt_err method_##id(struct call *c)                                                \
	{                                                                                      \
		struct page p;                                                                 \
                                                                                               \
		page_begin(&p, c);                                                             \
		return page_end(&p, c, list, name);                                            \
	}
/* Whether the next item that libzt gives is of the page: then page_add takes it. */
bool page_wants(struct page *p);
void page_add(struct page *p, json_t *item);
/* Sets the result to the page, its items under NAME, unless ERR. Returns ERR, or MEMORY. */
enum zt_err page_end(struct page *p, struct call *c, enum zt_err err, const char *name);

#endif
