/* SPDX-License-Identifier: Apache-2.0 */
/* zt/repair.h - repair of a server that lost its newest state (its operator restored an older
 * backup): this device restores what it holds of that state. */
#ifndef ZT_REPAIR_H
#define ZT_REPAIR_H

#include "zt/zt.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A part not restored, or not yet. WHAT: one sentence in English, for gettext. */
struct zt_loss {
	const char *workspace; /* its name; NULL: the trust log */
	const char *what;
	uint64_t first, last; /* entries, or changesets, from 0 and from 1 */
};

struct zt_repaired {
	uint64_t entries;    /* of the trust log, restored by this run */
	uint64_t changesets; /* of all workspaces */
	uint64_t objects;
	bool
	    is_whole; /* nothing was lost: the server holds all that this device has verified */
};

/* Compares the server's state with what this device has verified; restores what this device
 * holds; seals lost keys and handles again; reports the rest through LOST. Idempotent: each
 * device may run it, and again. Errors: FORK (the log was continued in another way meanwhile);
 * those of calls. */
ZT_CALL enum zt_err zt_repair(struct zt *z, void (*lost)(void *ctx, const struct zt_loss *l),
    void *ctx, struct zt_repaired *out);

#ifdef __cplusplus
}
#endif

#endif
