/* SPDX-License-Identifier: Apache-2.0 */
/* slot.h - one block of a transfer, in flight. */
#ifndef ZT_CONTENT_SLOT_H
#define ZT_CONTENT_SLOT_H

#include "files/manifest.h"
#include "net/calls.h"
#include "port/pool.h"

struct transfer;
struct file_writer;

/* Up: a block reference to fill in; the manifest owns it. */
struct block_ref_dest {
	Zt__FileManifest *file;
	Zt__BlockRef *ref;
};

/* Down: the part of a block that belongs to one file. */
struct extent {
	struct file_writer *to;
	uint32_t from, size; /* in the block's clear bytes */
	uint64_t offset;     /* in the file */
};

/* Up: one batch, and how many of its blocks are not acknowledged yet. */
struct push {
	struct batch *batch;
	size_t blocks;
	uint64_t files; /* whose content it brings */
};

/* Up: a large file whose blocks the pool's threads read. */
struct source {
	int fd;
	size_t pending; /* blocks that are not read yet */
	uint64_t end;   /* where it ended, if before the end that it had at first */
	int os_error;   /* errno of the first that could not be read */
};

struct transfer_slot {
	struct pool_job job;        /* first */
	struct calls_transfer call; /* body or answer: the sealed block */
	struct transfer *t;
	bool busy, is_stalled; /* IS_STALLED: its block was not taken (send_resume) */
	enum zt_err err;
	int os_error; /* errno of an IO */
	struct buf clear;
	struct block_ref ref;
	struct push *push; /* up: the load that it belongs to */
	struct block_ref_dest *dests;
	size_t dest_count, dest_cap;
	uint32_t room;          /* up: clear bytes that its block may hold */
	struct source *source;  /* up: its block is to be read from there, or NULL */
	uint64_t at;            /* in the source */
	struct extent *extents; /* down */
	size_t extent_count, extent_cap;
	void (*then)(struct transfer_slot *slot); /* after the pool's work */
};

#endif
