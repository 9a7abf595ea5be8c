/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* pipes.h - the connections of a socket that dials. One on which nothing is heard is closed,
 * and nng dials again: nng notices only what TCP does, and TCP does not notice a peer whose
 * kernel answers and whose program does not. Thread-safe. */
#ifndef ZT_BUS_PIPES_H
#define ZT_BUS_PIPES_H

#include <nng/nng.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* Of a connection that has a heartbeat (line.h): twenty of them. */
#define PIPES_SILENT_MS 5000
#define PIPES_MAX 8 /* more than anything dials; what is beyond is never closed here */

struct pipes {
	pthread_mutex_t lock;
	struct {
		nng_pipe pipe;
		uint64_t heard_ms;
	} at[PIPES_MAX];
	int count; /* that are open, also beyond PIPES_MAX */
	void (*changed)(void *ctx, bool is_new);
	void *ctx;
};

/* Follows the connections of SOCKET, before it dials. CHANGED, or NULL, runs on an nng thread
 * when one was made or has ended. */
void pipes_watch(
    struct pipes *p, nng_socket socket, void (*changed)(void *ctx, bool is_new), void *ctx);
/* After nng_close of that socket. */
void pipes_end(struct pipes *p);
/* M came in now; NULL: something did, by whichever. */
void pipes_heard(struct pipes *p, nng_msg *m);
/* Closes those that were open at SINCE_MS (clock_ms) and were not heard since. */
void pipes_drop_silent(struct pipes *p, uint64_t since_ms);
/* Closes those that were not heard for PIPES_SILENT_MS: each has a heartbeat. */
void pipes_drop_without_heartbeat(struct pipes *p);
int pipes_count(struct pipes *p);

#endif
