/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "held.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "test.h"
#include "world.h"
#include "zt/workspace.h"
#include "zt/writer.h"

bool
went(struct worker *w, const char *what, enum zt_err err)
{
	if (err && w->err == ZT_OK) {
		w->err = err;
		(void)snprintf(w->what, sizeof w->what, "%s", what);
		(void)snprintf(w->message, sizeof w->message, "%s", zt_error_message(w->z));
	}
	return err == ZT_OK;
}

void
is_well(const struct worker *w)
{
	if (w->err)
		print_message("%s: %s (%s)\n", w->what, zt_err_text(w->err), w->message);
	assert_ok(w->err);
}

void
held_came(struct held *h)
{
	(void)pthread_mutex_lock(&h->lock);
	h->is_in = true;
	(void)pthread_cond_broadcast(&h->changed);
	(void)pthread_mutex_unlock(&h->lock);
}

void
held_wait(struct held *h)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 20;
	(void)pthread_mutex_lock(&h->lock);
	h->is_in = true;
	(void)pthread_cond_broadcast(&h->changed);
	while (!h->may_go && !h->timed_out &&
	       pthread_cond_timedwait(&h->changed, &h->lock, &until) == 0)
		continue;
	h->timed_out = h->timed_out || !h->may_go;
	(void)pthread_mutex_unlock(&h->lock);
}

void
held_run(struct held *h, pthread_t *thread, void *(*start)(void *), void *arg)
{
	assert_int_equal(0, pthread_mutex_init(&h->lock, NULL));
	assert_int_equal(0, pthread_cond_init(&h->changed, NULL));
	assert_int_equal(0, pthread_create(thread, NULL, start, arg));
	(void)pthread_mutex_lock(&h->lock);
	while (!h->is_in)
		(void)pthread_cond_wait(&h->changed, &h->lock);
	(void)pthread_mutex_unlock(&h->lock);
}

void
held_let_go(struct held *h, pthread_t thread)
{
	(void)pthread_mutex_lock(&h->lock);
	h->may_go = true;
	(void)pthread_cond_broadcast(&h->changed);
	(void)pthread_mutex_unlock(&h->lock);
	assert_int_equal(0, pthread_join(thread, NULL));
	assert_false(h->timed_out);
}

void
held_close(struct held *h)
{
	(void)pthread_cond_destroy(&h->changed);
	(void)pthread_mutex_destroy(&h->lock);
}

void
held_write(struct zt *z, const char *remote)
{
	static char content[HELD_SIZE];
	struct zt_writer *w = NULL;

	memset(content, remote[strlen(remote) - 1], sizeof content);
	assert_ok(zt_writer_open(z, remote, 0, &w));
	assert_ok(zt_writer_write(w, 0, content, sizeof content));
	assert_ok(zt_writer_commit(w, ZT_COMMIT_ON_TOP, NULL));
	zt_writer_close(w);
}

int
held_scene(void **state)
{
	int rc = scene_begin(state);
	struct scene *s = *state;

	assert_ok(zt_workspace_create(s->alice.zt, "shared"));
	assert_ok(zt_workspace_share(s->alice.zt, "shared", s->bob.email, "reader"));
	return rc;
}
