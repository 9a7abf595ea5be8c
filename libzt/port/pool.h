/* SPDX-License-Identifier: Apache-2.0 */
/* pool.h - a few threads that seal and open blocks while the caller's thread does network I/O.
 *
 * A job belongs to the pool from pool_submit until pool_done returns it; its work uses only
 * what the job points to. Threads start with the jobs that need them; where the system has
 * none, pool_submit does the work, and WAKE is not called. Only the thread that made the pool
 * may call these functions. */
#ifndef ZT_PORT_POOL_H
#define ZT_PORT_POOL_H

#include "base/err.h"

struct pool;

struct pool_job {
	struct pool_job *next;
	void (*work)(struct pool_job *job); /* runs on a thread of the pool */
};

/* WAKE is called on a thread of the pool when a job is done and the done queue was empty.
 * Errors: MEMORY. */
ZT_CHECKED enum zt_err pool_new(void (*wake)(void *ctx), void *ctx, struct pool **out);
/* Waits for the jobs that were submitted. NULL is nothing. */
void pool_free(struct pool *p);
void pool_submit(struct pool *p, struct pool_job *job);
/* The next finished job, or NULL. */
struct pool_job *pool_done(struct pool *p);

#endif
