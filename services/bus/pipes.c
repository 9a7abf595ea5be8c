/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "bus/pipes.h"

#include <string.h>

#include "bus/clock.h"

/* Runs on an nng thread. */
static void
changed(nng_pipe pipe, nng_pipe_ev ev, void *arg)
{
	struct pipes *p = arg;
	bool is_new = ev == NNG_PIPE_EV_ADD_PRE;
	uint32_t wanted = is_new ? 0 : pipe.id;
	size_t i = 0;

	(void)pthread_mutex_lock(&p->lock);
	while (i < PIPES_MAX && p->at[i].pipe.id != wanted)
		i++;
	if (i < PIPES_MAX) {
		p->at[i].pipe = is_new ? pipe : (nng_pipe)NNG_PIPE_INITIALIZER;
		p->at[i].heard_ms = clock_ms();
	}
	p->count += is_new ? 1 : -1;
	(void)pthread_mutex_unlock(&p->lock);
	if (p->changed != NULL)
		p->changed(p->ctx, is_new);
}

void
pipes_watch(
    struct pipes *p, nng_socket socket, void (*changed_)(void *ctx, bool is_new), void *ctx)
{
	*p = (struct pipes){ .changed = changed_, .ctx = ctx };
	(void)pthread_mutex_init(&p->lock, NULL);
	/* Not ADD_POST: nng leaves it out for a peer of another protocol, and may call it after
	 * REM_POST. Each ADD_PRE has one REM_POST, which is later. */
	(void)nng_pipe_notify(socket, NNG_PIPE_EV_ADD_PRE, changed, p);
	(void)nng_pipe_notify(socket, NNG_PIPE_EV_REM_POST, changed, p);
}

void
pipes_end(struct pipes *p)
{
	(void)pthread_mutex_destroy(&p->lock);
}

void
pipes_heard(struct pipes *p, nng_msg *m)
{
	uint32_t id = m != NULL ? nng_msg_get_pipe(m).id : 0;
	uint64_t now = clock_ms();

	(void)pthread_mutex_lock(&p->lock);
	for (size_t i = 0; i < PIPES_MAX; i++)
		if (id == 0 || p->at[i].pipe.id == id)
			p->at[i].heard_ms = now;
	(void)pthread_mutex_unlock(&p->lock);
}

void
pipes_drop_silent(struct pipes *p, uint64_t since_ms)
{
	nng_pipe silent[PIPES_MAX];
	size_t n = 0;

	(void)pthread_mutex_lock(&p->lock);
	for (size_t i = 0; i < PIPES_MAX; i++)
		if (p->at[i].pipe.id != 0 && p->at[i].heard_ms <= since_ms)
			silent[n++] = p->at[i].pipe;
	(void)pthread_mutex_unlock(&p->lock);
	while (n > 0) /* without the lock, which its end takes */
		(void)nng_pipe_close(silent[--n]);
}

void
pipes_drop_without_heartbeat(struct pipes *p)
{
	uint64_t now = clock_ms();

	if (now > PIPES_SILENT_MS) /* a machine, or a sandbox, may be younger */
		pipes_drop_silent(p, now - PIPES_SILENT_MS);
}

int
pipes_count(struct pipes *p)
{
	int n;

	(void)pthread_mutex_lock(&p->lock);
	n = p->count;
	(void)pthread_mutex_unlock(&p->lock);
	return n;
}
