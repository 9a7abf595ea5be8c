/* SPDX-License-Identifier: Apache-2.0 */
/* workspace.h - a workspace, opened: its keys and its verified chain. */
#ifndef ZT_CHAIN_WORKSPACE_H
#define ZT_CHAIN_WORKSPACE_H

#include "files/changeset.h"
#include "session/session.h"

/* This device verified the chain from POSITION on with KNOWN entries of the log. */
struct workspace_step {
	uint64_t position, known;
};
#define WORKSPACE_STEPS 64

/* How far a device has verified a chain, and what it has judged of it: copied whole, and put
 * back whole after a transaction that was rolled back. */
struct chain_cursor {
	uint64_t position;
	struct hash link;
	uint64_t time; /* of its newest changeset, as its author says */
	struct workspace_step steps[WORKSPACE_STEPS]; /* in order; see judge.c */
	size_t step_count;
	uint64_t judged;  /* log entries that the last judgement of the chain used */
	uint64_t skipped; /* changesets excluded because their author had been removed */
	uint64_t anchor_position; /* of the checkpoint that it began at; 0: verified from 1 */
	struct id voucher;        /* the device whose checkpoint that was */
	uint64_t backfilled_to;   /* positions before the anchor verified up to here */
	struct hash backfilled_link;
	uint64_t target; /* verified before and to be reached again; 0: none */
	struct hash target_link;
	uint64_t checkpoint; /* the newest that this device knows of */
	uint64_t signed_at;  /* the newest position that is kept with the log key's word; 0:
			      * unknown */
};

struct workspace {
	struct zt *z;
	struct org_workspace *w;
	bool is_loaded;
	struct secret **keys; /* by generation minus one; NULL where not opened yet */
	size_t key_cap;
	uint64_t all_reachable_from; /* generation whose key reached all that are held here */
	struct chain_cursor chain;
	bool is_suspect; /* the checkpoint contradicts the chain: restart from 0 */
	bool is_refused; /* the last sync ended at an invalid changeset */
	bool is_behind;  /* whose author had seen more of the trust log than this device */
	size_t named;    /* how many names the log had when NAME was opened; 0: never */
	char name[260];
};
/* The current version of an object, as the chain states it. */
struct workspace_version {
	struct id vlob, author;
	uint64_t version, position, time;
	struct envelope_pins pins;
	bool excluded; /* its author had lost access: a number, and no content */
};
/* A workspace by name, or a space of any kind by id. Errors: NOT_FOUND, NOT_MEMBER. */
ZT_CHECKED enum zt_err workspace_find(struct zt *z, const char *name, struct workspace **out);
/* The same by the name of a space of KIND. */
ZT_CHECKED enum zt_err workspace_find_as(
    struct zt *z, const char *name, enum space_kind kind, struct workspace **out);
ZT_CHECKED enum zt_err workspace_of(
    struct zt *z, struct org_workspace *w, struct workspace **out);
/* Reads what the store holds of S, once. Errors: STORE (its workspace is in no log). */
ZT_CHECKED enum zt_err workspace_load(struct workspace *s);
/* The workspace's newest name that opens here, in OUT; its id when none does. */
void workspace_name(struct workspace *s, char out[260]);
/* Whether its announced deletion is due: the servers refuse reads and writes. */
bool workspace_is_gone(const struct org_workspace *w);
/* Fetches and verifies new changesets; a long chain that is new here starts at a
 * checkpoint. */
ZT_CHECKED enum zt_err workspace_sync(struct workspace *s);
/* The same, and refuses a chain that ends before the position pinned by the newest rotation: a
 * new member knows no other lower bound. Errors: ROLLBACK. */
ZT_CHECKED enum zt_err workspace_sync_fresh(struct workspace *s);
/* The same, and verifies the chain before the checkpoint too, if it started at one. */
ZT_CHECKED enum zt_err workspace_complete(struct workspace *s);
/* Verifies the chain before its checkpoint, for MS milliseconds, from where the last call
 * ended. At the end anchor_position is 0, and nothing depends on the checkpoint's author any
 * more. A false checkpoint makes workspace_sync restart from position 0. */
ZT_CHECKED enum zt_err workspace_backfill(struct workspace *s, unsigned ms);
/* Background work, for MS milliseconds: verifies the chain before a checkpoint. A manager's or
 * owner's device that has verified the whole chain writes a new checkpoint when enough
 * changesets followed the last. */
ZT_CHECKED enum zt_err workspace_background(struct workspace *s, unsigned ms);
/* Applies our own accepted changeset locally, as if fetched; fetches the changesets of others
 * that precede it. The server put it at POSITION with chain hash LINK. PUSH: the whole
 * request, stored for repairs. STMT: what the server signed of that place, or NULL. */
ZT_CHECKED enum zt_err workspace_take_own(struct workspace *s, const Zt__Changeset *m,
    uint64_t position, const struct hash *link, struct bytes push, const Zt__Statement *stmt);
/* VERSION 0: the newest that counts. Errors: NOT_FOUND, also for an excluded version. */
ZT_CHECKED enum zt_err workspace_version(struct workspace *s, const struct id *vlob,
    uint64_t version, struct workspace_version *out);
/* The predecessor for a new version of VLOB, excluded ones included. Errors: NOT_FOUND (no
 * version yet). */
ZT_CHECKED enum zt_err workspace_newest(
    struct workspace *s, const struct id *vlob, struct workspace_version *out);
/* Shows each version of each object that is held here (of all of the chain after
 * workspace_complete), excluded ones included: one object after another, its first version
 * first. EACH must not write to the store. */
typedef enum zt_err workspace_each_version_fn(void *ctx, const struct workspace_version *v);
ZT_CHECKED enum zt_err workspace_each_version(
    struct workspace *s, workspace_each_version_fn *each, void *ctx);

#endif
