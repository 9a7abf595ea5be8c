/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "bus/events.h"

#include <nng/nng.h>
#include <nng/protocol/pubsub0/pub.h>
#include <nng/protocol/pubsub0/sub.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/id.h"
#include "bus/clock.h"
#include "bus/config.h"
#include "bus/link.h"
#include "bus/pipes.h"
#include "bus/private.h"
#include "bus/thread.h"
#include "crypto/suite.h"

enum { QUEUE = 1024, POLL_MS = 100 };

enum zt_err
events_key(const char *file, struct secret **out, char message[200])
{
	char text[2 * SECRET_BYTES + 3]; /* the key and its digits: wiped below */
	uint8_t key[SECRET_BYTES] = { 0 };
	enum zt_err err;

	if ((err = private_read("key_file", file, text, sizeof text, message)))
		return err;
	text[strcspn(text, "\n")] = 0;
	if ((err = hex_parse(text, strlen(text), key, sizeof key))) {
		(void)snprintf(message, 200,
		    "key_file: %.120s holds no key of 64 hexadecimal digits", file);
		err = ZT_ERR_CONFIG;
	} else {
		err = secret_from(bytes_of(key, sizeof key), out);
	}
	wipe(text, sizeof text);
	wipe(key, sizeof key);
	return err;
}

/* ---- the publisher ---- */

struct publisher {
	nng_socket socket;
	struct link_door door;
	const struct secret *key;
	pthread_t thread;
	pthread_mutex_t
	    lock; /* over what follows: frames leave in the order of their numbers */
	pthread_cond_t ends;
	struct line_end line;
	bool has_thread, is_ending;
};

/* P is locked. */
static void
send_frame(struct publisher *p, struct bytes event)
{
	struct buf frame = buf_init(event.n + 256);

	line_write(&p->line, p->key, event, &frame);
	if (buf_err(&frame) == ZT_OK) /* one that is not sent is missing to all */
		(void)nng_send(p->socket, frame.p, frame.n, NNG_FLAG_NONBLOCK);
	buf_free(&frame);
}

void
publisher_tell(struct publisher *p, struct bytes event)
{
	(void)pthread_mutex_lock(&p->lock);
	send_frame(p, event);
	(void)pthread_mutex_unlock(&p->lock);
}

static void *
beat(void *arg)
{
	struct publisher *p = arg;
	struct timespec at;

	(void)pthread_mutex_lock(&p->lock);
	while (!p->is_ending) {
		send_frame(p, bytes_of(NULL, 0));
		at = thread_in_ms(LINE_BEAT_MS);
		(void)thread_wait(&p->ends, &p->lock, &at);
	}
	(void)pthread_mutex_unlock(&p->lock);
	return NULL;
}

enum zt_err
publisher_open(const struct link *link, const char *url, enum route_service service,
    const struct secret *key, struct publisher **out, char message[200])
{
	struct publisher *p = calloc(1, sizeof *p);
	char cause[200] = "";
	enum zt_err err;

	if (p == NULL || nng_pub0_open(&p->socket) != 0) {
		free(p);
		return ZT_ERR_MEMORY;
	}
	p->key = key;
	p->line = line_begin(service);
	(void)pthread_mutex_init(&p->lock, NULL);
	thread_cond_init(&p->ends);
	(void)nng_socket_set_int(p->socket, NNG_OPT_SENDBUF, QUEUE);
	if ((err = link_listen(link, p->socket, url, &p->door, cause))) {
		(void)snprintf(
		    message, 200, "events: cannot listen on %.100s: %.70s", url, cause);
		publisher_close(p);
		return err;
	}
	p->has_thread = thread_begin(&p->thread, beat, p);
	if (!p->has_thread) {
		publisher_close(p);
		return ZT_ERR_MEMORY;
	}
	*out = p;
	return ZT_OK;
}

void
publisher_close(struct publisher *p)
{
	if (p == NULL)
		return;
	(void)pthread_mutex_lock(&p->lock);
	p->is_ending = true;
	(void)pthread_cond_signal(&p->ends);
	(void)pthread_mutex_unlock(&p->lock);
	if (p->has_thread)
		(void)pthread_join(p->thread, NULL);
	link_stop(&p->door);
	(void)nng_close(p->socket);
	link_close(&p->door);
	(void)pthread_cond_destroy(&p->ends);
	(void)pthread_mutex_destroy(&p->lock);
	free(p);
}

/* ---- the listener ---- */

struct events_listener {
	nng_socket socket;
	struct pipes pipes;
	const struct secret *key;
	struct listener_hooks hooks;
	struct line lines[SERVICE_COUNT];
	pthread_t thread;
	bool has_thread;
	atomic_bool is_ending;
};

static void
take(struct events_listener *l, struct bytes frame)
{
	uint64_t now = clock_ms();
	struct line_news news;

	if (line_take(l->lines, l->key, frame, now, &news))
		return;
	l->hooks.heard(l->hooks.ctx, news.from, news.lost, now);
	if (news.event.n > 0)
		l->hooks.event(l->hooks.ctx, news.from, news.event);
}

static void *
listen_on(void *arg)
{
	struct events_listener *l = arg;

	while (!atomic_load(&l->is_ending)) {
		nng_msg *m = NULL;

		pipes_drop_without_heartbeat(&l->pipes);
		pipes_redial(&l->pipes);
		if (nng_recvmsg(l->socket, &m, 0) != 0)
			continue; /* the receive timeout: look whether this is the end */
		pipes_heard(&l->pipes, m);
		take(l, bytes_of(nng_msg_body(m), nng_msg_len(m)));
		nng_msg_free(m);
	}
	return NULL;
}

/* Runs on an nng thread. */
static void
line_changed(void *ctx, bool is_new)
{
	struct events_listener *l = ctx;

	if (!is_new)
		l->hooks.ended(l->hooks.ctx);
}

static enum zt_err
dial_all(struct events_listener *l, const char *urls, char message[200])
{
	char list[CONFIG_TEXT_MAX], *save = NULL;

	(void)snprintf(list, sizeof list, "%s", urls);
	for (char *url = strtok_r(list, ", ", &save); url != NULL;
	     url = strtok_r(NULL, ", ", &save))
		if (pipes_dial(&l->pipes, url) != 0) {
			(void)snprintf(
			    message, 200, "subscribe: %.150s is not an nng address", url);
			return ZT_ERR_CONFIG;
		}
	return ZT_OK;
}

enum zt_err
listener_open(const struct link *link, const char *urls, const struct secret *key,
    const struct listener_hooks *hooks, struct events_listener **out, char message[200])
{
	struct events_listener *l = calloc(1, sizeof *l);
	enum zt_err err;

	if (l == NULL || nng_sub0_open(&l->socket) != 0) {
		free(l);
		return ZT_ERR_MEMORY;
	}
	l->key = key;
	l->hooks = *hooks;
	(void)nng_socket_set(l->socket, NNG_OPT_SUB_SUBSCRIBE, "", 0);
	(void)nng_socket_set_int(l->socket, NNG_OPT_RECVBUF, QUEUE);
	(void)nng_socket_set_ms(l->socket, NNG_OPT_RECVTIMEO, POLL_MS);
	(void)nng_socket_set_ms(l->socket, NNG_OPT_RECONNMINT, 20);
	(void)nng_socket_set_ms(l->socket, NNG_OPT_RECONNMAXT, 500);
	pipes_watch(&l->pipes, l->socket, link, link_dial, line_changed, l);
	if ((err = dial_all(l, urls, message)) == ZT_OK &&
	    !(l->has_thread = thread_begin(&l->thread, listen_on, l)))
		err = ZT_ERR_MEMORY;
	if (err)
		listener_close(l);
	else
		*out = l;
	return err;
}

void
listener_close(struct events_listener *l)
{
	if (l == NULL)
		return;
	atomic_store(&l->is_ending, true);
	if (l->has_thread)
		(void)pthread_join(l->thread, NULL);
	(void)nng_close(l->socket);
	pipes_end(&l->pipes);
	free(l);
}
