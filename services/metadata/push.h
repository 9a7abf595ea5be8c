/* push.h - a changeset on its way into the chain: what a push and a repair share. */
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
	uint64_t position; /* of the newest so far, then of this one */
	struct hash link;
	Zt__ChangesetAnswer *judged; /* its place, signed by the log key; see push_end */
};
void push_end(struct push *p);

/* A changeset as it lies in the database, as a message that borrows from the rows. */
struct unpacked {
	Zt__Changeset m;
	Zt__Statement statement;
	ProtobufCBinaryData changes[LIMIT_CHANGES];
};
/* Row I: body, signature and changes, from COLUMN on. Errors: CORRUPT. */
ZT_CHECKED enum zt_err push_unpack(
    const struct db_rows *rows, int i, int column, struct unpacked *out);

/* How many blocks that the changes add the blocks service does not hold. */
ZT_CHECKED enum zt_err push_missing_blocks(const struct push *p, uint64_t *missing);
/* Each object must be the one that its author signed, in its place, under the key of its
 * changeset or a newer one; in a repair some may be empty. */
ZT_CHECKED enum zt_err push_check_objects(
    const struct push *p, bool is_repair, struct rpc_answer *out);
/* Within a transaction: holds the chain; the parent that the author names must be a link of it,
 * and no younger. */
ZT_CHECKED enum zt_err push_take_hold(struct push *p, struct rpc_answer *out);
/* The auth service, which holds the log, judges it for POSITION, which comes next, with the
 * code that clients judge with. IS_PUSH: as something new. On success P->judged is set. Errors:
 * those of changeset_check. */
ZT_CHECKED enum zt_err push_judge(
    struct push *p, uint64_t position, bool is_push, struct rpc_answer *out);
/* Writes it as the next of the chain, with those objects that are there. */
ZT_CHECKED enum zt_err push_write(struct push *p, struct rpc_answer *out);
/* The same for objects alone, of a changeset that stands in the chain; *MISSING of them are
 * still not there. */
ZT_CHECKED enum zt_err push_fill(const struct push *p, uint64_t *missing);

#endif
