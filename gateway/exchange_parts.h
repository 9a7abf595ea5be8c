/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* exchange_parts.h - what the parts of an exchange share: its state, and what each does for
 * the others. exchange.c times and ends it, exchange_answer.c writes, exchange_request.c reads;
 * each knows those named before it. */
#ifndef ZT_GATEWAY_EXCHANGE_PARTS_H
#define ZT_GATEWAY_EXCHANGE_PARTS_H

#include "gateway/caller.h"
#include "gateway/exchange.h"
#include "gateway/proof.h"
#include "site/site.h"

enum { EXCHANGE_CHUNK = 128 * 1024 }; /* of an answer, written at once */

enum exchange_state {
	PROVING, /* auth is asked for the caller's key; the body waits in the system */
	READING_BODY,
	WAITING,
	LATE, /* a refusal that is held back, so that a flood of calls waits for itself */
	ANSWERING_HEAD,
	ANSWERING_BODY,
	ANSWERED,
	LINGERING /* the answer went; what is unread of the body is dropped, then it ends */
};

struct exchange {
	struct upstream_call call; /* first: a call is its exchange */
	struct gateway *g;
	struct lws *wsi; /* NULL when the connection is gone */
	enum exchange_state state;

	struct caller caller;
	struct proof *proof;
	struct charge charge; /* for the body, then for the answer */

	LIST_ENTRY(exchange) link; /* while its connection is open */
	struct due due;            /* the end of the wait of its state */
	uint64_t waits_ms;         /* before its refusal is shown */
	uint64_t since_ms;         /* when its body, its answer or its lingering began */
	uint64_t chunk_ms;         /* when lws took the last chunk of its answer */
	uint64_t window_ms;        /* since when so much of its body was received: */
	size_t window_moved;
	bool is_stopped; /* nothing is read */
	unsigned ends;   /* how often lws said that its body came to its end */
	bool is_asking;  /* its call is upstream's: it stays until that is done */

	struct upstream *to;
	nng_msg *request; /* with its body as far as it came */
	size_t body, body_left;
	enum zt_err err;
	const char *type;
	nng_msg *kept;        /* the answer's message, whose memory is sent from */
	struct buf copied;    /* or a body of our own */
	struct bytes body_of; /* of the answer */
	size_t sent, lingered;
	const struct site_file *file; /* of the page */
	bool is_known;                /* the caller has it already */
	bool is_head;                 /* they ask for its head alone */
	bool is_call, is_question;    /* of a page of another origin: cors.h */
};

/* ---- exchange.c ---- */

/* Ends X, of which nothing is under way any more. */
void exchange_release(struct exchange *x);
/* The exchange is timed by what is due, not by lws: see due.h. */
void exchange_own_time(struct exchange *x);
/* Reads no more for now. At once, and once: where lws holds what came behind the head already,
 * it would wake in every turn. */
void exchange_stop_reading(struct exchange *x);
void exchange_read_on(struct exchange *x);
/* Bytes of STATE move from now on; too slow, the connection is ended. */
void exchange_move(struct exchange *x, enum exchange_state state);

/* ---- exchange_answer.c ---- */

/* Sends the answer that X holds, at once or after a refusal's delay. */
void exchange_show(struct exchange *x);
/* An answer of the gateway's own, or a copy of a service's. */
void exchange_answer_copy(
    struct exchange *x, enum zt_err err, const char *type, struct bytes body);
/* DETAIL: what the error says besides. */
void exchange_answer_error(struct exchange *x, enum zt_err err, struct bytes detail);
/* A large answer is sent from the message itself, which is taken from A and stays until it was
 * read. */
void exchange_answer_kept(struct exchange *x, struct upstream_answer *a);
/* A refusal of the gateway's own. What was not read of the body is not read any more: answer,
 * then close. */
void exchange_refuse(struct exchange *x, enum zt_err err, const char *reason);

#endif
