/* SPDX-License-Identifier: Apache-2.0 */
#include "port/pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

enum { THREADS_MAX = 6 };

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
	pthread_t thread[THREADS_MAX];
	size_t threads, max, resting;
	size_t waiting; /* jobs, in TODO */
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

static struct pool_job *
take(struct pool *p)
{
	struct pool_job *job = pop(&p->todo);

	if (job != NULL)
		p->waiting--;
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
		while ((job = take(p)) == NULL && !p->stopping) {
			p->resting++;
			(void)pthread_cond_wait(&p->more, &p->lock);
			p->resting--;
		}
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

/* Two more than cores: threads wait for the disk. */
static size_t
threads_max(void)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	return cores < 1 ? 3 : cores + 2 >= THREADS_MAX ? THREADS_MAX : (size_t)cores + 2;
}

/* Signals are the caller's: the threads of the pool take none. */
static bool
start_thread(struct pool *p)
{
	sigset_t all, was;
	bool started;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &was);
	started = pthread_create(&p->thread[p->threads], NULL, work, p) == 0;
	(void)pthread_sigmask(SIG_SETMASK, &was, NULL);
	return started;
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
	p->max = threads_max();
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
	p->waiting++;
	/* A thread starts with a job that finds none at rest: most transfers are of little. */
	if (p->waiting > p->resting && p->threads < p->max && start_thread(p))
		p->threads++;
	if (p->threads == 0) { /* the system has none: the caller does the work */
		job = take(p);
		job->work(job);
		push(&p->done, job);
	}
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
