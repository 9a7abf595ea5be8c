/* messaging.h - which devices listen, through which gateway's sockets. */
#ifndef ZT_MESSAGING_H
#define ZT_MESSAGING_H

#include <pthread.h>

#include "common/service.h"

struct messaging_settings {
	struct service_settings base;
};

struct listener {
	uint64_t socket; /* chosen here; gateways know their own by it */
	struct id org, device;
	uint64_t since_ms;
};

struct messaging {
	struct service *service;
	pthread_mutex_t lock;
	struct listener *listeners;
	size_t count, cap;
	uint64_t next_socket;
};

handler fanout_open, fanout_close;
/* Sends E on to whom it concerns. Runs on the event thread. */
void fanout_event(void *state, const Zt__Event *e);

#endif
