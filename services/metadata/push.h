/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* push.h - appends a changeset to the chain: code shared by push and repair. */
#ifndef ZT_METADATA_PUSH_H
#define ZT_METADATA_PUSH_H

#include "files/changeset.h"
#include "format/limits.h"
#include "metadata/metadata.h"
#include "proto/auth.pb-c.h"
#include "proto/metadata.pb-c.h"

struct push {
	struct metadata *md;
	const struct request *rq;
	const Zt__PushRequest *m;
	struct changeset cs;
	struct change *changes;
	uint64_t position; /* of the newest changeset, then of this one */
	struct hash link;
	Zt__ChangesetAnswer *judged; /* its place, signed by the log key; see push_end */
};
void push_end(struct push *p);

/* A changeset from the database, as a message that borrows from the rows. */
struct unpacked {
	Zt__Changeset m;
	Zt__Statement statement;
	ProtobufCBinaryData changes[LIMIT_CHANGES];
};
/* Row I: body, signature and changes, from COLUMN on. Errors: CORRUPT. */
ZT_CHECKED enum zt_err push_unpack(
    const struct db_rows *rows, int i, int column, struct unpacked *out);

/* Sets *MISSING to how many of the blocks that the changes add are not in the blocks
 * service. */
ZT_CHECKED enum zt_err push_missing_blocks(const struct push *p, uint64_t *missing);
/* Checks that each object is the one that its author signed, in its place, under the key of
 * its changeset or a newer one; in a repair some may be empty. */
ZT_CHECKED enum zt_err push_check_objects(
    const struct push *p, bool is_repair, struct rpc_answer *out);
/* Within a transaction: locks the chain, and checks that the parent that the author names is
 * in it, and no younger. */
ZT_CHECKED enum zt_err push_take_hold(struct push *p, struct rpc_answer *out);
/* Asks the auth service, which has the log, to check it for POSITION, the next one, with the
 * clients' code. IS_PUSH: as a new changeset. On success P->judged is set. Errors: those of
 * changeset_check. */
ZT_CHECKED enum zt_err push_judge(
    struct push *p, uint64_t position, bool is_push, struct rpc_answer *out);
/* Appends it to the chain, with the objects received. */
ZT_CHECKED enum zt_err push_write(struct push *p, struct rpc_answer *out);
/* Stores only the objects received, of a changeset that is in the chain; *MISSING: those still
 * missing. */
ZT_CHECKED enum zt_err push_fill(const struct push *p, uint64_t *missing);

#endif
