/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* messaging.h - topics of messages; the listening devices, and their sockets at the gateways.
 */
#ifndef ZT_MESSAGING_H
#define ZT_MESSAGING_H

#include <pthread.h>
#include <sys/queue.h>

#include "crypto/idmap.h"
#include "frame/marks.h"
#include "frame/service.h"

struct messaging_settings {
	struct service_settings base;
	char marks[CONFIG_TEXT_MAX];
};

struct listener {
	uint64_t socket; /* number chosen here, which identifies the socket at its gateway */
	struct id org, device;
	uint64_t since_ms;
};

/* Events to send to the listeners of one organization: the newest of each topic and kind.
 * While auth is asked who may receive them, more gather for the next question. */
struct news {
	struct id topic;
	char kind[16]; /* passed on, also one that only newer devices know */
	uint64_t position;
};

struct waiting {
	STAILQ_ENTRY(waiting) link;
	struct id org;
	struct news *news;
	size_t count, cap;
};

#define MESSAGING_THREADS 4

struct messaging {
	struct service *service;
	struct marks *marks;  /* of topics */
	pthread_mutex_t lock; /* guards the fields below */
	struct listener *listeners;
	size_t count, cap;
	uint64_t next_socket;
	struct idmap waiting;               /* by organization */
	STAILQ_HEAD(, waiting) queue;       /* the same, oldest first */
	struct id asked[MESSAGING_THREADS]; /* organizations with a pending question to auth */
	pthread_cond_t more;
	pthread_t threads[MESSAGING_THREADS];
	size_t started, thread_count;
	bool is_ending;
};

handler messages_put, messages_read, messages_link;
/* Creates marks for all topics of a database that has none. Errors: DATABASE, IO, MEMORY. */
ZT_CHECKED enum zt_err messages_mark_all(struct messaging *m, struct db *db);
/* Deletes the messages of spaces whose deletion is due. */
void messages_sweep(void *state, struct service *s, struct db *db);
handler fanout_open, fanout_close;
/* Starts to forward events. Errors: MEMORY. */
ZT_CHECKED enum zt_err fanout_start(struct messaging *m);
void fanout_stop(struct messaging *m);
/* Queues E for the listeners that may receive it. */
void fanout_event(void *state, const Zt__Event *e);
/* Events were missed: checks all listeners again, and tells them that the log may have
 * grown. */
void fanout_lost(void *state, enum route_service from);

#endif
