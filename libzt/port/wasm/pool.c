/* SPDX-License-Identifier: Apache-2.0 */
/* pool.c - the pool without threads: a job is done when it is submitted. */
#include "port/pool.h"

#include <stdlib.h>

struct pool {
	struct pool_job *first, **last;
};

enum zt_err
pool_new(void (*wake)(void *ctx), void *ctx, struct pool **out)
{
	struct pool *p = calloc(1, sizeof *p);

	(void)wake; /* nobody waits while a job is being done */
	(void)ctx;
	if (p == NULL)
		return ZT_ERR_MEMORY;
	p->last = &p->first;
	*out = p;
	return ZT_OK;
}

void
pool_free(struct pool *p)
{
	free(p);
}

void
pool_submit(struct pool *p, struct pool_job *job)
{
	job->work(job);
	job->next = NULL;
	*p->last = job;
	p->last = &job->next;
}

struct pool_job *
pool_done(struct pool *p)
{
	struct pool_job *job = p->first;

	if (job != NULL && (p->first = job->next) == NULL)
		p->last = &p->first;
	return job;
}
