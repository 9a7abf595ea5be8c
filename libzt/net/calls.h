/* SPDX-License-Identifier: Apache-2.0 */
/* calls.h - signed calls of routes.def: one at a time, or many bodies in parallel on
 * connections that are kept. Retries after a lost answer with a new signature: every call
 * is idempotent. Not thread-safe. */
#ifndef ZT_NET_CALLS_H
#define ZT_NET_CALLS_H

#include "base/buf.h"
#include "crypto/sign.h"
#include "format/route.h"

struct calls;

struct calls_options {
	const char *server;  /* http://HOST:PORT or https://HOST:PORT; copied */
	const char *ca_file; /* NULL: the system's authorities; copied */
	bool in_clear;       /* http:// to other machines than this one, too */
	struct id org, device;
	const struct sign_key *key; /* NULL: calls of ANYONE and OPERATOR only; must outlive */
	const char *operator_token; /* NULL, or for ORG_CREATE; must outlive */
	const char *(*translate)(const char *english); /* of DETAIL; NULL: English */
	const int *stop;                               /* calls_heed */
};

/* Whether SERVER is scheme, host and port, and *IS_NEAR: of this machine. Errors: CLEAR
 * (http:// to another machine, unless IN_CLEAR), INVALID. */
ZT_CHECKED enum zt_err calls_check_server(const char *server, bool in_clear, bool *is_near);
/* Errors: MEMORY, NETWORK; CLEAR (http:// to another machine), INVALID (more than scheme, host
 * and port). */
ZT_CHECKED enum zt_err calls_new(const struct calls_options *o, struct calls **out);
void calls_free(struct calls *c);
/* Once STOP (base/stop.h; NULL: none) is set, calls_run and calls_turn end with INTERRUPTED;
 * what calls_start began stays under way. */
void calls_heed(struct calls *c, const int *stop);
const int *calls_stop(const struct calls *c);
/* One call; its answer is appended to ANSWER. QUERY is NULL or "a=1". On an error DETAIL[200]
 * is a sentence, safe to show, that quotes the server's. Errors: those of the service;
 * NETWORK, TIMEOUT. */
ZT_CHECKED enum zt_err calls_run(struct calls *c, enum route r, const struct route_params *p,
    const char *query, struct bytes body, struct buf *answer, char detail[200]);

/* A call among several at once. The caller's memory until DONE ran. */
struct calls_transfer {
	enum route route;
	struct route_params params;
	struct buf body;   /* kept until done */
	struct buf answer; /* initialized by the caller with its maximum */
	enum zt_err err;
	char detail[200];
	void (*done)(struct calls_transfer *t);
	void *ctx;                     /* the caller's */
	struct calls_request *request; /* private */
};
/* Starts T; never calls DONE itself. Errors: MEMORY. */
ZT_CHECKED enum zt_err calls_start(struct calls *c, struct calls_transfer *t);
/* Waits up to WAIT_MS for the network, or for calls_wake; calls DONE of the finished
 * transfers. */
ZT_CHECKED enum zt_err calls_turn(struct calls *c, int wait_ms);
/* The same, whether or not it is to stop: for work of other threads that must end. */
ZT_CHECKED enum zt_err calls_settle(struct calls *c, int wait_ms);
/* Ends T, if it is under way, with INTERRUPTED: calls DONE. Whether the server got it is not
 * known. */
void calls_cancel(struct calls *c, struct calls_transfer *t);
/* Ends the wait of calls_turn. Any thread. */
void calls_wake(struct calls *c);
/* Appends the first message of an event socket (format/event.h) that was opened at ROUTE_EVENTS
 * just now. */
ZT_CHECKED enum zt_err calls_sign_events(const struct calls *c, struct buf *out);
const char *calls_server(const struct calls *c);

/* Writes SAID, a server's sentence, to DETAIL as a quotation that is safe to show; sentences
 * of zt's own services are translated. Leaves DETAIL unchanged if SAID is empty. */
void calls_quote(const struct calls *c, const char *said, char detail[200]);

#endif
