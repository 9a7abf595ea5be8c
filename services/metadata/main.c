/* main.c - zt-metadata: versions of sealed manifests, the chain of changesets, sealed keys. */
#include <stdlib.h>

#include "metadata/metadata.h"
#include "migrations_metadata.h"

static handler *const handlers[ROUTE_COUNT] = {
	[ROUTE_PUSH] = changesets_push,
	[ROUTE_CHAIN] = changesets_read,
	[ROUTE_OBJECTS] = vlobs_read,
	[ROUTE_REWRAP] = vlobs_rewrap,
	[ROUTE_REPAIR] = repair_changeset,
	[ROUTE_CHECKPOINT_PUT] = checkpoints_put,
	[ROUTE_CHECKPOINTS] = checkpoints_list,
	[ROUTE_CHECKPOINT] = checkpoints_read,
	[ROUTE_KEYS_PUT] = sealed_keys_put,
	[ROUTE_KEYS_GET] = sealed_keys_get,
	[ROUTE_ORG_USAGE] = usage_org,
};

static const struct service_ask asks[] = { { "/link", links_ask } };

static const struct config_key keys[] = {
	SERVICE_KEYS(struct metadata_settings),
	{ "blocks", CONFIG_ADDRESS, offsetof(struct metadata_settings, blocks), NULL, 0, 0,
	    "nng address of the blocks service" },
};

static enum zt_err
open_metadata(struct service *s, const struct service_settings *settings, struct db *db,
    void **state, char why[200])
{
	const struct metadata_settings *set =
	    (const struct metadata_settings *)(const void *)settings;
	struct metadata *md = calloc(1, sizeof *md);
	enum zt_err err;

	(void)s;
	(void)db;
	if (md == NULL)
		return ZT_ERR_MEMORY;
	if ((err = peer_open(set->blocks, &md->blocks))) {
		(void)snprintf(why, 200, "blocks: %.150s is not an nng address", set->blocks);
		free(md);
		return err;
	}
	*state = md;
	return ZT_OK;
}

static void
close_metadata(void *state)
{
	struct metadata *md = state;

	peer_close(md->blocks);
	free(md);
}

int
main(int argc, char **argv)
{
	struct metadata_settings settings;
	const struct service_def def = {
		.name = "metadata",
		.service = SERVICE_metadata,
		.handlers = handlers,
		.asks = asks,
		.ask_count = sizeof asks / sizeof asks[0],
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
