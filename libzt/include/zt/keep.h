/* SPDX-License-Identifier: Apache-2.0 */
/* zt/keep.h - what a device keeps with itself: files that it reads without the servers, and
 * small notes of a program. All of it is sealed in the store, under the device's key. */
#ifndef ZT_KEEP_H
#define ZT_KEEP_H

#include <stdbool.h>

#include "zt/reader.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Calls of Z that only read (lists, readers, workspaces, people) continue with what this device
 * has verified before, for some seconds after the servers did not answer, if ON. They were the
 * newest then; zt_is_away says so. What was never read here ends with the error of the network.
 * With it Z also keeps what it learns of listed files. */
ZT_API void zt_read_kept(struct zt *z, bool on);
/* Whether the last call of Z that only reads went on without the servers. */
ZT_API bool zt_is_away(const struct zt *z);

/* What becomes of the content that a reader reads: nothing; kept, and the oldest forgotten
 * beyond ZT_KEEP_READ_MAX bytes in all; kept until zt_keep_no_more, up to ZT_KEEP_PINNED_MAX in
 * all. */
enum zt_keep { ZT_KEEP_NOTHING, ZT_KEEP_READ, ZT_KEEP_PINNED };
#define ZT_KEEP_READ_MAX (256ull << 20)
#define ZT_KEEP_PINNED_MAX (2048ull << 20)
/* From now on. PINNED forgets what was kept of older versions of the file. */
ZT_CALL enum zt_err zt_reader_keep(struct zt_reader *r, enum zt_keep how);
/* Forgets what ZT_KEEP_PINNED keeps of the file R reads. */
ZT_CALL enum zt_err zt_keep_no_more(struct zt_reader *r);

/* A note: NAME has 1 to 64 letters, digits, - and ., and is no secret; the N bytes of VALUE
 * are. At most 1,000 notes of 64 KiB. Errors: NAME, TOO_BIG, FULL, IO. */
ZT_CALL enum zt_err zt_note_put(struct zt *z, const char *name, const void *value, size_t n);
/* NAME may not be there. */
ZT_CALL enum zt_err zt_note_remove(struct zt *z, const char *name);
/* Shows the notes whose names begin with PREFIX, in the order of their names. */
ZT_CALL enum zt_err zt_notes(struct zt *z, const char *prefix,
    void (*each)(void *ctx, const char *name, const void *value, size_t n), void *ctx);

#ifdef __cplusplus
}
#endif

#endif
