/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* metadata.h - the metadata service's memory: its connection to the blocks service, and the
 * marks of chains. */
#ifndef ZT_METADATA_H
#define ZT_METADATA_H

#include <pthread.h>

#include "frame/marks.h"
#include "frame/service.h"
#include "proto/metadata.pb-c.h"

struct metadata_settings {
	struct service_settings base;
	char blocks[CONFIG_TEXT_MAX], marks[CONFIG_TEXT_MAX];
};

struct metadata {
	struct peer *blocks;
	struct marks *marks;
	pthread_mutex_t giving_up; /* over what is given up, and the ends of repairs of links */
	uint64_t given_up;         /* how often it was, since the service began */
};

handler changesets_push, changesets_read, vlobs_read, vlobs_rewrap, sealed_keys_put,
    sealed_keys_get;
handler repair_changeset, restored_links, restored_accept, restored_loss;
handler links_ask;
handler checkpoints_put, checkpoints_list, checkpoints_read;
handler usage_org, usage_ask;

/* Within a transaction, whose writes count: checks that the organization stores no more than
 * its operator allows, here and in blocks together. Errors: LIMIT, DATABASE, UNAVAILABLE. */
ZT_CHECKED enum zt_err usage_check(
    const struct metadata *md, const struct request *rq, struct rpc_answer *out);

/* Deletes the data of workspaces whose deletion is due. */
void purge_sweep(void *state, struct service *s, struct db *db);

#endif
