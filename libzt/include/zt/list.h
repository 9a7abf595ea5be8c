/* SPDX-License-Identifier: Apache-2.0 */
/* zt/list.h - a folder in pages: for programs that show a part of a large one. */
#ifndef ZT_LIST_H
#define ZT_LIST_H

#include "zt/file.h"

#ifdef __cplusplus
extern "C" {
#endif

struct zt_list;

/* Names alone; or also what zt_file has under DETAILS, which takes a request for some thousands
 * of files that this device has not seen yet. */
enum zt_list_what { ZT_LIST_NAMES, ZT_LIST_DETAILS };

/* Opens the folder REMOTE (the root is WORKSPACE:/) as it is now, or was at TIME (0: now). Its
 * names stay those of this version until the caller gives *OUT to zt_list_close, whatever is
 * written meanwhile: no entry is given twice or left out. Other calls of Z may be made between,
 * and several lists may be open. Reports damage to the DAMAGED option; of a folder whose newest
 * version is damaged, the list is that of an older one. Errors: NOT_FOUND, INVALID (a file),
 * CORRUPT (no version opens), those of the workspace and the server. */
ZT_CALL enum zt_err zt_list_open(struct zt *z, const char *remote, uint64_t time,
    enum zt_list_what what, struct zt_list **out);
/* Closes L, before its device is closed. NULL is nothing. */
ZT_API void zt_list_close(struct zt_list *l);
/* How many entries the folder has, and how many of them are before the next page. */
ZT_API size_t zt_list_size(const struct zt_list *l);
ZT_API size_t zt_list_at(const struct zt_list *l);
/* The next page begins with entry AT (from 0, in the order of the names' bytes), or is empty.
 */
ZT_API void zt_list_seek(struct zt_list *l, size_t at);
/* The next pages have WHAT, so that names and details can be read of one version. */
ZT_API void zt_list_want(struct zt_list *l, enum zt_list_what what);
/* The next MAX entries at most: sets *PAGE to *COUNT pointers, which live until the next call
 * of L. *COUNT is 0 at the end alone. Files are as of now, or of TIME. A call that failed can
 * be made again. Errors: those of the server, MEMORY, INVALID (MAX is 0). */
ZT_CALL enum zt_err zt_list_next(
    struct zt_list *l, size_t max, const struct zt_file *const **page, size_t *count);

#ifdef __cplusplus
}
#endif

#endif
