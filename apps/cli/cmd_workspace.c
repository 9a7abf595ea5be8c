/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* cmd_workspace.c - workspaces and who may do what in them. */
#include <stdio.h>

#include "cli/commands.h"
#include "common/l10n.h"
#include "common/output.h"
#include "terminal/command.h"
#include "terminal/values.h"
#include "zt/release.h"

enum zt_err
cmd_workspace_create(struct cli *c)
{
	char id[33];
	enum zt_err err = zt_workspace_make(c->zt, c->args[0], c->force, id);

	if (err)
		return err;
	if (c->json)
		output_json(stdout, "workspace", "{s:s,s:o,s:s}", "id", id, "name",
		    output_text(c->args[0]), "role", "owner");
	else
		cli_done(c, _("%.260s is made (%s)"), c->args[0], id);
	return ZT_OK;
}

static void
show_workspace(void *ctx, const struct zt_workspace *w)
{
	const struct cli *c = ctx;

	if (c->json) {
		output_json(stdout, "workspace", "{s:s,s:o,s:s,s:s,s:o,s:i}", "id", w->id,
		    "name", output_text(w->name), "role", w->role, "state",
		    w->deletion_due != 0 ? "deletion announced"
		    : w->is_archived     ? "archived"
					 : "active",
		    "deletion_due", output_number(w->deletion_due), "generation",
		    (int)w->generation);
		return;
	}
	(void)printf("%s  %-12s ", w->id, w->role);
	output_show(w->name);
	if (w->is_archived)
		(void)printf("  %s", _("(archived)"));
	if (w->deletion_due != 0) {
		(void)printf("  %s ", _("(to be deleted on"));
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

void
cli_show_member(void *ctx, const struct zt_member *m)
{
	const struct cli *c = ctx;

	if (c->json) {
		output_json(stdout, "member", "{s:s,s:o,s:o,s:s}", "user", m->user, "email",
		    output_text(m->email), "name", output_text(m->name), "role", m->role);
		return;
	}
	(void)printf("%-12s ", m->role);
	output_show(m->email[0] != 0 ? m->email : m->user);
	(void)printf("\n");
}

enum zt_err
cmd_workspace_members(struct cli *c)
{
	return zt_workspace_members(c->zt, c->args[0], cli_show_member, c);
}

static void
show_person(const struct cli *c, const struct zt_person *p)
{
	if (c->json) {
		output_json(stdout, "person", "{s:s,s:o,s:o,s:s,s:o}", "user", p->id, "email",
		    output_text(p->email), "name", output_text(p->name), "fingerprint",
		    p->fingerprint, "doubt", output_text(p->doubt));
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
	const char *role = c->role != NULL ? c->role : "contributor";
	struct zt_person p;
	enum zt_err err = zt_find_person(c->zt, c->args[1], &p);

	if (err)
		return err;
	show_person(c, &p);
	if (p.doubt[0] != 0 && !c->yes) {
		(void)snprintf(c->message, sizeof c->message, "%s", p.doubt);
		if (c->json)
			return ZT_ERR_WHO;
		cli_warn(c, p.doubt);
		(void)printf("%s", _("share it with them all the same"));
		c->message[0] = 0;
		if (!cli_confirm(c)) {
			(void)snprintf(c->message, sizeof c->message,
			    _("you did not confirm: %.90s is not shared with %.90s"),
			    c->args[0], c->args[1]);
			return ZT_ERR_DECLINED;
		}
	}
	if ((err = zt_workspace_share(c->zt, c->args[0], p.id, role)) == ZT_OK)
		cli_done(c, _("%.260s is shared with %.260s, role %.20s"), c->args[0],
		    c->args[1], role);
	return err;
}

enum zt_err
cmd_workspace_unshare(struct cli *c)
{
	enum zt_err err = zt_workspace_unshare(c->zt, c->args[0], c->args[1]);

	if (err == ZT_OK)
		cli_done(c, _("%.260s has no role in %.260s any more, and its key is renewed"),
		    c->args[1], c->args[0]);
	return err;
}

enum zt_err
cmd_workspace_rotate(struct cli *c)
{
	enum zt_err err = zt_workspace_rotate(c->zt, c->args[0]);

	if (err == ZT_OK)
		cli_done(c, _("the key of %.260s is renewed"), c->args[0]);
	return err;
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
		output_json(stdout, "rewrapped", "{s:o,s:o}", "rewrapped", output_number(done),
		    "lost", output_number(lost));
	else if (c->finish)
		cli_done(c,
		    ln_(done, "%llu version is under the newest key alone now",
			"%llu versions are under the newest key alone now"),
		    (unsigned long long)done);
	else
		cli_done(c,
		    ln_(done, "%llu version is under the newest key now",
			"%llu versions are under the newest key now"),
		    (unsigned long long)done);
	if (lost > 0) {
		(void)cli_refuse(c,
		    ln_(lost,
			"%llu version cannot be opened any more: the server lost or spoiled "
			"its key",
			"%llu versions cannot be opened any more: the server lost or spoiled "
			"their keys"),
		    (unsigned long long)lost);
		return ZT_ERR_KEY;
	}
	return ZT_OK;
}

enum zt_err
cmd_workspace_rename(struct cli *c)
{
	enum zt_err err = zt_workspace_rename(c->zt, c->args[0], c->args[1]);

	if (err == ZT_OK)
		cli_done(c, _("%.260s is called %.260s now"), c->args[0], c->args[1]);
	return err;
}

enum zt_err
cmd_workspace_archive(struct cli *c)
{
	enum zt_err err = zt_workspace_archive(c->zt, c->args[0], true);

	if (err == ZT_OK)
		cli_done(c, _("%.260s takes no more changes"), c->args[0]);
	return err;
}

enum zt_err
cmd_workspace_unarchive(struct cli *c)
{
	enum zt_err err = zt_workspace_archive(c->zt, c->args[0], false);

	if (err == ZT_OK)
		cli_done(c, _("%.260s takes changes again"), c->args[0]);
	return err;
}

enum { DELETION_MIN_S = 24 * 3600, DELETION_S = 7 * DELETION_MIN_S };

static void
count_member(void *ctx, const struct zt_member *m)
{
	unsigned *n = ctx;

	(void)m;
	++*n;
}

/* Who loses what, and when; then the question. Errors: DECLINED. */
static enum zt_err
confirm_deletion(struct cli *c, const char *day)
{
	unsigned members = 0;
	enum zt_err err = zt_workspace_members(c->zt, c->args[0], count_member, &members);

	if (err)
		return err;
	(void)printf(ln_(members, "%.260s has %u member.", "%.260s has %u members."),
	    c->args[0], members);
	(void)printf(" ");
	(void)printf(_("Its files and their history are deleted for good on %s; until then "
		       "each owner can take that back."),
	    day);
	(void)printf("\n%s", _("delete it then"));
	if (cli_confirm(c))
		return ZT_OK;
	(void)snprintf(c->message, sizeof c->message,
	    _("you did not confirm: %.160s is not deleted"), c->args[0]);
	return ZT_ERR_DECLINED;
}

enum zt_err
cmd_workspace_delete(struct cli *c)
{
	struct zt_settings s;
	unsigned seconds;
	uint64_t due;
	char day[40];
	enum zt_err err;

	if ((err = zt_settings(c->zt, &s)) ||
	    (err = cli_soon(c,
		 s.deletion_delay > DELETION_S * 1000ull ? (unsigned)(s.deletion_delay / 1000)
							 : DELETION_S,
		 &seconds)))
		return err;
	if (seconds < DELETION_MIN_S)
		return cli_refuse(c, "%s",
		    _("a deletion is due a day later at the earliest, so that each owner can "
		      "take it back"));
	due = cli_due(seconds);
	output_time_text(due, day);
	if ((!cli_asks(c) || (err = confirm_deletion(c, day)) == ZT_OK) &&
	    (err = zt_workspace_delete(c->zt, c->args[0], due)) == ZT_OK)
		cli_done(c,
		    _("%.260s will be deleted on %.40s; until then each owner can take that "
		      "back: zt workspace undelete"),
		    c->args[0], day);
	return err;
}

enum zt_err
cmd_workspace_undelete(struct cli *c)
{
	enum zt_err err = zt_workspace_delete(c->zt, c->args[0], 0);

	if (err == ZT_OK)
		cli_done(c, _("%.260s will not be deleted"), c->args[0]);
	return err;
}

enum zt_err
cmd_workspace_claim(struct cli *c)
{
	enum zt_err err = zt_workspace_claim(c->zt, c->args[0]);

	if (err == ZT_OK)
		cli_done(c, _("you are the owner of %.260s now"), c->args[0]);
	return err;
}

enum zt_err
cmd_workspace_void_change(struct cli *c)
{
	uint64_t position = 0;
	enum zt_err err = value_number(c, "POSITION", c->args[1], 0, INT64_MAX, &position);

	if (err == ZT_OK &&
	    (err = zt_workspace_void_changeset(c->zt, c->args[0], position)) == ZT_OK)
		cli_done(c, _("changeset %llu of %.260s counts for nobody now"),
		    (unsigned long long)position, c->args[0]);
	return err;
}

enum zt_err
cmd_workspace_void_pin(struct cli *c)
{
	uint64_t entry = 0;
	enum zt_err err = value_number(c, "ENTRY", c->args[1], 0, INT64_MAX, &entry);

	if (err == ZT_OK && (err = zt_workspace_void_pin(c->zt, c->args[0], entry)) == ZT_OK)
		cli_done(c, _("what entry %llu pins of %.260s is not looked at any more"),
		    (unsigned long long)entry, c->args[0]);
	return err;
}
