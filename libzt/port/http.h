/* SPDX-License-Identifier: Apache-2.0 */
/* http.h - HTTP exchanges, several at once, on connections that are kept. Knows nothing of
 * signatures, routes or tries: net/calls.c does. Not thread-safe, except http_wake. */
#ifndef ZT_PORT_HTTP_H
#define ZT_PORT_HTTP_H

#include "base/buf.h"

struct http;

struct http_options {
	const char *ca_file; /* NULL: the system's authorities; must outlive */
	bool is_near;        /* the server is this machine: by no proxy */
};

/* The caller's memory until DONE ran, or http_cancel. */
struct http_exchange {
	const char *method; /* "GET", "PUT", "POST" or "DELETE" */
	const char *url;
	struct buf *headers; /* "Name: value" lines, each ended by \n */
	struct bytes body;
	/* Of an answer, by its status and Content-Type. A body of neither type ends the
	 * exchange, which then has its status: somebody else's page may never end. */
	const char *answer_type;  /* with status 200; NULL: any (a program's, page.h) */
	struct buf *answer;       /* initialized with its maximum, and empty */
	const char *refusal_type; /* with any other status */
	struct buf *refusal;
	/* When DONE runs: OK (there is a status), NETWORK, TIMEOUT, TOO_BIG (beyond the maximum
	 * of ANSWER or REFUSAL), MEMORY. */
	enum zt_err err;
	long status;
	bool is_typed;       /* the Content-Type was the expected one */
	bool is_sent;        /* a part of it at least, as far as the host can tell */
	const char *failure; /* why it is NETWORK or TIMEOUT, in English; static */
	void (*done)(struct http_exchange *x);
	void *ctx;      /* the caller's */
	void *transfer; /* private */
};

/* Errors: MEMORY, IO. */
ZT_CHECKED enum zt_err http_new(const struct http_options *o, struct http **out);
/* The exchanges must have ended or been cancelled. NULL is nothing. */
void http_free(struct http *h);
/* Starts X; never calls DONE itself. Errors: MEMORY. */
ZT_CHECKED enum zt_err http_start(struct http *h, struct http_exchange *x);
/* Ends X without DONE. */
void http_cancel(struct http *h, struct http_exchange *x);
/* Waits up to WAIT_MS for the network, or for http_wake; calls DONE of what ended, which may
 * start others. Errors: NETWORK. */
ZT_CHECKED enum zt_err http_turn(struct http *h, int wait_ms);
/* Ends the wait of http_turn. Any thread. */
void http_wake(struct http *h);

#endif
