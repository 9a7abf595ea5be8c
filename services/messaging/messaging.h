/* messaging.h - which devices listen, through which gateway's sockets. */
#ifndef ZT_MESSAGING_H
#define ZT_MESSAGING_H

#include <pthread.h>

#include "common/service.h"
#include "crypto/idmap.h"

struct messaging_settings {
	struct service_settings base;
};

struct listener {
	uint64_t socket; /* chosen here; gateways know their own by it */
	struct id org, device;
	uint64_t since_ms;
};

/* What listeners of one organization are to be told: the newest of each topic and kind. While
 * auth is asked who may hear it, more gathers for the next question. */
struct told {
	struct id topic;
	char kind[16];
	uint64_t position;
};

struct waiting {
	struct waiting *next;
	struct id org;
	struct told *told;
	size_t count, cap;
};

#define MESSAGING_THREADS 4

struct messaging {
	struct service *service;
	pthread_mutex_t lock; /* over what follows */
	struct listener *listeners;
	size_t count, cap;
	uint64_t next_socket;
	struct idmap waiting;               /* by organization */
	struct waiting *first, **last;      /* the same, in their order */
	struct id asked[MESSAGING_THREADS]; /* organizations of which auth is being asked */
	pthread_cond_t more;
	pthread_t threads[MESSAGING_THREADS];
	size_t started, thread_count;
	bool is_ending;
};

handler fanout_open, fanout_close;
/* Begins to send events on. Errors: MEMORY. */
ZT_CHECKED enum zt_err fanout_start(struct messaging *m);
void fanout_stop(struct messaging *m);
/* E is to be sent on to whom it concerns. */
void fanout_event(void *state, const Zt__Event *e);
/* Events were missed: all that listen are judged anew, and told that the log may have grown. */
void fanout_lost(void *state, enum route_service from);

#endif
