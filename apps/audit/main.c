/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* zt-audit - verifies an exported history (zt log export) without any key and without a
 * network. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/l10n.h"
#include "common/standard.h"
#include "zt/audit.h"

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
complain(enum zt_err err, const struct zt_audit_result *r)
{
	(void)fprintf(stderr, "zt-audit: %s", _(zt_err_text(err)));
	if (r != NULL && r->what != NULL)
		(void)fprintf(
		    stderr, " (%s %" PRIu64 ": %s)", _(r->what), r->number, _(r->message));
	(void)fprintf(stderr, "\n");
}

static void
report_release(void *ctx, const char *release)
{
	(void)ctx;
	(void)printf("%s: %s\n", _("accepted release of the page"), release);
}

static void
report_browser(void *ctx, const char *device, const char *user, const char *origin)
{
	(void)ctx;
	(void)printf("%s: %s, %s, %s\n", _("device in a browser, its user, the page's origin"),
	    device, user, origin);
}

static void
report(const struct zt_audit *a, const struct zt_audit_result *r)
{
	(void)printf("%s: %" PRIu64 " + %" PRIu64 "\n",
	    _("entries verified, and known by hash only"), r->entries, r->hidden);
	(void)printf("%s: %" PRIu64 ", %" PRIu64 ", %" PRIu64 "\n",
	    _("users, devices, workspaces seen"), r->users, r->devices, r->workspaces);
	(void)printf("%s: %" PRIu64 ":%s\n", _("signed head"), r->head_size, r->head_root);
	zt_audit_releases(a, report_release, NULL);
	zt_audit_browsers(a, report_browser, NULL);
	if (r->changesets > 0)
		(void)printf("%s: %" PRIu64 ", %" PRIu64 ", %" PRIu64 "\n",
		    _("changesets, changes in them, left out as signed after a removal"),
		    r->changesets, r->changes, r->excluded);
	(void)printf("%s\n", _("the history is whole and honest"));
}

static enum zt_err
read_all(FILE *f, struct zt_audit *a)
{
	char piece[65536];
	enum zt_err err = ZT_OK;
	size_t n;

	while (err == ZT_OK && (n = fread(piece, 1, sizeof piece, f)) > 0)
		err = zt_audit_take(a, piece, n);
	if (err == ZT_OK && ferror(f))
		err = ZT_ERR_IO;
	return err ? err : zt_audit_end(a);
}

static enum zt_err
check(struct zt_audit *a, FILE *f)
{
	struct zt_audit_result r;
	enum zt_err err = read_all(f, a);

	zt_audit_result(a, &r);
	if (err)
		complain(err, &r);
	else
		report(a, &r);
	return err;
}

static int
act(int argc, char **argv)
{
	struct zt_audit *a = NULL;
	enum zt_err err;
	FILE *f;

	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return usage(stdout);
	if (argc != 3)
		return usage(stderr);
	if ((err = zt_audit_new(argv[1], &a)) == ZT_ERR_INVALID) {
		(void)fprintf(
		    stderr, "zt-audit: %s\n\n", _("that is not the id of an organization"));
		return usage(stderr);
	}
	if (err) {
		complain(err, NULL);
		return zt_err_exit(err);
	}
	if ((f = fopen(argv[2], "rbe")) == NULL) {
		perror(argv[2]);
		zt_audit_free(a);
		return 66;
	}
	err = check(a, f);
	(void)fclose(f);
	zt_audit_free(a);
	return zt_err_exit(err);
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
		code = zt_err_exit(ZT_ERR_IO);
	}
	return code;
}
