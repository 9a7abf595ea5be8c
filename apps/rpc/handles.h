/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* handles.h - the readers, writers, lists and exports that a lane has open. A number is given
 * once in the life of a lane, so that a late call never meets another's handle. */
#ifndef ZT_RPC_HANDLES_H
#define ZT_RPC_HANDLES_H

#include "rpc/rpc.h"

struct call;

enum handle_kind { HANDLE_NONE, HANDLE_READER, HANDLE_WRITER, HANDLE_LIST, HANDLE_EXPORT };
struct handle {
	enum handle_kind kind; /* NONE: a free place */
	uint64_t number;
	void *of;         /* struct zt_reader, zt_writer, zt_list or export */
	bool has_details; /* of a list */
};
#define HANDLES_MAX (RPC_READERS_MAX + RPC_WRITERS_MAX + RPC_LISTS_MAX + RPC_EXPORTS_MAX)
struct handles {
	struct handle place[HANDLES_MAX];
	uint64_t last; /* number given */
};

/* A place for one more handle of KIND, to be filled by handle_fill. Errors: TOO_BIG (as many
 * are open as may be). */
enum zt_err handle_place(struct call *c, enum handle_kind kind, struct handle **out);
/* Takes OF into the place, with a number. It is closed unless the answer of C gives the number
 * to the page. */
void handle_fill(struct call *c, struct handle *h, enum handle_kind kind, void *of);
/* The handle that the parameter "handle" names. Errors: NO_HANDLE (none, or of another kind).
 */
enum zt_err handle_get(struct call *c, enum handle_kind kind, struct handle **out);
/* Closes it, and frees its place. */
void handle_close(struct handle *h);
void handles_close(struct handles *all);
/* Releases the export OF (export.c). */
void export_close(void *of);

#endif
