/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* metrics.h - counters and a latency histogram per route, as Prometheus text. Thread-safe. */
#ifndef ZT_FRAME_METRICS_H
#define ZT_FRAME_METRICS_H

#include <stdatomic.h>

#include "base/buf.h"
#include "format/route.h"

#define METRICS_BUCKETS 12

struct metrics {
	struct {
		atomic_ulong calls, errors, sum_us, bucket[METRICS_BUCKETS];
	} route[ROUTE_COUNT];
};

void metrics_count(struct metrics *m, enum route r, enum zt_err err, uint64_t us);
/* Appends the text for SERVICE. */
void metrics_print(struct metrics *m, const char *service, struct buf *out);

#endif
