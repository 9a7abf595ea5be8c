/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* seeds_test.c - what fuzzing begins at is what the parsers take today: seeds of a format that
 * is gone are refused at their first record, and nothing behind that is ever reached. */
#include "test.h"

#include <glob.h>
#include <stdio.h>

#include "base/wire.h"
#include "crypto/suite.h"
#include "files/changeset.h"
#include "format/limits.h"
#include "format/pb.h"
#include "history/audit.h"

#define CORPUS "tests/fuzz/corpus/"

static void
read_file(const char *path, struct buf *out)
{
	FILE *f = fopen(path, "re");
	uint8_t part[4096];
	size_t n;

	assert_non_null(f);
	while ((n = fread(part, 1, sizeof part, f)) > 0)
		buf_add(out, bytes_of(part, n));
	(void)fclose(f);
	assert_ok(buf_err(out));
}

/* Feeds IN as audit_fuzz.c does; whether it is an honest history. */
static enum zt_err
audit_of(struct bytes in, struct audit_result *out)
{
	struct wire_reader r = wire_read(in);
	struct audit *a = NULL;
	struct id org;
	enum zt_err err = ZT_OK;

	wire_copy(&r, org.b, ID_BYTES);
	assert_ok(audit_new(&org, &a));
	while (err == ZT_OK && !r.bad && r.left > 0) {
		unsigned type = wire_u8(&r);
		struct bytes record = wire_span(&r, wire_u16(&r));

		err = r.bad ? ZT_ERR_CORRUPT : audit_take(a, (enum audit_record)type, record);
	}
	if (err == ZT_OK)
		err = audit_end(a);
	*out = *audit_result(a);
	audit_free(a);
	return err;
}

static void
seeds_of_histories_are_honest_ones(void **state)
{
	struct audit_result all = { 0 }, is;
	glob_t found;

	(void)state;
	assert_int_equal(0, glob(CORPUS "audit/true_*", 0, NULL, &found));
	for (size_t i = 0; i < found.gl_pathc; i++) {
		struct buf b = buf_init(1024 * 1024);

		read_file(found.gl_pathv[i], &b);
		assert_ok(audit_of(buf_bytes(&b), &is));
		all.hidden += is.hidden;
		all.changesets += is.changesets;
		all.excluded += is.excluded;
		b.p[b.n / 2] ^= 1;
		assert_true(audit_of(buf_bytes(&b), &is) != ZT_OK);
		buf_free(&b);
	}
	globfree(&found);
	assert_true(all.hidden > 0 && all.changesets > 0 && all.excluded > 0);
}

static void
seeds_of_changesets_are_read(void **state)
{
	glob_t found;

	(void)state;
	assert_int_equal(0, glob(CORPUS "changeset/sent_*", 0, NULL, &found));
	for (size_t i = 0; i < found.gl_pathc; i++) {
		struct buf b = buf_init(LIMIT_CHANGESET);
		struct change *changes = NULL;
		Zt__Changeset *m = NULL;
		struct changeset cs;

		read_file(found.gl_pathv[i], &b);
		assert_ok(
		    pb_decode(&zt__changeset__descriptor, buf_bytes(&b), LIMIT_CHANGESET, &m));
		assert_ok(changeset_read(m, &cs, &changes));
		free(changes);
		m->changes[0].data[0] ^= 1;
		assert_true(changeset_read(m, &cs, &changes) != ZT_OK);
		pb_free(m);
		buf_free(&b);
	}
	globfree(&found);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(seeds_of_histories_are_honest_ones),
		cmocka_unit_test(seeds_of_changesets_are_read),
	};

	if (suite_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
