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
#include "client/local.h"
#include "client/pool.h"
#include "zt/file.h"

#define TRANSFER_SLOTS 12
#define SINK_TEMP (4 + 24) /* the name of a file that is being written: .zt-, digits */

struct transfer;
struct sink;

/* Up: where a block's reference goes; the manifest owns it. */
struct pin {
	Zt__FileManifest *file;
	Zt__BlockRef *ref;
};

/* Down: what a file gets of a block. */
struct piece {
	struct sink *to;
	uint32_t from, size; /* in the block's clear bytes */
	uint64_t offset;     /* in the file */
};

/* Up: changes that travel together, and how many of their blocks are not acknowledged yet. */
struct load {
	struct batch *batch;
	size_t blocks;
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
	struct hash content; /* up: of a block that is one file's */
	struct load *load;   /* up: whose block it is */
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
	    *pack; /* up: the block that small files are gathered in, or NULL */
	struct group *
	    *groups; /* down: shared blocks that wait until all their files are known */
	size_t group_count, group_cap;
	struct idmap by_block; /* of groups */
	const struct zt_progress *p;
	struct pool *pool;
	uint64_t done, total, files, blocks;
	struct local_note *notes; /* down: what was written, to be noted together */
	size_t note_count, note_cap;
	struct block_ref looked_at; /* the block that was looked into last, */
	struct buf looked;          /* and what it holds */
	mode_t mask;                /* down: what the umask takes away */
	enum zt_err err;            /* the first of a slot */
	/* What the servers have lost, or somebody damaged; all else goes on. */
	enum zt_err spoiled; /* the first */
	uint64_t spoiled_count;
	struct transfer_slot slot[TRANSFER_SLOTS];
};

/* Makes T ready; transfer_end releases what it holds, also after a failure. Errors: MEMORY. */
ZT_CHECKED enum zt_err transfer_begin(
    struct transfer *t, struct zt *z, struct space *s, const struct zt_progress *p);
/* Waits for all that is under way; returns the first error of the whole transfer. */
ZT_CHECKED enum zt_err transfer_drain(struct transfer *t);
/* Waits until all blocks of L are acknowledged; errors as transfer_drain. */
ZT_CHECKED enum zt_err transfer_wait(struct transfer *t, const struct load *l);
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
/* Leaves NAME out, with ERR, and says WHY; the transfer goes on. */
void transfer_leave_out(struct transfer *t, enum zt_err err, const char *name, const char *why);
/* Names O at PATH, if anything of it is damaged. */
void transfer_damaged(struct transfer *t, const char *path, const struct space_object *o);
/* What is said at the end of what was left out or is damaged, if anything is. */
ZT_CHECKED enum zt_err transfer_spoiled(const struct transfer *t);
/* The error of errno NUMBER about NAME. */
enum zt_err transfer_err(struct zt *z, const char *name, int number);
/* Notes what was written so far. No transaction is open. */
void transfer_note(struct transfer *t);

/* ---- send.c: content up ---- */
/* Reads all of FD into F: small content into the block that is being gathered, else block by
 * block. F fills while its blocks are under way, until transfer_drain. */
ZT_CHECKED enum zt_err send_content(
    struct transfer *t, int fd, const char *name, uint64_t size, Zt__FileManifest *f);
/* Whether what the file ST holds can be said in one manifest, as far as ST tells; and with its
 * holes, which FD tells: it stands at its beginning then. */
bool send_fits(const struct stat *st);
bool send_fits_open(int fd, const struct stat *st);
/* Whether FD holds what F says of its content, as far as F is true (fetch_is_same); it stands
 * at its beginning then. Errors: IO, MEMORY. */
ZT_CHECKED enum zt_err send_is_same(int fd, const Zt__FileManifest *f, bool *same);
/* Sends what is gathered of small files; a little rides in their manifests. */
void send_gathered(struct transfer *t);

/* ---- sink.c: a local file that is being written ---- */
/* A local folder, for as long as files go into it. */
struct folder {
	int fd;
	size_t users;
};
struct sink {
	struct transfer *t;
	struct folder *in; /* NULL: the content is only checked */
	size_t pending;    /* blocks under way, and one for whoever still adds some */
	enum zt_err err;   /* the first; with the errno of an IO */
	int os_error;
	int fd;     /* or -1 */
	int direct; /* the same file past the page cache, or -1 */
	bool is_whole, is_sparse;
	bool may_replace;    /* what is at its place, as it was when the sink was made */
	struct stat was, is; /* that; and the file itself, named */
	struct local what;   /* the version that it holds */
	char temp[SINK_TEMP + 1];
	char *name, *shown;  /* for a person: with its folders */
	uint64_t size, data; /* without its holes */
	uint64_t reserved;   /* of a large file: what has its room on the disk already */
	unsigned mode;
	struct timespec times[2];
};
/* Takes FD over, also on failure. Errors: MEMORY. */
ZT_CHECKED enum zt_err folder_new(int fd, struct folder **out);
/* One user less; the last one closes it. NULL is nothing. */
void folder_drop(struct folder *f);
/* A sink for F, which is WHAT, under NAME, which a person is told of as SHOWN, pending once for
 * the caller; nothing is opened. *OUT is NULL when it is there already. Errors: MEMORY, EXISTS
 * (something else is there, which zt did not write, or which was changed since). */
struct sink_place {
	struct folder *in; /* NULL: the content is only checked */
	const char *name, *shown;
	struct local what;
	struct id author; /* the device that wrote it */
};
ZT_CHECKED enum zt_err sink_new(struct transfer *t, const struct sink_place *at,
    const Zt__FileManifest *f, struct sink **out);
/* Says that what is at SHOWN stays. */
void sink_refused(struct transfer *t, const char *shown);
/* These three run on any thread, one at a time for one sink, and set K->err: make the file
 * beside its place, write to it, give it its name. Whole pages of memory that begin at a page
 * go to a large file past the page cache. */
void sink_open(struct sink *k);
void sink_write(struct sink *k, uint64_t offset, struct bytes b);
void sink_name(struct sink *k);
/* On the caller's thread: room on the disk for what comes up to UPTO, and some ahead; what a
 * manifest claims takes no room before its blocks come. Sets K->err. */
void sink_reserve(struct sink *k, uint64_t upto);
/* One pending less, on the caller's thread; after the last the file has its name or is gone,
 * and K is freed. Content that is lost or damaged, or does not fit, leaves that file out; any
 * other error is the transfer's. */
void sink_end(struct sink *k);

/* ---- fetch.c: content down ---- */
/* Starts to fetch the content of F into K, which it takes over. What shares a block with others
 * waits for fetch_shared. */
ZT_CHECKED enum zt_err fetch_content(
    struct transfer *t, const Zt__FileManifest *f, struct sink *k);
/* Starts to fetch the shared blocks of all files so far, each once. */
ZT_CHECKED enum zt_err fetch_shared(struct transfer *t);
/* Ends the files that still wait for a shared block, after a failure. */
void fetch_forget(struct transfer *t);
/* Fetches and verifies the content of F, and writes it to FD in order, which may be a pipe. */
ZT_CHECKED enum zt_err fetch_stream(struct transfer *t, const Zt__FileManifest *f, int fd);
/* Whether FD holds what F says, a version that the device AUTHOR has written; it stands at its
 * beginning then. Blocks of another user's are looked into: a member could name the content of
 * somebody's file beside blocks that hold another, and that file would never go up, nor the
 * blocks come down. Errors: as send_is_same and of the call. */
ZT_CHECKED enum zt_err fetch_is_same(
    struct transfer *t, int fd, const Zt__FileManifest *f, const struct id *author, bool *same);

#endif
