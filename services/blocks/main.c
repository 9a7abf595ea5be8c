/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* main.c - zt-blocks: opaque blocks, durable when acknowledged, checked when read. */
#include <stdlib.h>

#include "blocks/blocks.h"
#include "frame/log.h"

static handler *const handlers[ROUTE_COUNT] = {
	[ROUTE_BLOCK_PUT] = block_calls_put,
	[ROUTE_BLOCK_GET] = block_calls_get,
};

static const struct service_rpc rpcs[] = { { "/held", block_calls_held },
	{ "/usage", block_calls_usage } };

static const struct config_key keys[] = {
	SERVICE_KEYS(struct blocks_settings),
	{ "folder", CONFIG_TEXT, offsetof(struct blocks_settings, folder), NULL, 0, 0,
	    "folder that holds the blocks" },
};

static enum zt_err
purge(void *ctx, const struct id *org, const struct id *workspace)
{
	struct blocks *b = ctx;
	enum zt_err err = b->backend->purge(b->backend, org, workspace);

	if (err == ZT_ERR_NOT_FOUND)
		return ZT_OK; /* gone since an earlier sweep */
	return err ? err : usage_recount(b, org);
}

void
blocks_sweep(void *state, struct service *s, struct db *db)
{
	enum zt_err err = service_each_due(s, purge, state);

	(void)db;
	if (err)
		log_line("warning", "sweep", "error", err_name(err), NULL);
}

static enum zt_err
open_blocks(struct service *s, const struct service_settings *settings, struct db *db,
    void **state, char message[200])
{
	const struct blocks_settings *set =
	    (const struct blocks_settings *)(const void *)settings;
	struct blocks *b = calloc(1, sizeof *b);
	enum zt_err err;

	(void)s;
	(void)db;
	if (b == NULL)
		return ZT_ERR_MEMORY;
	if ((err = backend_fs_open(set->folder, &b->backend, message))) {
		free(b);
		return err;
	}
	(void)pthread_mutex_init(&b->lock, NULL);
	(void)pthread_cond_init(&b->counted, NULL);
	*state = b;
	return ZT_OK;
}

static void
close_blocks(void *state)
{
	struct blocks *b = state;

	b->backend->close(b->backend);
	idmap_free(&b->usage, free);
	(void)pthread_cond_destroy(&b->counted);
	(void)pthread_mutex_destroy(&b->lock);
	free(b);
}

int
main(int argc, char **argv)
{
	struct blocks_settings settings;
	const struct service_def def = {
		.name = "blocks",
		.service = SERVICE_BLOCKS,
		.handlers = handlers,
		.rpcs = rpcs,
		.rpc_count = sizeof rpcs / sizeof rpcs[0],
		.keys = keys,
		.key_count = sizeof keys / sizeof keys[0],
		.settings = &settings.base,
		.open = open_blocks,
		.close = close_blocks,
		.sweep = blocks_sweep,
	};

	return service_main(argc, argv, &def);
}
