/* SPDX-License-Identifier: Apache-2.0 */
/* transfer.h - one upload or download of files: a fixed number of slots, each with one block
 * in flight.
 *
 * A slot's block passes through a thread of the pool (seal, or open and write) and the
 * network; its buffers are reused. Everything but the pool's work runs on the caller's
 * thread. */
#ifndef ZT_CLIENT_TRANSFER_H
#define ZT_CLIENT_TRANSFER_H

#include <sys/stat.h>

#include "client/client.h"
#include "client/local.h"
#include "client/temp.h"
#include "port/pool.h"
#include "zt/file.h"

#define TRANSFER_SLOTS 12

struct transfer;
struct sink;

/* Up: a block reference to fill in; the manifest owns it. */
struct pin {
	Zt__FileManifest *file;
	Zt__BlockRef *ref;
};

/* Down: the part of a block that belongs to one file. */
struct piece {
	struct sink *to;
	uint32_t from, size; /* in the block's clear bytes */
	uint64_t offset;     /* in the file */
};

/* Up: one batch, and how many of its blocks are not acknowledged yet. */
struct load {
	struct batch *batch;
	size_t blocks;
	uint64_t files; /* whose content it brings */
};

struct transfer_slot {
	struct pool_job job;        /* first */
	struct calls_transfer call; /* body or answer: the sealed block */
	struct transfer *t;
	bool busy;
	enum zt_err err;
	int os_error; /* errno of an IO */
	struct buf clear;
	struct block_ref ref;
	struct load *load; /* up: the load that it belongs to */
	struct pin *pins;
	size_t pin_count, pin_cap;
	uint32_t room;        /* up: clear bytes that its block may hold */
	struct piece *pieces; /* down */
	size_t piece_count, piece_cap;
	void (*then)(struct transfer_slot *slot); /* after the pool's work */
};

struct transfer {
	struct zt *z;
	struct space *s;
	struct load *load[3]; /* up, by stage: gathered, waiting for its blocks, pushed */
	struct transfer_slot
	    *pack;             /* up: the shared block being filled with small files, or NULL */
	struct group **groups; /* down: shared blocks, fetched once all their files are known */
	size_t group_count, group_cap;
	struct idmap by_block; /* of groups */
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
	enum zt_err err;            /* the first error of a slot */
	/* Objects that were lost or damaged; the transfer continues without them. */
	enum zt_err spoiled; /* the first */
	uint64_t spoiled_count;
	struct transfer_slot slot[TRANSFER_SLOTS];
};

/* Makes T ready; transfer_end releases what it holds, also after a failure. Errors: MEMORY. */
ZT_CHECKED enum zt_err transfer_begin(
    struct transfer *t, struct zt *z, struct space *s, const struct zt_progress *p);
/* Waits for all blocks in flight; returns the first error of the whole transfer. */
ZT_CHECKED enum zt_err transfer_drain(struct transfer *t);
/* Waits until all blocks of L are acknowledged; errors as transfer_drain. */
ZT_CHECKED enum zt_err transfer_wait(struct transfer *t, const struct load *l);
/* Waits, then releases. */
void transfer_end(struct transfer *t);
/* Waits for a free slot. */
ZT_CHECKED enum zt_err transfer_slot(struct transfer *t, struct transfer_slot **out);
/* Gives SLOT to the pool: WORK there, then THEN on this thread. */
void transfer_submit(struct transfer_slot *slot, void (*work)(struct pool_job *job),
    void (*then)(struct transfer_slot *slot));
/* The same from a network callback, where the loop must not run. */
void transfer_hand_on(struct transfer_slot *slot, void (*work)(struct pool_job *job),
    void (*then)(struct transfer_slot *slot));
/* Frees SLOT for reuse. */
void transfer_release(struct transfer_slot *slot);
/* Sets ERR as the transfer's error, unless it has one. */
void transfer_fail(struct transfer *t, enum zt_err err);
void transfer_report(const struct transfer *t, const char *name);
void transfer_skip(const struct transfer *t, const char *name, const char *why);
/* Reports that NAME stays and that what came is AS; no-op if NAME is NULL. */
void transfer_kept_both(const struct transfer *t, const char *name, const char *as);
/* Skips NAME with ERR and reports WHY; the transfer continues. */
void transfer_leave_out(struct transfer *t, enum zt_err err, const char *name, const char *why);
/* The error that errno NUMBER means for one local file or folder that is to be made: FULL, NAME
 * (this file system cannot have it), EXISTS (something else is there), or IO. */
enum zt_err transfer_class(int number);
/* Reports O at PATH, if it is damaged. */
void transfer_damaged(struct transfer *t, const char *path, const struct space_object *o);
/* The final error about skipped or damaged objects, with its sentence; OK if there are
 * none. */
ZT_CHECKED enum zt_err transfer_spoiled(const struct transfer *t);
/* The error of errno NUMBER about NAME. */
enum zt_err transfer_err(struct zt *z, const char *name, int number);
/* Stores the notes about files written so far. No transaction may be open. */
void transfer_note(struct transfer *t);

/* ---- send.c: content up ---- */
/* Reads all of FD into F: small content into the shared block, else block by block. F is
 * complete only after transfer_drain. When FD cannot be read, T->unread is errno, and the
 * error concerns this file alone. */
ZT_CHECKED enum zt_err send_content(
    struct transfer *t, int fd, const char *name, uint64_t size, Zt__FileManifest *f);
/* Whether one manifest can describe the file, judging by ST; the second counts holes of FD
 * too, and rewinds FD. */
bool send_fits(const struct stat *st);
bool send_fits_open(int fd, const struct stat *st);
/* Sets *SAME: whether FD's content matches F, if F is true (fetch_is_same). Rewinds FD.
 * Errors: IO, MEMORY. */
ZT_CHECKED enum zt_err send_is_same(int fd, const Zt__FileManifest *f, bool *same);
/* Sends the shared block of small files; very small content goes into the manifests. */
void send_gathered(struct transfer *t);

/* ---- sink.c: a local file that is being written ---- */
/* An open local folder; the last user closes it. */
struct folder {
	int fd;
	size_t users;
	struct temp_place at;
};
struct sink {
	struct transfer *t;
	struct folder *in; /* NULL: the content is only checked */
	size_t pending;    /* blocks in flight, plus one for the caller while it adds blocks */
	enum zt_err err;   /* the first error; OS_ERROR: its errno, 0 if none */
	int os_error;
	int fd;     /* or -1 */
	int direct; /* the same file past the page cache, or -1 */
	bool is_whole, is_sparse;
	bool may_replace;    /* the destination may be replaced if it is still as in WAS */
	struct stat was, is; /* the destination at sink_new; our file under its final name */
	struct local what;   /* the version being written */
	char temp[TEMP_NAME + 1];
	char *name, *shown;  /* SHOWN: path for messages */
	char *beside;        /* path of what stays, when this comes beside it; or NULL */
	uint64_t size, data; /* DATA: without holes */
	uint64_t reserved;   /* bytes of disk space allocated (large files) */
	unsigned mode;
	struct timespec times[2];
};
/* Takes ownership of FD, also on failure. Unless it IS_MADE by this transfer, clears it of what
 * earlier runs left behind (temp.h). Errors: MEMORY. */
ZT_CHECKED enum zt_err folder_new(
    const struct transfer *t, int fd, bool is_made, struct folder **out);
/* Releases one use; the last closes FD. NULL is nothing. */
void folder_drop(struct folder *f);
/* Creates a writer for F. NAME: file name; SHOWN: path for messages; WHAT: the version. Opens
 * nothing. Holds one reference for the caller. *OUT is NULL if the file is up to date. Errors:
 * MEMORY, EXISTS (another file is there, which zt did not write, or which was changed
 * since). */
struct sink_place {
	struct folder *in; /* NULL: the content is only checked */
	const char *name, *shown;
	const char *beside; /* path of what stays, when this comes beside it; or NULL */
	struct local what;
	struct id author; /* the device that wrote it */
};
ZT_CHECKED enum zt_err sink_new(struct transfer *t, const struct sink_place *at,
    const Zt__FileManifest *f, struct sink **out);
/* Reports that what is there as NAME in IN, whose path is SHOWN, was not replaced. */
void sink_refused(
    struct transfer *t, const struct folder *in, const char *name, const char *shown);
/* These three run on any thread, one at a time per sink, and set K->err: create the temporary
 * file in the destination's folder, write to it, rename it. Page-aligned whole pages of a
 * large file bypass the page cache. */
void sink_open(struct sink *k);
void sink_write(struct sink *k, uint64_t offset, struct bytes b);
void sink_name(struct sink *k);
/* Allocates disk space up to UPTO, and some ahead, on the caller's thread. Never allocates a
 * manifest's claimed size before its blocks arrive. Sets K->err. */
void sink_reserve(struct sink *k, uint64_t upto);
/* Releases one reference, on the caller's thread. The last one names or deletes the file and
 * frees K. Lost or damaged content, and an errno, skip that file; any other error is the
 * transfer's. */
void sink_end(struct sink *k);

/* ---- fetch.c: content down ---- */
/* Starts to fetch the content of F into K; takes ownership of K. Shared blocks wait for
 * fetch_shared. */
ZT_CHECKED enum zt_err fetch_content(
    struct transfer *t, const Zt__FileManifest *f, struct sink *k);
/* Starts to fetch the shared blocks of all files so far, each once. */
ZT_CHECKED enum zt_err fetch_shared(struct transfer *t);
/* After a failure: ends the files that wait for a shared block. */
void fetch_forget(struct transfer *t);
/* Fetches and verifies the content of F, and writes it in order to FD, which may be a pipe. */
ZT_CHECKED enum zt_err fetch_stream(struct transfer *t, const Zt__FileManifest *f, int fd);
/* Sets *SAME: whether FD's content matches F, a version by the device AUTHOR. Rewinds FD.
 * Reads the blocks of another user's version to check: a member could name blocks that were
 * never sent, or state the hash of somebody's file beside other content; then that file would
 * never be sent, and the blocks never fetched. Errors: as send_is_same and of the call. */
ZT_CHECKED enum zt_err fetch_is_same(
    struct transfer *t, int fd, const Zt__FileManifest *f, const struct id *author, bool *same);

#endif
