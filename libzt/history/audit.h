/* SPDX-License-Identifier: Apache-2.0 */
/* audit.h - verifies an exported history without any key: the trust log from its genesis on,
 * and the chain of changesets of a workspace. No I/O: the caller feeds records in their order.
 *
 * An export is the line AUDIT_MAGIC, then records: type 1, length 4 (big-endian), bytes. */
#ifndef ZT_HISTORY_AUDIT_H
#define ZT_HISTORY_AUDIT_H

#include "base/buf.h"
#include "trust/head.h"
#include "trust/org_state.h"

#define AUDIT_MAGIC "zt history 1\n"
#define AUDIT_RECORD_BYTES 5
#define AUDIT_RECORD_MAX (8u * 1024 * 1024)

enum audit_record {
	AUDIT_LINE = 1, /* LogLine: the next entry, or only its leaf if it is hidden from the
			 * exporter */
	AUDIT_HEAD = 2, /* Statement: the log's signed head, after all lines */
	AUDIT_WORKSPACE = 3, /* id: the chain that follows is this workspace's */
	AUDIT_CHANGESET = 4, /* Changeset: the next of that chain */
};

struct audit;

struct audit_result {
	uint64_t entries, hidden;               /* judged; and hidden, known by their hash */
	uint64_t changesets, excluded, changes; /* of all workspaces */
	bool has_head;
	struct head head;
	/* About a refusal, each static: "entry", its number, a sentence. */
	const char *what, *message;
	uint64_t number;
};

/* For organization ORG, whose id pins its root key. Errors: MEMORY. */
ZT_CHECKED enum zt_err audit_new(const struct id *org, struct audit **out);
void audit_free(struct audit *a);
/* The next record. Errors: CORRUPT, and those of rules_check and changeset_check; then the
 * history is invalid, and audit_result has the reason. */
ZT_CHECKED enum zt_err audit_take(struct audit *a, enum audit_record type, struct bytes record);
/* After the last record: checks that a head covered all entries, and that the chain reaches
 * the position that the log pins. Errors: CORRUPT, ROLLBACK. */
ZT_CHECKED enum zt_err audit_end(struct audit *a);
const struct audit_result *audit_result(const struct audit *a);
const struct org_state *audit_state(const struct audit *a);
/* Appends a record in export format. */
void audit_put(struct buf *out, enum audit_record type, struct bytes record);

#endif
