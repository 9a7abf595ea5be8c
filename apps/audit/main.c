/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* zt-audit - verifies an exported history (zt log export) without any key and without a
 * network. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/wire.h"
#include "common/l10n.h"
#include "common/standard.h"
#include "crypto/suite.h"
#include "files/audit.h"

static int
usage(FILE *to)
{
	(void)fprintf(to, "%s\n\n  zt-audit ORGANIZATION FILE\n\n%s\n",
	    _("Checks a history that `zt log export FILE [WORKSPACE]` wrote: every signature, "
	      "every "
	      "right, every link, the signed head."),
	    _("ORGANIZATION is the organization's id, as `zt status` shows it: it pins the "
	      "root "
	      "key. Get it from a person you trust, not from the file."));
	return to == stdout ? 0 : 64;
}

static void
complain(enum zt_err err, const struct audit_result *r)
{
	(void)fprintf(stderr, "zt-audit: %s", _(err_words(err)));
	if (r != NULL && r->what != NULL)
		(void)fprintf(
		    stderr, " (%s %" PRIu64 ": %s)", _(r->what), r->number, _(r->why));
	(void)fprintf(stderr, "\n");
}

/* One record into B; false at the end of the file. */
static enum zt_err
read_record(FILE *f, unsigned *type, struct buf *b, bool *end)
{
	uint8_t head[AUDIT_RECORD_BYTES];
	size_t n = fread(head, 1, sizeof head, f);
	uint32_t size;
	uint8_t *to;

	*end = n == 0;
	if (n == 0)
		return ZT_OK;
	if (n != sizeof head || (size = wire_load_u32(head + 1)) > AUDIT_RECORD_MOST)
		return ZT_ERR_CORRUPT;
	*type = head[0];
	buf_empty(b);
	if ((to = buf_room(b, size)) == NULL)
		return ZT_ERR_MEMORY;
	return fread(to, 1, size, f) == size ? ZT_OK : ZT_ERR_CORRUPT;
}

static enum zt_err
read_all(FILE *f, struct audit *a)
{
	struct buf b = buf_init(AUDIT_RECORD_MOST);
	char magic[sizeof AUDIT_MAGIC] = "";
	unsigned type = 0;
	bool end = false;
	enum zt_err err = fread(magic, 1, sizeof magic - 1, f) == sizeof magic - 1 &&
				  strcmp(magic, AUDIT_MAGIC) == 0
			      ? ZT_OK
			      : ZT_ERR_CORRUPT;

	while (err == ZT_OK && (err = read_record(f, &type, &b, &end)) == ZT_OK && !end)
		err = audit_take(a, (enum audit_record)type, buf_bytes(&b));
	buf_free(&b);
	return err ? err : audit_end(a);
}

static void
report(const struct audit *a)
{
	const struct audit_result *r = audit_result(a);
	char root[2 * HASH_BYTES + 1];

	hex_print(r->head.root.b, HASH_BYTES, root);
	(void)printf("%s: %" PRIu64 " + %" PRIu64 "\n",
	    _("entries verified, and known by hash only"), r->entries, r->hidden);
	(void)printf("%s: %zu, %zu, %zu\n", _("users, devices, workspaces seen"),
	    audit_state(a)->users.count, audit_state(a)->devices.count,
	    audit_state(a)->workspaces.count);
	(void)printf("%s: %" PRIu64 ":%s\n", _("signed head"), r->head.size, root);
	if (r->changesets > 0)
		(void)printf("%s: %" PRIu64 ", %" PRIu64 ", %" PRIu64 "\n",
		    _("changesets, changes in them, left out as signed after a removal"),
		    r->changesets, r->changes, r->left_out);
	(void)printf("%s\n", _("the history is whole and honest"));
}

static enum zt_err
check(const struct id *org, FILE *f)
{
	struct audit *a = NULL;
	enum zt_err err;

	if ((err = suite_start()) == ZT_OK && (err = audit_new(org, &a)) == ZT_OK)
		err = read_all(f, a);
	if (err == ZT_OK)
		report(a);
	else
		complain(err, a != NULL ? audit_result(a) : NULL);
	audit_free(a);
	return err;
}

static int
act(int argc, char **argv)
{
	struct id org;
	FILE *f;
	enum zt_err err;

	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return usage(stdout);
	if (argc != 3 || id_parse(argv[1], strlen(argv[1]), &org))
		return usage(stderr);
	if ((f = fopen(argv[2], "rbe")) == NULL) {
		perror(argv[2]);
		return 66;
	}
	err = check(&org, f);
	(void)fclose(f);
	return err_exit(err);
}

int
main(int argc, char **argv)
{
	int code;

	standard_begin();
	l10n_start();
	code = act(argc, argv);
	if (!standard_end() && code == 0) {
		complain(ZT_ERR_IO, NULL);
		code = err_exit(ZT_ERR_IO);
	}
	return code;
}
