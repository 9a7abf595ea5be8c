/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* upstream.h - calls to one service: small ones batched while others are in flight, answers
 * delivered through the mailbox. All functions on the loop's thread. */
#ifndef ZT_UPSTREAM_UPSTREAM_H
#define ZT_UPSTREAM_UPSTREAM_H

#include <nng/nng.h>
#include <sys/queue.h>

#include "base/bytes.h"
#include "base/id.h"
#include "upstream/mailbox.h"

struct lws_context;
struct link;
struct upstream;

/* An answer; BODY borrows from MSG. A receiver that wants to keep the body keeps MSG by
 * setting the field to NULL. */
struct upstream_answer {
	enum zt_err err;
	bool is_proved; /* the service authenticated the caller, who is not shut out */
	struct id user; /* of the caller; zero: none */
	struct bytes detail, body;
	nng_msg *msg;
};

/* One call. The memory is the caller's until DONE ran, which happens exactly once. */
struct upstream_call {
	STAILQ_ENTRY(upstream_call) link;
	nng_msg *msg;   /* one whole request message (rpc.h), taken over by upstream_send */
	uint64_t at_ms; /* its deadline, set by upstream_send */
	bool batch;
	void (*done)(struct upstream_call *c, struct upstream_answer *a);
};

/* Dials URL (link.h) in the background. Errors: CONFIG, MEMORY. */
ZT_CHECKED enum zt_err upstream_open(const struct link *link, const char *url,
    struct mailbox *inbox, struct lws_context *const *wake, int deadline_s,
    struct upstream **out);
/* After this no call is pending; waiting ones ended with UNAVAILABLE. */
void upstream_close(struct upstream *u);
/* C has the deadline from now on, in which waiting for a line counts. When it passes before C
 * was sent, C is not sent any more: UNAVAILABLE, so that no service executes what nobody waits
 * for. Other errors of DONE: TIMEOUT (it was sent), MEMORY. */
void upstream_send(struct upstream *u, struct upstream_call *c);
/* After how many milliseconds nobody is to wait for DONE any more. It is some seconds more than
 * the deadline: a batch has the deadline of its youngest call. */
uint64_t upstream_max_ms(const struct upstream *u);
/* A few times a second: makes the connection again when it takes nothing. NULL is nothing. */
void upstream_tick(struct upstream *u);
/* Whether the service is connected now. */
bool upstream_is_up(struct upstream *u);

#endif
