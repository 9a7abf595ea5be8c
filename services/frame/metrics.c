/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "frame/metrics.h"

#include <stdio.h>

/* Upper ends in microseconds: 100 us doubling, then everything. */
static unsigned long
limit_us(size_t bucket)
{
	return 100ul << bucket;
}

void
metrics_count(struct metrics *m, enum route r, enum zt_err err, uint64_t us)
{
	size_t b = 0;

	while (b + 1 < METRICS_BUCKETS && us > limit_us(b))
		b++;
	atomic_fetch_add_explicit(&m->route[r].calls, 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&m->route[r].sum_us, us, memory_order_relaxed);
	atomic_fetch_add_explicit(&m->route[r].bucket[b], 1, memory_order_relaxed);
	if (err != ZT_OK)
		atomic_fetch_add_explicit(&m->route[r].errors, 1, memory_order_relaxed);
}

static void
print_counter(
    const char *name, const char *service, size_t r, unsigned long value, struct buf *out)
{
	buf_printf(out, "%s{service=\"%s\",call=\"%s\"} %lu\n", name, service,
	    route_row((enum route)r)->name, value);
}

static void
print_latency(struct metrics *m, const char *service, size_t r, struct buf *out)
{
	const char *name = route_row((enum route)r)->name;
	unsigned long sum = 0;
	char end[32];

	for (size_t b = 0; b < METRICS_BUCKETS; b++) {
		if (b + 1 < METRICS_BUCKETS)
			(void)snprintf(end, sizeof end, "%.4f", (double)limit_us(b) / 1e6);
		else
			(void)snprintf(end, sizeof end, "+Inf");
		sum += atomic_load(&m->route[r].bucket[b]);
		buf_printf(out,
		    "zt_call_seconds_bucket{service=\"%s\",call=\"%s\",le=\"%s\"} %lu\n",
		    service, name, end, sum);
	}
	buf_printf(out, "zt_call_seconds_sum{service=\"%s\",call=\"%s\"} %.6f\n", service, name,
	    (double)atomic_load(&m->route[r].sum_us) / 1e6);
	print_counter("zt_call_seconds_count", service, r, sum, out);
}

/* The format wants all lines of one name behind each other, and their kind before them. */
void
metrics_print(struct metrics *m, const char *service, struct buf *out)
{
	buf_add_text(out, "# TYPE zt_calls_total counter\n");
	for (size_t r = 0; r < ROUTE_COUNT; r++)
		if (atomic_load(&m->route[r].calls) > 0)
			print_counter(
			    "zt_calls_total", service, r, atomic_load(&m->route[r].calls), out);
	buf_add_text(out, "# TYPE zt_call_errors_total counter\n");
	for (size_t r = 0; r < ROUTE_COUNT; r++)
		if (atomic_load(&m->route[r].calls) > 0)
			print_counter("zt_call_errors_total", service, r,
			    atomic_load(&m->route[r].errors), out);
	buf_add_text(out, "# TYPE zt_call_seconds histogram\n");
	for (size_t r = 0; r < ROUTE_COUNT; r++)
		if (atomic_load(&m->route[r].calls) > 0)
			print_latency(m, service, r, out);
}
