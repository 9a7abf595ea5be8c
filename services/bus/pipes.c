/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "bus/pipes.h"

#include <stdio.h>
#include <string.h>

#include "bus/clock.h"

/* Runs on an nng thread. */
static void
changed(nng_pipe pipe, nng_pipe_ev ev, void *arg)
{
	struct pipes *p = arg;
	bool is_new = ev == NNG_PIPE_EV_ADD_PRE;
	uint32_t wanted = is_new ? 0 : pipe.id;
	int dialer = nng_dialer_id(nng_pipe_dialer(pipe));
	size_t i = 0;

	(void)pthread_mutex_lock(&p->lock);
	while (i < PIPES_MAX && p->at[i].pipe.id != wanted)
		i++;
	if (i < PIPES_MAX) {
		p->at[i].pipe = is_new ? pipe : (nng_pipe)NNG_PIPE_INITIALIZER;
		p->at[i].dialer = dialer;
		p->at[i].heard_ms = clock_ms();
	}
	(void)pthread_mutex_unlock(&p->lock);
	if (p->changed != NULL)
		p->changed(p->ctx, is_new);
}

void
pipes_watch(struct pipes *p, nng_socket socket, const struct link *link, pipes_dial_fn *dial,
    void (*changed_)(void *ctx, bool is_new), void *ctx)
{
	*p = (struct pipes){
		.socket = socket, .link = link, .dial = dial, .changed = changed_, .ctx = ctx
	};
	(void)pthread_mutex_init(&p->lock, NULL);
	/* Not ADD_POST: nng leaves it out for a peer of another protocol, and may call it after
	 * REM_POST. Each ADD_PRE has one REM_POST, which is later. */
	(void)nng_pipe_notify(socket, NNG_PIPE_EV_ADD_PRE, changed, p);
	(void)nng_pipe_notify(socket, NNG_PIPE_EV_REM_POST, changed, p);
}

int
pipes_dial(struct pipes *p, const char *url)
{
	nng_dialer dialer;
	int rv;

	if (p->targets == PIPES_MAX || strlen(url) >= CONFIG_TEXT_MAX)
		return NNG_EADDRINVAL;
	if ((rv = p->dial(p->link, p->socket, url, &dialer)) != 0)
		return rv;
	(void)pthread_mutex_lock(&p->lock);
	(void)snprintf(p->to[p->targets].url, CONFIG_TEXT_MAX, "%s", url);
	p->to[p->targets].dialer = dialer;
	p->to[p->targets].since_ms = clock_ms();
	p->to[p->targets].patience_ms = PIPES_REDIAL_MS;
	p->targets++;
	(void)pthread_mutex_unlock(&p->lock);
	return 0;
}

void
pipes_end(struct pipes *p)
{
	(void)pthread_mutex_destroy(&p->lock);
}

void
pipes_end_aio(nng_aio *aio)
{
	nng_msg *m;

	if (aio == NULL)
		return;
	nng_aio_stop(aio);
	if ((m = nng_aio_get_msg(aio)) != NULL)
		nng_msg_free(m);
	nng_aio_free(aio);
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
		if (p->at[i].pipe.id != 0 && p->at[i].heard_ms <= since_ms) {
			silent[n++] = p->at[i].pipe;
			/* gone at once: nng may never say that it is */
			p->at[i].pipe = (nng_pipe)NNG_PIPE_INITIALIZER;
		}
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

/* LOCK is held. */
static bool
has_pipe(const struct pipes *p, nng_dialer dialer)
{
	for (size_t i = 0; i < PIPES_MAX; i++)
		if (p->at[i].pipe.id != 0 && p->at[i].dialer == nng_dialer_id(dialer))
			return true;
	return false;
}

/* LOCK is held. Whether target I has to be dialed again now. */
static bool
is_forgotten(struct pipes *p, size_t i, uint64_t now)
{
	if (has_pipe(p, p->to[i].dialer)) {
		p->to[i].since_ms = now;
		p->to[i].patience_ms = PIPES_REDIAL_MS;
		return false;
	}
	if (now - p->to[i].since_ms < p->to[i].patience_ms)
		return false;
	p->to[i].since_ms = now;
	p->to[i].patience_ms *= 2;
	if (p->to[i].patience_ms > PIPES_REDIAL_MAX_MS)
		p->to[i].patience_ms = PIPES_REDIAL_MAX_MS;
	return true;
}

static void *
close_dialer(void *arg)
{
	nng_dialer dialer = { .id = (uint32_t)(uintptr_t)arg };

	(void)nng_dialer_close(dialer);
	return NULL;
}

/* On a thread that nobody waits for: nng 1.5.2 may wait in it without an end. */
static void
close_aside(nng_dialer dialer)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, close_dialer, (void *)(uintptr_t)dialer.id) == 0)
		(void)pthread_detach(thread);
}

void
pipes_redial(struct pipes *p)
{
	uint64_t now = clock_ms();

	for (size_t i = 0; i < p->targets; i++) {
		nng_dialer before = NNG_DIALER_INITIALIZER, next;
		bool is_due;

		(void)pthread_mutex_lock(&p->lock);
		if ((is_due = is_forgotten(p, i, now)))
			before = p->to[i].dialer;
		(void)pthread_mutex_unlock(&p->lock);
		if (!is_due || p->dial(p->link, p->socket, p->to[i].url, &next) != 0)
			continue;
		(void)pthread_mutex_lock(&p->lock);
		p->to[i].dialer = next;
		(void)pthread_mutex_unlock(&p->lock);
		close_aside(before);
	}
}

int
pipes_count(struct pipes *p)
{
	int n = 0;

	(void)pthread_mutex_lock(&p->lock);
	for (size_t i = 0; i < PIPES_MAX; i++)
		n += p->at[i].pipe.id != 0;
	(void)pthread_mutex_unlock(&p->lock);
	return n;
}
