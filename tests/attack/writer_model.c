/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* writer_model.c - see writer_model.h. */
#include "writer_model.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/suite.h"
#include "test.h"
#include "zt/reader.h"

uint32_t
below(uint32_t limit)
{
	uint32_t r;

	random_bytes(&r, sizeof r);
	return r % limit;
}

struct model
model_new(void)
{
	struct model m = { calloc(1, MAX), 0 };

	assert_non_null(m.p);
	return m;
}

void
model_set(struct model *m, size_t offset, const uint8_t *p, size_t n)
{
	memcpy(m->p + offset, p, n);
	if (offset + n > m->n)
		m->n = offset + n;
}

void
model_cut(struct model *m, size_t n)
{
	if (n < m->n)
		memset(m->p + n, 0, m->n - n);
	m->n = n;
}

void
is_model(struct person *p, const char *remote, uint64_t version, const struct model *m)
{
	struct zt_reader *r = NULL;
	uint8_t *all = malloc(MAX);
	size_t got = 0;

	assert_non_null(all);
	assert_ok(zt_reader_open(p->zt, remote, version, &r));
	assert_int_equal(m->n, zt_reader_size(r));
	assert_ok(zt_reader_read(r, 0, all, MAX, &got));
	assert_int_equal(m->n, got);
	assert_memory_equal(m->p, all, got);
	zt_reader_close(r);
	free(all);
}

void
write_both(struct zt_writer *w, struct model *m, size_t offset, const uint8_t *p, size_t n)
{
	assert_ok(zt_writer_write(w, offset, p, n));
	model_set(m, offset, p, n);
	assert_int_equal(m->n, zt_writer_size(w));
}

void
write_any(struct zt_writer *w, struct model *m, size_t offset, size_t n)
{
	uint8_t *p = malloc(n + 1);

	assert_non_null(p);
	random_bytes(p, n);
	write_both(w, m, offset, p, n);
	free(p);
}

void
cut_both(struct zt_writer *w, struct model *m, size_t n)
{
	assert_ok(zt_writer_truncate(w, n));
	model_cut(m, n);
	assert_int_equal(m->n, zt_writer_size(w));
}

void
read_both(struct zt_writer *w, const struct model *m, size_t offset, size_t n)
{
	uint8_t *p = malloc(n + 1);
	size_t want = offset >= m->n ? 0 : n < m->n - offset ? n : m->n - offset, got = 77;

	assert_non_null(p);
	assert_ok(zt_writer_read(w, offset, p, n, &got));
	assert_int_equal(want, got);
	assert_memory_equal(m->p + (want > 0 ? offset : 0), p, want);
	free(p);
}

bool
count_sent(void *sent, struct proxy_call *c)
{
	struct sent *n = sent;

	if (n->is_down && c->route == ROUTE_BLOCK_PUT) {
		proxy_refuse(c, ZT_ERR_UNAVAILABLE);
		return true;
	}
	n->puts += c->route == ROUTE_BLOCK_PUT;
	n->gets += c->route == ROUTE_BLOCK_GET;
	n->pushes += c->route == ROUTE_PUSH;
	n->bytes += c->route == ROUTE_BLOCK_PUT ? c->body.n : 0;
	return false;
}

int
scene_begin_with(void **state, const char *workspace)
{
	int rc = scene_begin(state);
	struct scene *s = *state;

	assert_ok(zt_workspace_create(s->alice.zt, workspace));
	assert_ok(zt_workspace_share(s->alice.zt, workspace, s->bob.email, "contributor"));
	assert_ok(zt_sync(s->bob.zt));
	return rc;
}
