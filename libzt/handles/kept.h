/* SPDX-License-Identifier: Apache-2.0 */
/* kept.h - what a stream had sent when it was cut off, for the next writer of its path. */
#ifndef ZT_HANDLES_KEPT_H
#define ZT_HANDLES_KEPT_H

#include "handles/writer.h"

/* Reads what a stream to W's path had sent when it was cut off. Within a call that has the
 * store. Errors: MEMORY, those of the store. */
ZT_CHECKED enum zt_err writer_kept_open(struct zt_writer *w);
/* Notes what W has sent, and forgets the rest. */
void writer_kept_close(struct zt_writer *w);
/* Once W->t is begun: hears of each block that the servers have. */
void writer_kept_hear(struct zt_writer *w);
/* Notes what the servers have since, if it is some, or ALL; not while others have the store. */
void writer_kept_note(struct zt_writer *w, bool all);
/* A version has it all, or its blocks are of no use. Within a call that has the store. */
void writer_kept_forget(struct zt_writer *w);
/* *TOOK: CLEAR, the bytes of P, is what an earlier stream sent there, and P refers to it now.
 * Errors: MEMORY. */
ZT_CHECKED enum zt_err writer_kept_take(
    struct zt_writer *w, struct writer_part *p, struct bytes clear, bool *took);

#endif
