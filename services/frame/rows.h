/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* rows.h - database rows as the items of an answer. */
#ifndef ZT_FRAME_ROWS_H
#define ZT_FRAME_ROWS_H

#include <protobuf-c/protobuf-c.h>

#include "frame/db.h"

struct rows {
	struct db_rows *found; /* the items borrow from it */
	void *memory;
	void **items; /* messages of one kind, as a list for an answer */
	size_t n;
};

/* Makes a message of ITEM from ROW of FOUND; borrows. */
typedef void rows_fill(const struct db_rows *found, int row, void *item);

/* Runs Q with COUNT values and makes an item of SIZE bytes of each row. The caller frees OUT,
 * also on failure. Errors: those of db_run, MEMORY. */
ZT_CHECKED enum zt_err rows_read(struct db *db, const struct db_query *q,
    const struct db_value *values, size_t count, size_t size, rows_fill *fill,
    struct rows *out);
void rows_free(struct rows *r);
/* A column as a field of a message; borrows. */
ProtobufCBinaryData rows_field(const struct db_rows *found, int row, int column);

#endif
