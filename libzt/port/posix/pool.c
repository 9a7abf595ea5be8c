/* SPDX-License-Identifier: Apache-2.0 */
#include "port/pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

enum { THREADS_MOST = 6 };

struct queue {
	struct pool_job *first, **last;
};

struct pool {
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct queue todo, done;
	bool stopping;
	void (*wake)(void *ctx);
	void *ctx;
	pthread_t thread[THREADS_MOST];
	size_t threads;
};

static void
push(struct queue *q, struct pool_job *job)
{
	job->next = NULL;
	*q->last = job;
	q->last = &job->next;
}

static struct pool_job *
pop(struct queue *q)
{
	struct pool_job *job = q->first;

	if (job != NULL && (q->first = job->next) == NULL)
		q->last = &q->first;
	return job;
}

static void *
work(void *arg)
{
	struct pool *p = arg;
	struct pool_job *job;
	bool is_first;

	(void)pthread_mutex_lock(&p->lock);
	for (;;) {
		while ((job = pop(&p->todo)) == NULL && !p->stopping)
			(void)pthread_cond_wait(&p->more, &p->lock);
		if (job == NULL)
			break;
		(void)pthread_mutex_unlock(&p->lock);
		job->work(job);
		(void)pthread_mutex_lock(&p->lock);
		is_first = p->done.first == NULL;
		push(&p->done, job);
		if (!is_first)
			continue; /* the caller is being woken */
		(void)pthread_mutex_unlock(&p->lock);
		p->wake(p->ctx);
		(void)pthread_mutex_lock(&p->lock);
	}
	(void)pthread_mutex_unlock(&p->lock);
	return NULL;
}

/* Signals are the caller's: the threads of the pool take none. */
static void
start_threads(struct pool *p)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	/* Two more than cores: threads wait for the disk. */
	size_t want = cores < 1                   ? 3
		      : cores + 2 >= THREADS_MOST ? THREADS_MOST
						  : (size_t)cores + 2;
	sigset_t all, was;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &was);
	while (p->threads < want && pthread_create(&p->thread[p->threads], NULL, work, p) == 0)
		p->threads++;
	(void)pthread_sigmask(SIG_SETMASK, &was, NULL);
}

enum zt_err
pool_new(void (*wake)(void *ctx), void *ctx, struct pool **out)
{
	struct pool *p = calloc(1, sizeof *p);

	if (p == NULL)
		return ZT_ERR_MEMORY;
	(void)pthread_mutex_init(&p->lock, NULL);
	(void)pthread_cond_init(&p->more, NULL);
	p->todo.last = &p->todo.first;
	p->done.last = &p->done.first;
	p->wake = wake;
	p->ctx = ctx;
	start_threads(p);
	if (p->threads == 0) {
		pool_free(p);
		return ZT_ERR_MEMORY;
	}
	*out = p;
	return ZT_OK;
}

void
pool_free(struct pool *p)
{
	if (p == NULL)
		return;
	(void)pthread_mutex_lock(&p->lock);
	p->stopping = true;
	(void)pthread_cond_broadcast(&p->more);
	(void)pthread_mutex_unlock(&p->lock);
	while (p->threads > 0)
		(void)pthread_join(p->thread[--p->threads], NULL);
	(void)pthread_cond_destroy(&p->more);
	(void)pthread_mutex_destroy(&p->lock);
	free(p);
}

void
pool_submit(struct pool *p, struct pool_job *job)
{
	(void)pthread_mutex_lock(&p->lock);
	push(&p->todo, job);
	(void)pthread_cond_signal(&p->more);
	(void)pthread_mutex_unlock(&p->lock);
}

struct pool_job *
pool_done(struct pool *p)
{
	struct pool_job *job;

	(void)pthread_mutex_lock(&p->lock);
	job = pop(&p->done);
	(void)pthread_mutex_unlock(&p->lock);
	return job;
}
