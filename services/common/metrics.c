#include "common/metrics.h"

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

void
metrics_print(struct metrics *m, const char *service, struct buf *out)
{
	for (size_t r = 0; r < ROUTE_COUNT; r++) {
		const char *name = route_row((enum route)r)->name;
		unsigned long calls = atomic_load(&m->route[r].calls), sum = 0;

		if (calls == 0)
			continue;
		buf_printf(out, "zt_calls_total{service=\"%s\",call=\"%s\"} %lu\n", service,
		    name, calls);
		buf_printf(out, "zt_errors_total{service=\"%s\",call=\"%s\"} %lu\n", service,
		    name, atomic_load(&m->route[r].errors));
		for (size_t b = 0; b < METRICS_BUCKETS; b++) {
			sum += atomic_load(&m->route[r].bucket[b]);
			if (b + 1 == METRICS_BUCKETS)
				buf_printf(out,
				    "zt_seconds_bucket{service=\"%s\",call=\"%s\",le=\"+Inf\"} "
				    "%lu\n",
				    service, name, sum);
			else
				buf_printf(out,
				    "zt_seconds_bucket{service=\"%s\",call=\"%s\",le=\"%.4f\"} "
				    "%lu\n",
				    service, name, (double)limit_us(b) / 1e6, sum);
		}
		buf_printf(out, "zt_seconds_sum{service=\"%s\",call=\"%s\"} %.6f\n", service,
		    name, (double)atomic_load(&m->route[r].sum_us) / 1e6);
		buf_printf(out, "zt_seconds_count{service=\"%s\",call=\"%s\"} %lu\n", service,
		    name, calls);
	}
}
