/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* main.c - zt-messaging: topics of messages, and events to connected devices. */
#include <stdlib.h>

#include "crypto/suite.h"
#include "frame/log.h"
#include "messaging/messaging.h"
#include "migrations_messaging.h"

static handler *const handlers[ROUTE_COUNT] = {
	[ROUTE_EVENTS] = fanout_open,
	[ROUTE_MESSAGE_PUT] = messages_put,
	[ROUTE_MESSAGES] = messages_read,
};

static const struct service_rpc rpcs[] = { { "/closed", fanout_close },
	{ "/link", messages_link } };

static const struct config_key keys[] = {
	SERVICE_KEYS(struct messaging_settings),
	{ "marks", CONFIG_TEXT, offsetof(struct messaging_settings, marks), NULL, 0, 0,
	    "file of marks, outside the database and its backups: how far each topic once "
	    "was" },
};

/* A database that no marks were kept of is believed as it is, once. */
static enum zt_err
open_marks(struct messaging *m, const char *path, struct db *db, char message[200])
{
	bool is_new = false;
	enum zt_err err;

	if ((err = marks_open(path, &m->marks, &is_new, message)) || !is_new)
		return err;
	log_line("warn", "marks_begun", "file", path, "from", "the database as it is", NULL);
	if ((err = messages_mark_all(m, db)) == ZT_OK)
		err = marks_settle(m->marks);
	if (err)
		(void)snprintf(message, 200, "marks: %.150s cannot be begun", path);
	return err;
}

static void
close_messaging(void *state)
{
	struct messaging *m = state;

	fanout_stop(m);
	(void)pthread_mutex_destroy(&m->lock);
	marks_close(m->marks);
	free(m->listeners);
	free(m);
}

static enum zt_err
open_messaging(struct service *s, const struct service_settings *settings, struct db *db,
    void **state, char message[200])
{
	const struct messaging_settings *set =
	    (const struct messaging_settings *)(const void *)settings;
	struct messaging *m = calloc(1, sizeof *m);
	enum zt_err err;

	if (m == NULL)
		return ZT_ERR_MEMORY;
	m->service = s;
	/* Numbers of an earlier life of this process must not fit sockets that gateways still
	 * hold. */
	random_bytes(&m->next_socket, sizeof m->next_socket);
	m->next_socket >>= 8;
	(void)pthread_mutex_init(&m->lock, NULL);
	if ((err = fanout_start(m)) || (err = open_marks(m, set->marks, db, message))) {
		close_messaging(m);
		return err;
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
		.migrations = migrations,
		.migration_count = sizeof migrations / sizeof migrations[0],
		.has_database = true,
		.rpcs = rpcs,
		.rpc_count = sizeof rpcs / sizeof rpcs[0],
		.keys = keys,
		.key_count = sizeof keys / sizeof keys[0],
		.settings = &settings.base,
		.open = open_messaging,
		.close = close_messaging,
		.event = fanout_event,
		.lost = fanout_lost,
		.sweep = messages_sweep,
	};

	return service_main(argc, argv, &def);
}
