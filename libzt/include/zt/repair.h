/* zt/repair.h - after the server has lost its newest state (its operator restored an older
 * backup): what this device holds of it goes back to where it stood. */
#ifndef ZT_REPAIR_H
#define ZT_REPAIR_H

#include "zt/zt.h"

/* What did not come back, or not yet. WHAT is one sentence in English, for gettext. */
struct zt_loss {
	const char *workspace; /* its name; NULL: the trust log */
	const char *what;
	uint64_t first, last; /* entries, or changesets, from 0 and from 1 */
};

struct zt_repaired {
	uint64_t entries;    /* of the trust log, brought back by this run */
	uint64_t changesets; /* of all workspaces */
	uint64_t objects;
	bool
	    is_whole; /* nothing was lost: the server holds all that this device has verified */
};

/* Compares what the server holds with what this device has verified, brings back what is held
 * here, seals the keys and handles again that went with it, and names the rest through LOST.
 * Can be run again, and by each device in turn: it does what is still to be done. Errors: FORK
 * when the log was continued in another way meanwhile; those of calls. */
ZT_CALL enum zt_err zt_repair(struct zt *z, void (*lost)(void *ctx, const struct zt_loss *l),
    void *ctx, struct zt_repaired *out);

#endif
