/* SPDX-License-Identifier: Apache-2.0 */
/* upload.h - a tree up, for the files that send a file (upload_file.c), a folder
 * (upload_folder.c), and what a person names (upload.c). */
#ifndef ZT_DISK_UPLOAD_H
#define ZT_DISK_UPLOAD_H

#include "content/transfer.h"
#include "disk/scan.h"
#include "tree/tree.h"

/* One put. */
struct upload {
	struct transfer *t;
	struct tree_way **ways;
	size_t way_count, way_cap;
	struct stat own; /* the state folder of this device */
};

/* ---- upload_stages.c: what is gathered, what waits for its blocks, what is pushed ---- */

enum upload_stage { GATHERED, WAITING, PUSHED, STAGES };

/* Makes T's batches. The caller gives T to upload_end, also on failure. Errors: those of
 * batch_new. */
ZT_CHECKED enum zt_err upload_begin(struct transfer *t);
void upload_end(struct transfer *t);
/* Everything moves on by a stage, so that reading, the blocks and the push each go on while the
 * others do. Errors: those of batch_start, batch_finish and transfer_wait. */
ZT_CHECKED enum zt_err upload_move_on(struct transfer *t);
/* Leaves the device to others (lend.h) while SIZE bytes are read, if that is due; the caller
 * ends that. The push that is under way is finished first. Errors: those of batch_finish. */
ZT_CHECKED enum zt_err upload_lend(struct transfer *t, uint64_t size);
/* The same to the last answer. */
ZT_CHECKED enum zt_err upload_finish(struct transfer *t);
/* Nothing is sent; what would be is named. */
bool upload_is_dry(const struct transfer *t);

/* ---- upload_file.c: one file ---- */

/* FD is the file that E was looked at as: its content to E->as in the folder at WAY, unless it
 * is there. Half of a file of a tree is none: it is left out and named. */
ZT_CHECKED enum zt_err upload_open(
    struct transfer *t, int fd, struct local_entry *e, struct tree_way *way);
/* The file E of F. What keeps it from being sent is named. */
ZT_CHECKED enum zt_err upload_file(struct local_folder *f, struct local_entry *e);

/* ---- upload_folder.c: one folder ---- */

/* *OUT: the way to NAME, which is VLOB, in the folder at UP; P releases it. Errors: MEMORY. */
ZT_CHECKED enum zt_err upload_way(struct upload *p, struct tree_way *up, struct bytes name,
    const struct id *vlob, bool is_there, struct tree_way **out);
/* A folder AS in the folder at UP, new in the batch. */
ZT_CHECKED enum zt_err upload_hang(
    struct upload *p, struct tree_way *up, struct bytes as, struct tree_way **out);
/* All in the local folder F, which is released: its files, then its folders; at last how it
 * looks (ST), because what is in a later batch alters its time. */
ZT_CHECKED enum zt_err upload_folder(
    struct upload *p, struct local_folder *f, bool is_new, const struct stat *st);

#endif
