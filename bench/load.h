/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* load.h - requests sent as fast as they are answered, over a number of connections, and how
 * long each took. */
#ifndef ZT_BENCH_LOAD_H
#define ZT_BENCH_LOAD_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct load_result {
	double seconds, rate, p50_ms, p99_ms;
	size_t good, bad; /* answers: 200, and others */
};

/* Sends COUNT requests to 127.0.0.1:PORT over CONNECTIONS connections, each with one under way.
 * Ends the program when a connection fails. */
struct load_result load_run(
    int port, const struct bytes *requests, size_t count, size_t connections);
/* A connection. */
int load_dial(int port);
double load_now(void);

#endif
