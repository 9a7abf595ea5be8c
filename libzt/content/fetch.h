/* SPDX-License-Identifier: Apache-2.0 */
/* fetch.h - content down. */
#ifndef ZT_CONTENT_FETCH_H
#define ZT_CONTENT_FETCH_H

#include "content/file_writer.h"
#include "content/transfer.h"
#include "session/session.h"

/* The sentence about a block whose CALL failed; returns the error: MISSING_BLOCK, or the
 * call's.
 */
enum zt_err fetch_lost(struct zt *z, const struct calls_transfer *call);
/* The same about one that came and does not open; returns ERR. */
enum zt_err fetch_altered(struct zt *z, enum zt_err err);
/* Starts to fetch the content of F into K; takes ownership of K. Shared blocks wait for
 * fetch_shared. */
ZT_CHECKED enum zt_err fetch_content(
    struct transfer *t, const Zt__FileManifest *f, struct file_writer *k);
/* Starts to fetch the shared blocks of all files so far, each once. */
ZT_CHECKED enum zt_err fetch_shared(struct transfer *t);
/* After a failure: ends the files that wait for a shared block. */
void fetch_forget(struct transfer *t);
/* Whether a manifest of WEIGHT bytes waits for the next round, where HELD bytes of others are
 * held until their content is fetched together: 16 MiB at most, or one alone, however large. */
bool fetch_is_later(size_t held, size_t weight);
/* One block, verified, into CLEAR, which is empty. Errors: those of the call, CORRUPT. */
ZT_CHECKED enum zt_err fetch_block(
    struct transfer *t, const struct block_ref *ref, struct buf *clear);
/* Sets *SAME: whether FD's content matches F, a version by the device AUTHOR. Rewinds FD.
 * Reads the blocks of another user's version to check: a member could name blocks that were
 * never sent, or state the hash of somebody's file beside other content; then that file would
 * never be sent, and the blocks never fetched. Errors: as send_is_same and of the call. */
ZT_CHECKED enum zt_err fetch_is_same(
    struct transfer *t, int fd, const Zt__FileManifest *f, const struct id *author, bool *same);

#endif
