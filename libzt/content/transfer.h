/* SPDX-License-Identifier: Apache-2.0 */
/* transfer.h - one upload or download of files: a fixed number of slots, each with one block
 * in flight.
 *
 * A slot's block passes through a thread of the pool (seal, or open and write) and the
 * network; its buffers are reused. Everything but the pool's work runs on the caller's
 * thread. */
#ifndef ZT_CONTENT_TRANSFER_H
#define ZT_CONTENT_TRANSFER_H

#include <sys/stat.h>

#include "chain/objects.h"
#include "chain/workspace.h"
#include "content/local.h"
#include "content/slot.h"
#include "port/pool.h"
#include "session/session.h"
#include "zt/file.h"

#define TRANSFER_SLOTS 12

struct transfer {
	struct zt *z;
	struct workspace *s;
	struct id workspace;
	struct push *push[3]; /* up, by stage: gathered, waiting for its blocks, pushed */
	struct transfer_slot
	    *shared_block;     /* up: the shared block being filled with small files, or NULL */
	struct group **groups; /* down: shared blocks, fetched once all their files are known */
	size_t group_count, group_cap;
	struct idmap by_block; /* of groups */
	enum zt_progress_kind kind;
	const struct zt_progress *p;
	struct pool *pool;
	uint64_t done, total, files, blocks;
	struct local_note *notes; /* down: files written, to be noted together */
	size_t note_count, note_cap;
	struct block_ref looked_at; /* the block that was looked into last, */
	struct buf looked;          /* and what it holds */
	int unread;                 /* up: errno of a file that could not be read to its end */
	uint32_t temps;             /* down: temporary files named so far */
	uint8_t run[3];             /* down: random, in their names */
	mode_t mask;                /* down: mode bits that the umask clears */
	bool is_lent;               /* others may have the device (content/lend.h), */
	uint64_t lent_at;           /* which knew the chain up to here; */
	uint64_t kept_ms;           /* the steady clock when it was taken last */
	bool keeps;                 /* it is lent to nobody any more */
	enum zt_err err;            /* the first error of a slot */
	bool resumes; /* up: blocks that failed stay, stalled, until send_resume */
	/* Up: called for each block that the servers have, on the caller's thread; or NULL. */
	void (*taken)(void *ctx, const struct transfer_slot *slot);
	void *taken_ctx;
	/* Objects that were lost or damaged; the transfer continues without them. */
	enum zt_err skipped; /* the first */
	struct idmap
	    *named; /* what was named, here and in earlier looks at the same; or NULL */
	bool lost_file, lost_folder; /* among them; what a person can do differs */
	struct transfer_slot slot[TRANSFER_SLOTS];
};

/* Makes T ready; transfer_end releases what it holds, also after a failure. KIND is what P (or
 * NULL) hears. Errors: MEMORY. */
ZT_CHECKED enum zt_err transfer_begin(struct transfer *t, struct workspace *s,
    enum zt_progress_kind kind, const struct zt_progress *p);
/* Waits for all blocks in flight, unless it was INTERRUPTED; returns the first error of the
 * whole transfer. */
ZT_CHECKED enum zt_err transfer_drain(struct transfer *t);
/* Waits until all blocks of L are acknowledged; errors as transfer_drain. */
ZT_CHECKED enum zt_err transfer_wait(struct transfer *t, const struct push *l);
/* The same (L is NULL: of all in flight) for MS milliseconds at most; whether it came to an end
 * by then. */
bool transfer_ends_within(struct transfer *t, const struct push *l, unsigned ms);
/* Waits until *JOBS, which the pool's finished jobs count down, is 0: also after a failure. */
void transfer_settle(struct transfer *t, const size_t *jobs);
/* Waits for what is in flight, unless it was INTERRUPTED or resumes; then releases. */
void transfer_end(struct transfer *t);
/* Waits for a free slot for a block of SIZE clear bytes: of large ones fewer are in flight. */
ZT_CHECKED enum zt_err transfer_slot(
    struct transfer *t, size_t size, struct transfer_slot **out);
/* Gives SLOT to the pool: WORK there, then THEN on this thread. */
void transfer_submit(struct transfer_slot *slot, void (*work)(struct pool_job *job),
    void (*then)(struct transfer_slot *slot));
/* The same from a network callback, where the loop must not run. */
void transfer_requeue(struct transfer_slot *slot, void (*work)(struct pool_job *job),
    void (*then)(struct transfer_slot *slot));
/* Frees SLOT for reuse. */
void transfer_release(struct transfer_slot *slot);
/* Sets ERR as the transfer's error, unless it has one. */
void transfer_fail(struct transfer *t, enum zt_err err);
void transfer_report(const struct transfer *t, const char *name);
void transfer_skip(const struct transfer *t, const char *name, const char *message);
/* Reports that NAME stays and that what came is AS; no-op if NAME is NULL. */
void transfer_kept_both(const struct transfer *t, const char *name, const char *as);
/* Skips NAME with ERR and reports MESSAGE; the transfer continues. */
void transfer_exclude(
    struct transfer *t, enum zt_err err, const char *name, const char *message);
/* The same of an object whose content is lost or damaged. */
void transfer_lose(
    struct transfer *t, enum zt_err err, bool is_folder, const char *name, const char *message);
/* The error that errno NUMBER means for one local file or folder that is to be made: FULL, NAME
 * (this file system cannot have it), EXISTS (something else is there), or IO. */
enum zt_err transfer_class(int number);
/* Reports O at PATH, if it is damaged. */
void transfer_damaged(struct transfer *t, const char *path, const struct workspace_object *o);
/* The final error about skipped or damaged objects, with its sentence; OK if there are
 * none. */
ZT_CHECKED enum zt_err transfer_skipped(const struct transfer *t);
/* The error of errno NUMBER about NAME. */
enum zt_err transfer_err(struct zt *z, const char *name, int number);
/* Stores the notes about files written so far, if the device is here. No transaction may be
 * open. */
void transfer_note(struct transfer *t);

#endif
