/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* history_test.c - an organization's history, exported and then altered: by the readers of log
 * and chain alone, in memory, so that each byte, each place and each order is tried. A history
 * of real services, with a loss of access, a rotation, and a changeset that does not count. */
#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/wire.h"
#include "history/audit.h"
#include "world.h"
#include "zt/audit.h"
#include "zt/org.h"

enum { MAX = 200 };

struct record {
	enum audit_record type;
	struct bytes bytes;
};

struct history {
	struct id org;
	struct buf all; /* which the records borrow from */
	struct record record[MAX];
	size_t count;
};

static struct history h;

static enum zt_err
audit(const struct record *record, size_t count)
{
	struct audit *a = NULL;
	enum zt_err err;

	assert_ok(audit_new(&h.org, &a));
	err = ZT_OK;
	for (size_t i = 0; err == ZT_OK && i < count; i++)
		err = audit_take(a, record[i].type, record[i].bytes);
	if (err == ZT_OK)
		err = audit_end(a);
	if (err != ZT_OK && err != ZT_ERR_MEMORY) {
		assert_non_null(audit_result(a)->what);
		assert_true(strlen(audit_result(a)->message) > 3);
	}
	audit_free(a);
	return err;
}

static void export(struct person *p, const char *workspace)
{
	int fd = memfd_create("history", MFD_CLOEXEC);
	struct wire_reader r;
	uint8_t piece[65536];
	ssize_t n;

	assert_true(fd >= 0);
	assert_ok(zt_log_export(p->zt, fd, workspace));
	assert_int_equal(0, lseek(fd, 0, SEEK_SET));
	h.org = p->zt->org;
	h.all = buf_init(16 << 20);
	while ((n = read(fd, piece, sizeof piece)) > 0)
		buf_add(&h.all, bytes_of(piece, (size_t)n));
	(void)close(fd);
	assert_ok(buf_err(&h.all));
	r = wire_read(
	    bytes_of(h.all.p + sizeof AUDIT_MAGIC - 1, h.all.n - sizeof AUDIT_MAGIC + 1));
	while (r.left > 0) {
		assert_true(h.count < MAX);
		h.record[h.count].type = (enum audit_record)wire_u8(&r);
		h.record[h.count++].bytes = wire_counted(&r, AUDIT_RECORD_MAX);
		assert_false(r.bad);
	}
}

static int
begin(void **state)
{
	struct scene *s;
	char name[32];

	assert_int_equal(0, scene_begin(state));
	s = *state;
	assert_ok(zt_workspace_create(s->alice.zt, "w"));
	assert_ok(zt_workspace_share(s->alice.zt, "w", "bob@test.example", "contributor"));
	for (int i = 0; i < 8; i++) {
		(void)snprintf(name, sizeof name, "w:/%d", i);
		assert_ok(zt_mkdir(i % 2 == 0 ? s->alice.zt : s->bob.zt, name));
	}
	assert_ok(zt_workspace_unshare(s->alice.zt, "w", "bob@test.example"));
	assert_ok(zt_mkdir(s->alice.zt, "w:/after"));
	assert_ok(zt_mv(s->alice.zt, "w:/1", "w:/after", NULL));
	export(&s->alice, "w");
	return 0;
}

static int
end(void **state)
{
	buf_free(&h.all);
	return scene_end(state);
}

static void
each_byte_of_a_history_is_needed(void **state)
{
	size_t bytes = 0, one = 0;

	(void)state;
	assert_ok(audit(h.record, h.count));
	for (size_t i = 0; i < h.count; i++)
		for (size_t at = 0; at < h.record[i].bytes.n; at++, bytes++) {
			uint8_t *b = (uint8_t *)(uintptr_t)h.record[i].bytes.p + at;
			uint8_t flip = (uint8_t)(1u << one++ % 8);

			*b ^= flip;
			if (audit(h.record, h.count) == ZT_OK)
				fail_msg("record %zu of type %d, byte %zu", i,
				    (int)h.record[i].type, at);
			*b ^= flip;
		}
	print_message("%zu records, %zu bytes\n", h.count, bytes);
	assert_ok(audit(h.record, h.count));
}

/* COPY is the history with record I taken out and put in front of record K. */
static void
move(struct record copy[MAX], size_t i, size_t k)
{
	struct record it = h.record[i];

	memcpy(copy, h.record, h.count * sizeof *copy);
	memmove(copy + i, copy + i + 1, (h.count - i - 1) * sizeof *copy);
	memmove(copy + k + 1, copy + k, (h.count - 1 - k) * sizeof *copy);
	copy[k] = it;
}

static bool
is_same(const struct record *copy)
{
	for (size_t i = 0; i < h.count; i++)
		if (copy[i].bytes.p != h.record[i].bytes.p)
			return false;
	return true;
}

static void
each_record_of_a_history_has_its_place(void **state)
{
	static struct record copy[MAX + 1];

	(void)state;
	for (size_t i = 0; i < h.count; i++) {
		for (size_t k = 0; k < h.count; k++) {
			struct record r;

			move(copy, i, k);
			assert_true((audit(copy, h.count) == ZT_OK) == is_same(copy));
			memcpy(copy, h.record, h.count * sizeof *copy);
			r = copy[i];
			copy[i] = copy[k];
			copy[k] = r;
			assert_true((audit(copy, h.count) == ZT_OK) == is_same(copy));
		}
		for (size_t k = 0; k <= h.count; k++) { /* twice */
			memcpy(copy, h.record, k * sizeof *copy);
			copy[k] = h.record[i];
			memcpy(copy + k + 1, h.record + k, (h.count - k) * sizeof *copy);
			assert_true(audit(copy, h.count + 1) != ZT_OK);
		}
	}
}

/* A chain may end early for a reader that gets no more; not before a place that the log pins.
 */
static void
a_history_without_a_record_is_refused_where_the_rest_tells(void **state)
{
	static struct record copy[MAX];
	size_t taken = 0;

	(void)state;
	for (size_t i = 0; i < h.count; i++) {
		memcpy(copy, h.record, i * sizeof *copy);
		memcpy(copy + i, h.record + i + 1, (h.count - i - 1) * sizeof *copy);
		if (audit(copy, h.count - 1) != ZT_OK)
			continue;
		assert_int_equal(AUDIT_CHANGESET, h.record[i].type);
		taken++;
	}
	assert_int_equal(1, taken); /* the newest */
	for (size_t n = 0; n < h.count; n++)
		if (audit(h.record, n) == ZT_OK)
			taken++;
	print_message("%zu shorter ones say nothing\n", taken);
	assert_in_range(taken, 2, 5); /* the log alone; those behind the pin */
}

/* ---- zt/audit.h ---- */

/* The first N bytes of the export, in pieces of SIZE. */
static enum zt_err
audit_in_pieces(size_t n, size_t size, struct zt_audit_result *out)
{
	struct zt_audit *a = NULL;
	char org[ID_TEXT];
	enum zt_err err = ZT_OK;

	id_print(&h.org, org);
	assert_ok(zt_audit_new(org, &a));
	for (size_t at = 0; err == ZT_OK && at < n; at += size)
		err = zt_audit_take(a, h.all.p + at, n - at < size ? n - at : size);
	if (err == ZT_OK)
		err = zt_audit_end(a);
	else
		assert_err(err, zt_audit_end(a));
	zt_audit_result(a, out);
	zt_audit_free(a);
	return err;
}

static void
a_history_is_taken_in_pieces_of_any_size(void **state)
{
	static const size_t sizes[] = { 1, 2, 5, 7, 64, 1000, SIZE_MAX / 2 };
	struct zt_audit_result all, r;
	size_t whole = 0;

	(void)state;
	assert_ok(audit_in_pieces(h.all.n, h.all.n, &all));
	assert_true(all.entries > 0 && all.changesets > 0 && all.head_size == all.entries);
	assert_int_equal(2, all.users);
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		assert_ok(audit_in_pieces(h.all.n, sizes[i], &r));
		assert_memory_equal(&all, &r, sizeof r);
	}
	for (size_t n = 0; n < h.all.n; n++)
		whole += audit_in_pieces(n, 1000, &r) == ZT_OK;
	assert_in_range(
	    whole, 1, 5); /* as above: whole records, up to a place behind the pin */
	h.all.p[3] ^= 1;
	assert_err(ZT_ERR_CORRUPT, audit_in_pieces(h.all.n, 1000, &r));
	h.all.p[3] ^= 1;
	assert_err(ZT_ERR_INVALID, zt_audit_new("0011", &(struct zt_audit *){ NULL }));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_byte_of_a_history_is_needed),
		cmocka_unit_test(each_record_of_a_history_has_its_place),
		cmocka_unit_test(a_history_is_taken_in_pieces_of_any_size),
		cmocka_unit_test(a_history_without_a_record_is_refused_where_the_rest_tells),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
