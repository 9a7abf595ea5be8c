/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* main.c - zt-metadata: versions of sealed manifests, the chain of changesets, sealed keys. */
#include <stdlib.h>

#include "bus/peer.h"
#include "frame/log.h"
#include "metadata/metadata.h"
#include "metadata/restored.h"
#include "migrations_metadata.h"

static handler *const handlers[ROUTE_COUNT] = {
	[ROUTE_PUSH] = changesets_push,
	[ROUTE_CHAIN] = changesets_read,
	[ROUTE_OBJECTS] = vlobs_read,
	[ROUTE_REWRAP] = vlobs_rewrap,
	[ROUTE_REPAIR] = repair_changeset,
	[ROUTE_REPAIR_LINKS] = restored_links,
	[ROUTE_CHAINS_ACCEPT] = restored_accept,
	[ROUTE_CHAINS_LOSS] = restored_loss,
	[ROUTE_CHECKPOINT_PUT] = checkpoints_put,
	[ROUTE_CHECKPOINTS] = checkpoints_list,
	[ROUTE_CHECKPOINT] = checkpoints_read,
	[ROUTE_KEYS_PUT] = sealed_keys_put,
	[ROUTE_KEYS_GET] = sealed_keys_get,
	[ROUTE_ORG_USAGE] = usage_org,
};

static const struct service_rpc rpcs[] = { { "/link", links_ask }, { "/usage", usage_ask } };

static const struct config_key keys[] = {
	SERVICE_KEYS(struct metadata_settings),
	{ "blocks", CONFIG_ADDRESS, offsetof(struct metadata_settings, blocks), NULL, 0, 0,
	    "nng address of the blocks service" },
	{ "marks", CONFIG_TEXT, offsetof(struct metadata_settings, marks), NULL, 0, 0,
	    "file of marks, outside the database and its backups: how far each chain once "
	    "was" },
};

/* A database that no marks were kept of is believed as it is, once. */
static enum zt_err
open_marks(struct metadata *md, const char *path, struct db *db, char message[200])
{
	bool is_new = false;
	enum zt_err err;

	if ((err = marks_open(path, &md->marks, &is_new, message)) || !is_new)
		return err;
	log_line("warn", "marks_begun", "file", path, "from", "the database as it is", NULL);
	if ((err = restored_mark_all(md, db)) == ZT_OK)
		err = marks_settle(md->marks);
	if (err)
		(void)snprintf(message, 200, "marks: %.150s cannot be begun", path);
	return err;
}

static void
close_metadata(void *state)
{
	struct metadata *md = state;

	peer_close(md->blocks);
	marks_close(md->marks);
	(void)pthread_mutex_destroy(&md->giving_up);
	free(md);
}

static enum zt_err
open_metadata(struct service *s, const struct service_settings *settings, struct db *db,
    void **state, char message[200])
{
	const struct metadata_settings *set =
	    (const struct metadata_settings *)(const void *)settings;
	struct metadata *md = calloc(1, sizeof *md);
	enum zt_err err;

	if (md == NULL)
		return ZT_ERR_MEMORY;
	(void)pthread_mutex_init(&md->giving_up, NULL);
	if ((err = peer_open(service_link(s), set->blocks, &md->blocks))) {
		(void)snprintf(
		    message, 200, "blocks: %.150s is not an nng address", set->blocks);
		free(md);
		return err;
	}
	if ((err = open_marks(md, set->marks, db, message))) {
		close_metadata(md);
		return err;
	}
	*state = md;
	return ZT_OK;
}

int
main(int argc, char **argv)
{
	struct metadata_settings settings;
	const struct service_def def = {
		.name = "metadata",
		.service = SERVICE_METADATA,
		.handlers = handlers,
		.rpcs = rpcs,
		.rpc_count = sizeof rpcs / sizeof rpcs[0],
		.migrations = migrations,
		.migration_count = sizeof migrations / sizeof migrations[0],
		.has_database = true,
		.keys = keys,
		.key_count = sizeof keys / sizeof keys[0],
		.settings = &settings.base,
		.open = open_metadata,
		.close = close_metadata,
		.sweep = purge_sweep,
	};

	return service_main(argc, argv, &def);
}
