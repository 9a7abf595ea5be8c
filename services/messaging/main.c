/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* main.c - zt-messaging: events to connected devices. */
#include <stdlib.h>

#include "crypto/suite.h"
#include "messaging/messaging.h"

static handler *const handlers[ROUTE_COUNT] = {
	[ROUTE_EVENTS] = fanout_open,
};

static const struct service_rpc rpcs[] = { { "/closed", fanout_close } };

static const struct config_key keys[] = { SERVICE_KEYS(struct messaging_settings) };

static void
close_messaging(void *state)
{
	struct messaging *m = state;

	fanout_stop(m);
	(void)pthread_mutex_destroy(&m->lock);
	free(m->listeners);
	free(m);
}

static enum zt_err
open_messaging(struct service *s, const struct service_settings *settings, struct db *db,
    void **state, char message[200])
{
	struct messaging *m = calloc(1, sizeof *m);

	(void)settings;
	(void)db;
	(void)message;
	if (m == NULL)
		return ZT_ERR_MEMORY;
	m->service = s;
	/* Numbers of an earlier life of this process must not fit sockets that gateways still
	 * hold. */
	random_bytes(&m->next_socket, sizeof m->next_socket);
	m->next_socket >>= 8;
	(void)pthread_mutex_init(&m->lock, NULL);
	if (fanout_start(m)) {
		close_messaging(m);
		return ZT_ERR_MEMORY;
	}
	*state = m;
	return ZT_OK;
}

int
main(int argc, char **argv)
{
	struct messaging_settings settings;
	const struct service_def def = {
		.name = "messaging",
		.service = SERVICE_MESSAGING,
		.handlers = handlers,
		.rpcs = rpcs,
		.rpc_count = sizeof rpcs / sizeof rpcs[0],
		.keys = keys,
		.key_count = sizeof keys / sizeof keys[0],
		.settings = &settings.base,
		.open = open_messaging,
		.close = close_messaging,
		.event = fanout_event,
		.lost = fanout_lost,
	};

	return service_main(argc, argv, &def);
}
