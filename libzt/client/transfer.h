/* transfer.h - one run of files up or down: a fixed number of slots, each with one block under
 * way.
 *
 * A slot's block goes through a thread of the pool (seal, or open and write) and through the
 * network; its buffers are kept and used again. Everything but the pool's work runs on the
 * caller's thread. */
#ifndef ZT_CLIENT_TRANSFER_H
#define ZT_CLIENT_TRANSFER_H

#include <sys/stat.h>

#include "client/client.h"
#include "client/pool.h"
#include "zt/file.h"

#define TRANSFER_SLOTS 16

struct transfer;
struct sink;

struct transfer_slot {
	struct pool_job job;        /* first */
	struct calls_transfer call; /* body or answer: the sealed block */
	struct transfer *t;
	bool busy;
	enum zt_err err;
	int os_error; /* errno of an IO */
	struct buf clear;
	uint8_t *pages; /* down: LIMIT_BLOCK bytes at a page's border, or NULL */
	struct block_ref ref;
	Zt__BlockRef *pinned; /* up: where the reference goes; the manifest owns it */
	struct sink *sink;    /* down: the file */
	uint64_t offset;      /* down: its place there */
	void (*then)(struct transfer_slot *slot); /* after the pool's work */
};

struct transfer {
	struct zt *z;
	struct space *s;
	struct batch *batch; /* up */
	const struct zt_progress *p;
	struct pool *pool;
	uint64_t done, total, files, blocks;
	enum zt_err err; /* the first of a slot */
	struct transfer_slot slot[TRANSFER_SLOTS];
};

/* Makes T ready; transfer_end releases what it holds, also after a failure. Errors: MEMORY. */
ZT_CHECKED enum zt_err transfer_begin(
    struct transfer *t, struct zt *z, struct space *s, const struct zt_progress *p);
/* Waits for all that is under way; returns the first error of the whole transfer. */
ZT_CHECKED enum zt_err transfer_drain(struct transfer *t);
/* Waits, then releases. */
void transfer_end(struct transfer *t);
/* A free slot, once there is one. Errors: the first of the transfer. */
ZT_CHECKED enum zt_err transfer_slot(struct transfer *t, struct transfer_slot **out);
/* Gives SLOT to the pool: WORK there, then THEN on this thread. */
void transfer_submit(struct transfer_slot *slot, void (*work)(struct pool_job *job),
    void (*then)(struct transfer_slot *slot));
/* The same from within a callback of the network, where no turn may be made. */
void transfer_hand_on(struct transfer_slot *slot, void (*work)(struct pool_job *job),
    void (*then)(struct transfer_slot *slot));
/* SLOT is free again. */
void transfer_release(struct transfer_slot *slot);
/* Notes ERR as the transfer's, unless it has one already. */
void transfer_fail(struct transfer *t, enum zt_err err);
void transfer_report(const struct transfer *t, const char *name);
void transfer_skip(const struct transfer *t, const char *name, const char *why);
/* The error of errno NUMBER about NAME. */
enum zt_err transfer_err(struct zt *z, const char *name, int number);
uint64_t transfer_modified(const struct stat *st);

/* ---- download.c ---- */
/* Starts to fetch and verify the content of F; what it has under way ends with transfer_drain.
 */
ZT_CHECKED enum zt_err transfer_check_content(struct transfer *t, const Zt__FileManifest *f);
/* Fetches and verifies block I of F alone and writes it to FD, which may be a pipe. */
ZT_CHECKED enum zt_err transfer_block(
    struct transfer *t, const Zt__FileManifest *f, size_t i, int fd);

#endif
