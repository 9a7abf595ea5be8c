/* SPDX-License-Identifier: Apache-2.0 */
/* writer.h - a writer inside: the parts of its file, what is held of them (parts.c), and what
 * waits on the disk (spill.c). */
#ifndef ZT_HANDLES_WRITER_H
#define ZT_HANDLES_WRITER_H

#include "chain/workspace.h"
#include "content/transfer.h"
#include "files/block.h"
#include "files/path.h"
#include "store/scratch.h"
#include "zt/writer.h"

enum { WRITER_BLOCKS = 6, WRITER_SENT = 16 };

/* The clear bytes of a part. */
struct writer_block {
	struct buf clear;
	uint64_t from; /* of the part */
	uint64_t used; /* the newest is the largest */
	bool is_used, is_dirty;
};

/* Consecutive bytes of the file. Neither REF nor HELD: a hole. */
struct writer_part {
	uint64_t from, size;
	uint64_t run; /* from its beginning, written in sequence since the last commit */
	Zt__BlockRef
	    *ref; /* on the servers, on its way, or SPILLED; NULL while HELD is dirty */
	struct writer_block *held; /* or NULL */
	struct scratch_place spilled;
	bool is_new;  /* REF: it was sent, and no commit has named it yet */
	bool is_sent; /* a block of it, since the last commit */
	bool is_kept; /* REF: of the base, which others wrote, maybe: also in the next
		       * version, or its author would vouch for it */
};

struct zt_writer {
	struct zt *z;
	struct workspace *s;
	char *remote;          /* its workspace by id: names may change */
	struct id vlob, fresh; /* what is there; what becomes of it when nothing is */
	bool is_there, is_changed, is_begun, has_time;
	/* The objects of commits that failed since the last that did not, the last WRITER_SENT.
	 * Any of them may be taken yet: a request that was cancelled is still on its way. */
	struct hash sent[WRITER_SENT];
	unsigned sent_count;
	uint64_t version, size, uses;
	int64_t modified;
	unsigned modified_ns, mode;
	struct writer_part *parts;
	size_t count, cap;
	uint64_t sent_to;     /* what was cut off since the last commit, and sent, was before */
	Zt__BlockRef **stale; /* written over; a block on its way may still write to them */
	size_t stale_count, stale_cap;
	struct writer_block blocks[WRITER_BLOCKS];
	struct writer_kept *kept; /* kept.c; NULL while it opens */
	struct scratch *scratch;  /* or NULL */
	struct buf sealed;        /* on its way there, or back */
	struct push push;
	struct transfer t; /* once IS_BEGUN */
};

/* The error of a folder at PATH: EXISTS. */
enum zt_err writer_refuse_folder(struct zt *z, const struct path *path);
/* The part that holds OFFSET, which is before the end. */
size_t writer_part_at(const struct zt_writer *w, uint64_t offset);
/* Where the block that begins at FROM ends at last. */
uint64_t writer_room_end(uint64_t from);
/* Inserts P as part AT. Errors: MEMORY, TOO_BIG. */
ZT_CHECKED enum zt_err writer_add_part(struct zt_writer *w, size_t at, struct writer_part p);
/* The same of SIZE zeros at FROM, held and dirty. Errors: those of writer_hold. */
ZT_CHECKED enum zt_err writer_add_zeros(
    struct zt_writer *w, size_t at, uint64_t from, size_t size);
/* Holds part I, which is no hole; what it has there is not fetched if ALL of it is written
 * over. *OUT lives until the next call. Errors: MEMORY, those of sending and fetching. */
ZT_CHECKED enum zt_err writer_hold(
    struct zt_writer *w, size_t i, bool all, struct writer_block **out);
/* Part I, which is held, is no longer what the servers have. Errors: MEMORY. */
ZT_CHECKED enum zt_err writer_make_dirty(struct zt_writer *w, size_t i);
/* Part I's block is not that of this file any more. Errors: MEMORY. */
ZT_CHECKED enum zt_err writer_forget_ref(struct zt_writer *w, size_t i);
/* Frees B's place; what it has is not sent. */
void writer_let_go(struct zt_writer *w, struct writer_block *b);
/* The same; sends it first, if it is dirty. Errors: those of sending. */
ZT_CHECKED enum zt_err writer_send(struct zt_writer *w, struct writer_block *b);
/* Makes W->t, once. Errors: MEMORY. */
ZT_CHECKED enum zt_err writer_begin(struct zt_writer *w);
/* Whether P, which is held and dirty, is sent before the commit. */
bool writer_is_stream(const struct zt_writer *w, const struct writer_part *p);
/* What P's reference says. The caller wipes the key. */
void writer_part_block(const struct writer_part *p, struct block_part *out);
/* B, which is dirty, waits on the disk until the commit. Errors: FULL and IO (of the device's
 * folder), MEMORY; then B is as before. */
ZT_CHECKED enum zt_err writer_spill(struct zt_writer *w, struct writer_block *b);
/* What waits of P, and still waits, into CLEAR, which is empty. Errors: IO, STORE,
 * MEMORY. */
ZT_CHECKED enum zt_err writer_unspill(
    struct zt_writer *w, const struct writer_part *p, struct buf *clear);
/* Sends what waits of P, if anything does. Errors: those of writer_unspill and of sending. */
ZT_CHECKED enum zt_err writer_send_spilled(struct zt_writer *w, struct writer_part *p);
/* Frees references to blocks that were written over: none is on its way. */
void writer_forget_stale(struct zt_writer *w);
/* Makes *OUT of R. Errors: MEMORY. */
ZT_CHECKED enum zt_err writer_reference(const struct block_ref *r, Zt__BlockRef **out);

/* Begins each call: what failed before continues. Errors: MEMORY. */
ZT_CHECKED enum zt_err writer_resume(struct zt_writer *w);

#endif
