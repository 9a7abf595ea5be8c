/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "frame/rows.h"

#include <stdlib.h>

#include "format/pb.h"

enum zt_err
rows_read(struct db *db, const struct db_query *q, const struct db_value *values, size_t count,
    size_t size, rows_fill *fill, struct rows *out)
{
	enum zt_err err;
	size_t n;

	*out = (struct rows){ .n = 0 };
	if ((err = db_run(db, q, values, count, &out->found)))
		return err;
	n = (size_t)db_count(out->found);
	out->memory = calloc(n + 1, size);
	out->items = calloc(n + 1, sizeof *out->items);
	if (out->memory == NULL || out->items == NULL)
		return ZT_ERR_MEMORY;
	for (; out->n < n; out->n++) {
		out->items[out->n] = (char *)out->memory + out->n * size;
		fill(out->found, (int)out->n, out->items[out->n]);
	}
	return ZT_OK;
}

void
rows_free(struct rows *r)
{
	free(r->items);
	free(r->memory);
	db_free(r->found);
}

ProtobufCBinaryData
rows_field(const struct db_rows *found, int row, int column)
{
	struct bytes b = db_bytes(found, row, column);

	return pb_field(b.p, b.n);
}
