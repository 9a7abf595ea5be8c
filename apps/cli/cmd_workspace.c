/* cmd_workspace.c - workspaces and who may do what in them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "command.h"
#include "common/l10n.h"
#include "common/output.h"

enum zt_err
cmd_workspace_create(struct cli *c)
{
	return zt_workspace_create(c->zt, c->args[0]);
}

static void
show_workspace(void *ctx, const struct zt_workspace *w)
{
	const struct cli *c = ctx;

	if (c->json) {
		(void)printf("{");
		output_field("id", w->id, true);
		output_field("name", w->name, true);
		output_field("role", w->role, true);
		output_field("state",
		    w->deletion_due != 0 ? "deletion announced"
		    : w->is_archived     ? "archived"
					 : "active",
		    true);
		(void)printf("\"deletion_due\":%llu,\"generation\":%u}\n",
		    (unsigned long long)w->deletion_due, w->generation);
		return;
	}
	(void)printf("%s  %-12s ", w->id, w->role);
	output_show(w->name);
	if (w->is_archived)
		(void)printf("  %s", _("(archived)"));
	if (w->deletion_due != 0) {
		(void)printf("  %s ", _("(deleted on"));
		output_time(w->deletion_due);
		(void)printf(")");
	}
	(void)printf("\n");
}

enum zt_err
cmd_workspace_list(struct cli *c)
{
	return zt_workspaces(c->zt, show_workspace, c);
}

static void
show_member(void *ctx, const struct zt_member *m)
{
	(void)ctx;
	(void)printf("%-12s ", m->role);
	output_show(m->email[0] != 0 ? m->email : m->user);
	(void)printf("\n");
}

enum zt_err
cmd_workspace_members(struct cli *c)
{
	return zt_workspace_members(c->zt, c->args[0], show_member, c);
}

static void
show_person(const struct cli *c, const struct zt_person *p)
{
	if (c->json) {
		(void)printf("{");
		output_field("user", p->id, true);
		output_field("email", p->email, true);
		output_field("name", p->name, true);
		output_field("fingerprint", p->fingerprint, true);
		output_field("doubt", p->doubt, false);
		(void)printf("}\n");
	} else if (!c->quiet || p->doubt[0] != 0) {
		output_show(p->name);
		(void)printf(" <");
		output_show(p->email);
		(void)printf(">  %s %s\n", _("fingerprint"), p->fingerprint);
	}
}

/* Whom it is about to be shared with, so that a person may compare; and a question where there
 * is reason to doubt. Then by id: nothing that happens meanwhile changes whom it means. */
enum zt_err
cmd_workspace_share(struct cli *c)
{
	struct zt_person p;
	enum zt_err err = zt_find_person(c->zt, c->args[1], &p);

	if (err)
		return err;
	show_person(c, &p);
	if (p.doubt[0] != 0 && !c->yes) {
		(void)snprintf(c->why, sizeof c->why, "%s", p.doubt);
		if (c->json)
			return ZT_ERR_WHO;
		cli_warn(c, p.doubt);
		(void)printf("%s", _("share it with them all the same"));
		if (!cli_says_yes(c))
			return ZT_ERR_WHO;
		c->why[0] = 0;
	}
	return zt_workspace_share(
	    c->zt, c->args[0], p.id, c->role != NULL ? c->role : "contributor");
}

enum zt_err
cmd_workspace_unshare(struct cli *c)
{
	return zt_workspace_unshare(c->zt, c->args[0], c->args[1]);
}

enum zt_err
cmd_workspace_rotate(struct cli *c)
{
	return zt_workspace_rotate(c->zt, c->args[0]);
}

enum zt_err
cmd_workspace_rewrap(struct cli *c)
{
	uint64_t done = 0, lost = 0;
	enum zt_err err = c->finish
			      ? zt_workspace_rewrap_finish(c->zt, c->args[0], &done, &lost)
			      : zt_workspace_rewrap(c->zt, c->args[0], &done, &lost);

	if (err)
		return err;
	if (c->json)
		(void)printf("{\"rewrapped\":%llu,\"lost\":%llu}\n", (unsigned long long)done,
		    (unsigned long long)lost);
	else if (!c->quiet)
		(void)printf(c->finish ? _("%llu versions are under the newest key alone now\n")
				       : _("%llu versions are under the newest key now\n"),
		    (unsigned long long)done);
	if (lost > 0) {
		(void)snprintf(c->why, sizeof c->why,
		    _("%llu versions cannot be opened any more: the server lost or spoiled "
		      "their keys"),
		    (unsigned long long)lost);
		return ZT_ERR_KEY;
	}
	return ZT_OK;
}

enum zt_err
cmd_workspace_rename(struct cli *c)
{
	return zt_workspace_rename(c->zt, c->args[0], c->args[1]);
}

enum zt_err
cmd_workspace_archive(struct cli *c)
{
	return zt_workspace_archive(c->zt, c->args[0], true);
}

enum zt_err
cmd_workspace_unarchive(struct cli *c)
{
	return zt_workspace_archive(c->zt, c->args[0], false);
}

enum { LEAST_DELETION_S = 24 * 3600 };

enum zt_err
cmd_workspace_delete(struct cli *c)
{
	unsigned seconds = cli_duration(c, c->duration != NULL ? c->duration : "7d");

	if (seconds == 0)
		return ZT_ERR_USAGE;
	if (seconds < LEAST_DELETION_S) {
		(void)snprintf(c->why, sizeof c->why, "%s",
		    _("a deletion is due a day later at the earliest, so that each owner can "
		      "take it back"));
		return ZT_ERR_USAGE;
	}
	return zt_workspace_delete(c->zt, c->args[0], cli_due(seconds));
}

enum zt_err
cmd_workspace_undelete(struct cli *c)
{
	return zt_workspace_delete(c->zt, c->args[0], 0);
}

enum zt_err
cmd_workspace_claim(struct cli *c)
{
	return zt_workspace_claim(c->zt, c->args[0]);
}

/* TEXT as a whole number. */
static bool
number_of(struct cli *c, const char *text, uint64_t *out)
{
	char *end = NULL;

	errno = 0;
	*out = strtoull(text, &end, 10);
	if (errno == 0 && text[0] >= '0' && text[0] <= '9' && *end == 0)
		return true;
	(void)snprintf(c->why, sizeof c->why, _("%.100s is no whole number"), text);
	return false;
}

enum zt_err
cmd_workspace_void_change(struct cli *c)
{
	uint64_t position;

	if (!number_of(c, c->args[1], &position))
		return ZT_ERR_USAGE;
	return zt_workspace_void_changeset(c->zt, c->args[0], position);
}

enum zt_err
cmd_workspace_void_pin(struct cli *c)
{
	uint64_t entry;

	if (!number_of(c, c->args[1], &entry))
		return ZT_ERR_USAGE;
	return zt_workspace_void_pin(c->zt, c->args[0], entry);
}
