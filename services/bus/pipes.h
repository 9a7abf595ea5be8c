/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* pipes.h - the connections that a socket dials, which are made again when they are of no use.
 *
 * nng notices only what TCP does, and TCP does not notice a peer whose kernel answers and whose
 * program does not: a connection on which nothing is heard is closed. And a dialer of nng 1.5.2
 * may forget to dial again when a peer was killed: one that has no connection for
 * PIPES_REDIAL_MS is replaced, later and later while the peer stays away. Thread-safe. */
#ifndef ZT_BUS_PIPES_H
#define ZT_BUS_PIPES_H

#include <nng/nng.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "bus/config.h"

struct link;

/* Of a connection that has a heartbeat (line.h): twenty of them. */
#define PIPES_SILENT_MS 5000
#define PIPES_REDIAL_MS 3000
#define PIPES_REDIAL_MAX_MS 60000
#define PIPES_MAX 8 /* addresses, and connections; more than anything dials */

typedef int pipes_dial_fn(
    const struct link *l, nng_socket socket, const char *url, nng_dialer *out);

struct pipes {
	pthread_mutex_t lock;
	nng_socket socket;
	const struct link *link;
	pipes_dial_fn *dial;
	struct {
		nng_pipe pipe;
		int dialer; /* its number */
		uint64_t heard_ms;
	} at[PIPES_MAX];
	struct {
		char url[CONFIG_TEXT_MAX];
		nng_dialer dialer;
		uint64_t since_ms; /* when it was last dialed, or had a connection */
		uint64_t patience_ms;
	} to[PIPES_MAX];
	size_t targets;
	void (*changed)(void *ctx, bool is_new);
	void *ctx;
};

/* Follows the connections of SOCKET, before it dials by LINK (which must outlive it, and may be
 * NULL) and DIAL (link.h). CHANGED, or NULL, runs on an nng thread when one was made or has
 * ended. */
void pipes_watch(struct pipes *p, nng_socket socket, const struct link *link,
    pipes_dial_fn *dial, void (*changed)(void *ctx, bool is_new), void *ctx);
/* Dials URL, in the background. Returns nng's error number. */
int pipes_dial(struct pipes *p, const char *url);
/* After nng_close of that socket. */
void pipes_end(struct pipes *p);
/* Ends AIO, whatever it does, and frees it with the message that nobody took from it: what came
 * last may wait for a loop that has ended. May be NULL. A caller that
 * takes a message from such an aio sets the aio's message to NULL. */
void pipes_end_aio(nng_aio *aio);
/* M came in now; NULL: something did, by whichever. */
void pipes_heard(struct pipes *p, nng_msg *m);
/* Closes those that were open at SINCE_MS (clock_ms) and were not heard since. */
void pipes_drop_silent(struct pipes *p, uint64_t since_ms);
/* Closes those that were not heard for PIPES_SILENT_MS: each has a heartbeat. */
void pipes_drop_without_heartbeat(struct pipes *p);
/* Replaces dialers without a connection. To be called now and then. Does not wait. */
void pipes_redial(struct pipes *p);
int pipes_count(struct pipes *p);

#endif
