/* SPDX-License-Identifier: Apache-2.0 */
/* batch_parts.h - what a batch is made of, for the files that gather (batch.c), seal
 * (batch_seal.c) and send it (batch_send.c). All others use batch.h. */
#ifndef ZT_TREE_BATCH_PARTS_H
#define ZT_TREE_BATCH_PARTS_H

#include "base/buf.h"
#include "crypto/idmap.h"
#include "files/changeset.h"
#include "net/calls.h"
#include "tree/batch.h"

struct pending { /* a new version of a file, or of a folder as it once was */
	struct id vlob;
	Zt__Manifest *m;
	bool adds_blocks, adds_some, has_local;
	struct bytes added;  /* ADDS_SOME: ids of blocks */
	struct stat local;   /* of the file that it was read from */
	uint64_t version;    /* once it is sealed */
	struct hash *object; /* the same, for who asked; or NULL */
};

struct op { /* a change to a folder's entries */
	struct buf name;
	bool is_set;
	struct tree_entry to;
	enum batch_expect expect;
	struct id same;
};

struct dirty { /* a folder that changes */
	struct id vlob;
	bool is_new, has_look;
	struct batch_look look;
	struct tree_way *way; /* of a new one that hangs on it; or NULL */
	struct op *ops;
	size_t count, cap;
};

/* What was sealed and signed of a batch, until the server has answered. */
struct outgoing {
	struct batch *b;
	struct changeset cs;
	struct buf body, *change, *object, *wrap;
	struct bytes *spans;
	const struct secret *key;
	size_t count;
};

/* What the batch relies on: the folder WAY is in the tree, and has NAME, if that is not empty,
 * which is VLOB. */
struct needed {
	struct tree_way *way;
	struct buf name;
	struct id vlob;
};

struct batch {
	struct workspace *s;
	bool is_adjacent; /* valid only directly after the parent that its author read */
	struct needed *needed;
	size_t needed_count, needed_cap;
	uint64_t checked; /* z->foreign, when all of that was so */
	struct outgoing out;
	struct calls_transfer call;
	bool is_sent, is_answered;
	uint64_t sent_ms;
	struct pending *files;
	size_t file_count, file_cap;
	struct dirty **folders;
	size_t folder_count, folder_cap;
	struct idmap by_vlob; /* folders */
	size_t bytes;         /* of what is pushed, about */
	uint64_t content;     /* of new files */
};

/* A look at the calls that are under way, while their answer is waited for. */
enum { BATCH_TURN_MS = 1000 };

/* Rotates first if needed: nothing new is sealed under a key that a former member knows.
 * Errors: those of workspace_rotate_if_needed and workspace_sync. */
ZT_CHECKED enum zt_err batch_close_open(struct workspace *s);
/* Nothing is gathered any more, or needed. */
void batch_clear(struct batch *b);
/* B was answered: the next push has what the line carries in a while. */
void batch_measure(struct batch *b);
/* Seals all of B and signs the changeset, over what the workspace is now, into B->out. The
 * caller gives that to batch_forget, also on failure. Errors: CONFLICT, NOT_FOUND and EXISTS
 * (others changed the folder), TOO_BIG, STORE, those of reading a folder. */
ZT_CHECKED enum zt_err batch_seal(struct batch *b);
/* Releases what was sealed. */
void batch_forget(struct batch *b);

#endif
