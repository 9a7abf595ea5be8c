/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* cmd_org.c - organizations, people, devices, the trust log. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "cli/commands.h"
#include "common/l10n.h"
#include "common/output.h"
#include "operator/cmd_server.h"
#include "terminal/command.h"
#include "terminal/new_file.h"
#include "ui/cmd_web.h"
#include "zt/pki.h"

enum zt_err
cmd_org_bootstrap(struct cli *c)
{
	char token[160] = "";
	struct zt_bootstrap b = { .server = c->server,
		.operator_token = c->founding_file == NULL ? token : NULL,
		.founding_code = c->founding_file != NULL ? token : NULL,
		.slug = c->slug,
		.email = c->email,
		.name = c->name != NULL ? c->name : c->email,
		.device_label = cli_label(c) };
	enum zt_err err;

	if (c->founding_file == NULL && c->token_file == NULL)
		return cli_refuse(c, _("an option is missing: %.40s %.60s"),
		    "--founding-file FILE |", "--operator-token-file FILE");
	if ((err = cli_read_line(c, c->founding_file != NULL ? c->founding_file : c->token_file,
		 token, sizeof token)) ||
	    (err = cli_password(c, true)))
		return err;
	if ((err = zt_bootstrap(&c->o, &b, c->message)) == ZT_OK)
		cli_done(c, "%s",
		    _("the organization exists, and this device is its first admin's"));
	explicit_bzero(token, sizeof token);
	return cli_end_operator(c, err);
}

static void
show_user(void *ctx, const struct zt_user *u)
{
	const struct cli *c = ctx;

	if (c->json) {
		output_json(stdout, "user", "{s:s,s:o,s:o,s:s,s:s,s:b}", "id", u->id, "email",
		    output_text(u->email), "name", output_text(u->name), "profile", u->profile,
		    "fingerprint", u->fingerprint, "live", u->is_live);
		return;
	}
	(void)printf("%s  %-9s %s ", u->id, u->profile,
	    u->is_live ? (u->is_me ? "*" : " ") : _("revoked"));
	output_show(u->name);
	(void)printf(" <");
	output_show(u->email);
	(void)printf(">\n");
}

enum zt_err
cmd_users(struct cli *c)
{
	return zt_users(c->zt, show_user, c);
}

/* A way back that leads through somebody who was revoked should be replaced. */
static void
warn_of_gone(void *ctx, const struct zt_way *w)
{
	struct cli *c = ctx;
	char text[400];

	if (w->gone[0] == 0)
		return;
	(void)snprintf(text, sizeof text,
	    _("parts of your recovery are with people who were revoked (%.120s): split it "
	      "again, which ends the old one, by zt recovery colleagues USER USER..."),
	    w->gone);
	cli_warn(c, text);
}

struct losing {
	const char *user;
	unsigned devices;
};

/* A live device of the user's, in the list of what they lose. */
static void
show_losing(void *ctx, const struct zt_device *d)
{
	struct losing *l = ctx;

	if (strcmp(d->user, l->user) != 0 || !d->is_live)
		return;
	l->devices++;
	(void)printf("  %s  ", d->id);
	output_show(d->label[0] != 0 ? d->label : d->purpose); /* others' labels are sealed */
	(void)printf("\n");
}

/* Whom it is about, what they lose, and what they keep; then the question. Errors: DECLINED. */
static enum zt_err
confirm_revocation(struct cli *c, const struct zt_person *p)
{
	struct losing l = { .user = p->id };
	enum zt_err err;

	(void)printf("%s ", _("this revokes"));
	output_show(p->name);
	(void)printf(" <");
	output_show(p->email);
	(void)printf(
	    ">, %s %s%s\n", _("fingerprint"), p->fingerprint, _(", with the devices:"));
	if ((err = zt_devices(c->zt, show_losing, &l)))
		return err;
	if (l.devices == 0)
		(void)printf("  %s\n", _("(none)"));
	(void)printf(
	    "%s\n", _("They lose the access to every workspace, and their devices are refused "
		      "from now on; the keys that they knew are renewed. What is on their "
		      "disks stays there, and nothing brings them back but a new invitation."));
	(void)printf("%s", _("revoke them"));
	if (cli_confirm(c))
		return ZT_OK;
	(void)snprintf(c->message, sizeof c->message,
	    _("you did not confirm: %.160s is not revoked"), p->email);
	return ZT_ERR_DECLINED;
}

enum zt_err
cmd_user_revoke(struct cli *c)
{
	const char *user = c->args[0];
	struct zt_person p;
	enum zt_err err = ZT_OK;

	/* then by id: nothing that happens meanwhile changes whom it means */
	if (cli_asks(c) && (err = zt_find_person(c->zt, user, &p)) == ZT_OK &&
	    (err = confirm_revocation(c, &p)) == ZT_OK)
		user = p.id;
	if (err || (err = zt_user_revoke(c->zt, user)))
		return err;
	cli_done(c, _("%.200s is revoked"), c->args[0]);
	return zt_ways_back(c->zt, warn_of_gone, c);
}

static void
show_device(void *ctx, const struct zt_device *d)
{
	const struct cli *c = ctx;

	if (c->json) {
		output_json(stdout, "device", "{s:s,s:s,s:o,s:b,s:o}", "id", d->id, "user",
		    d->user, "label", output_text(d->label), "live", d->is_live, "browser",
		    output_text(d->browser));
		return;
	}
	(void)printf("%s  %s ", d->id, d->is_live ? (d->is_me ? "*" : " ") : _("revoked"));
	output_show(d->email);
	(void)printf("  ");
	output_show(d->label);
	cli_show_browser(d);
	(void)printf("\n");
}

enum zt_err
cmd_user_profile(struct cli *c)
{
	enum zt_err err = zt_user_profile(c->zt, c->args[0], c->args[1]);

	if (err == ZT_OK)
		cli_done(c, _("%.200s has the profile %.40s now"), c->args[0], c->args[1]);
	return err;
}

enum zt_err
cmd_devices(struct cli *c)
{
	return zt_devices(c->zt, show_device, c);
}

static void
show_entry(void *ctx, const struct zt_entry *e)
{
	const struct cli *c = ctx;

	if (c->json) {
		output_json(stdout, "entry", "{s:o,s:o,s:o,s:s,s:s}", "index",
		    output_number(e->index), "time", output_number(e->time), "topic",
		    output_text(e->topic), "action", e->action, "leaf", e->leaf);
		return;
	}
	(void)printf("%6llu  %-20s %-32s %.16s\n", (unsigned long long)e->index,
	    e->action[0] != 0 ? e->action : _("(hidden)"), e->topic, e->leaf);
}

enum zt_err
cmd_log_show(struct cli *c)
{
	return zt_log(c->zt, 0, show_entry, c);
}

/* A slip is said, and is no reason for an alarm. */
static enum zt_err
read_head(struct cli *c, uint64_t *size, uint8_t root[32])
{
	enum zt_err err = zt_head_read(c->against, size, root);

	if (err == ZT_OK)
		return ZT_OK;
	return cli_refuse(c, "%s",
	    err == ZT_ERR_CORRUPT
		? _("a letter of this head is wrong, or one is missing: look at it again")
		: _("a head is SIZE:ROOT:CHECK, as zt log head shows it"));
}

enum zt_err
cmd_log_verify(struct cli *c)
{
	uint8_t root[32];
	uint64_t n, size = 0;
	enum zt_err err;

	if (c->against != NULL && (err = read_head(c, &size, root)))
		return err;
	if ((err = zt_log_verify(c->zt, &n)) ||
	    (c->against != NULL && (err = zt_log_compare(c->zt, size, root))))
		return err;
	if (c->json)
		output_json(stdout, "verified", "{s:o}", "verified", output_number(n));
	else
		cli_done(c,
		    ln_(n, "%llu entry verified from the root key on",
			"%llu entries verified from the root key on"),
		    (unsigned long long)n);
	if (c->against != NULL)
		cli_report(c, "and it is the history that your colleague has verified");
	return ZT_OK;
}

enum zt_err
cmd_log_head(struct cli *c)
{
	struct zt_identity id;
	enum zt_err err = zt_sync(c->zt);

	if (err)
		return err;
	zt_whoami(c->zt, &id);
	if (c->json)
		output_json(stdout, "head", "{s:o,s:s,s:s}", "size", output_number(id.log_size),
		    "root", id.log_root, "head", id.log_head);
	else
		(void)printf("%s\n", id.log_head);
	return ZT_OK;
}

static enum zt_err
file_failed(struct cli *c, const char *file)
{
	(void)snprintf(
	    c->message, sizeof c->message, _("%.180s: %s"), file, _(strerror(errno)));
	return errno == EEXIST ? ZT_ERR_EXISTS : errno == ENOSPC ? ZT_ERR_FULL : ZT_ERR_IO;
}

enum zt_err
cmd_log_export(struct cli *c)
{
	struct new_file f;
	struct stat is;
	enum zt_err err;

	if (!c->o.overwrite && stat(c->args[0], &is) == 0 && S_ISREG(is.st_mode)) {
		(void)cli_refuse(
		    c, _("%.160s is there already; --overwrite replaces it"), c->args[0]);
		return ZT_ERR_EXISTS;
	}
	if (!new_file_begin(&f, c->args[0]))
		return file_failed(c, c->args[0]);
	err = zt_log_export(c->zt, f.fd, c->count > 1 ? c->args[1] : NULL);
	if (!new_file_end(&f, err == ZT_OK) && err == ZT_OK)
		err = file_failed(c, c->args[0]);
	if (err == ZT_OK)
		cli_done(c, _("%.200s is written; zt-audit %.40s checks it"), c->args[0],
		    "ORGANIZATION FILE");
	return err;
}

static void
add_way(void *list, const struct zt_way *w)
{
	(void)json_array_append_new(
	    list, json_pack("{s:s,s:o,s:o,s:i,s:o}", "device", w->device, "helpers",
		      output_text(w->helpers), "gone", output_text(w->gone), "need",
		      (int)w->need, "added", output_number(w->added)));
}

static void
add_new_device(void *list, const struct zt_device *d)
{
	(void)json_array_append_new(list,
	    json_pack("{s:s,s:o,s:o,s:o}", "device", d->id, "label", output_text(d->label),
		"by", output_text(d->by), "added", output_number(d->added)));
}

static void
report_about(const char *what)
{
	const char *is = _(what);
	int width = 20;

	for (const char *p = is; *p != 0; p++)
		width += (*p & 0xc0) == 0x80; /* of a letter, not one */
	(void)printf("%-*s ", width, is);
}

static void
show_way(void *ctx, const struct zt_way *w)
{
	report_about("recovery");
	if (w->need == 0) {
		(void)printf("%s", _("words on paper"));
	} else {
		(void)printf(_("any %u of"), w->need);
		(void)printf(" ");
		output_show(w->helpers);
	}
	(void)printf(" (%s), ", w->device);
	output_time(w->added);
	(void)printf("\n");
	warn_of_gone(ctx, w);
}

static void
show_new_device(void *ctx, const struct zt_device *d)
{
	cli_show_new_device(ctx, d);
}

/* Whether this system has any swap at all. */
static bool
may_swap(void)
{
	struct sysinfo of;

	return sysinfo(&of) != 0 || of.totalswap > 0;
}

/* A workspace whose history this device has not verified from its beginning yet. */
static void
report_rests(void *ctx, const struct zt_workspace *w)
{
	(void)ctx;
	if (w->rests_on == NULL)
		return;
	report_about("workspace");
	output_show(w->name);
	(void)printf("  ");
	(void)printf(_("rests on the word of a colleague until changeset %llu, of which %llu "
		       "are verified: "),
	    (unsigned long long)w->rests_until, (unsigned long long)w->verified);
	output_show(w->rests_on);
	(void)printf("\n");
}

static void
add_rest(void *list, const struct zt_workspace *w)
{
	if (w->rests_on != NULL)
		(void)json_array_append_new(list,
		    json_pack("{s:o,s:o,s:o,s:o}", "workspace", output_text(w->name),
			"rests_on", output_text(w->rests_on), "until",
			output_number(w->rests_until), "verified", output_number(w->verified)));
}

/* ERR is what became of the newest look at the server. */
static enum zt_err
status_as_json(struct cli *c, const struct zt_identity *id, enum zt_err err)
{
	json_t *ways = json_array(), *devices = json_array(), *rests = json_array();
	enum zt_err lists;

	if ((lists = zt_ways_back(c->zt, add_way, ways)) == ZT_OK &&
	    (lists = zt_new_devices(c->zt, add_new_device, devices)) == ZT_OK && err == ZT_OK)
		lists = zt_workspaces(c->zt, add_rest, rests);
	output_json(stdout, "status", "{s:o,s:o,s:s,s:s,s:s,s:s,s:s,s:o,s:o,s:o,s:o,s:b,s:o}",
	    "server", output_text(id->server), "organization", output_text(id->slug),
	    "organization_id", id->org, "user", id->user, "fingerprint", id->fingerprint,
	    "device", id->device, "root", id->log_root, "recovery", ways, "new_devices",
	    devices, "log_size", output_number(id->log_size), "log_marked",
	    output_number(id->log_marked), "reachable", err == ZT_OK, "resting", rests);
	return err ? err : lists;
}

static enum zt_err
status_in_words(struct cli *c, const struct zt_identity *id, enum zt_err err)
{
	uint64_t records = 0;
	unsigned ending = 0;
	enum zt_err store = zt_check_store(c->zt, &records), lists;

	report_about("server");
	output_show(id->server);
	if (err)
		(void)printf("  %s", zt_err_exit(err) == 69 ? _("(not reachable)")
							    : _("(reached, with an error)"));
	(void)printf("\n");
	report_about("organization");
	output_show(id->slug);
	(void)printf(" (%s)\n", id->org);
	report_about("user");
	output_show(id->email);
	(void)printf(" (%s)\n", id->user);
	report_about("fingerprint");
	(void)printf("%s\n", id->fingerprint);
	report_about("device");
	(void)printf("%s\n", id->device);
	report_about("trust log");
	(void)printf(
	    ln_(id->log_size, "%llu entry", "%llu entries"), (unsigned long long)id->log_size);
	(void)printf(", %.16s\n", id->log_root);
	if (id->log_marked > id->log_size) {
		report_about("restored");
		(void)printf(ln_(id->log_marked - id->log_size,
				 "the server lacks %llu entry since an older backup: run zt "
				 "repair on every device that was used since",
				 "the server lacks %llu entries since an older backup: run zt "
				 "repair on every device that was used since"),
		    (unsigned long long)(id->log_marked - id->log_size));
		(void)printf("\n");
	}
	report_about("local store");
	(void)printf(store ? ln_(records, "%llu record, DAMAGED", "%llu records, DAMAGED")
			   : ln_(records, "%llu record, whole", "%llu records, whole"),
	    (unsigned long long)records);
	(void)printf("\n");
	if ((lists = zt_ways_back(c->zt, show_way, c)) == ZT_OK)
		lists = zt_new_devices(c->zt, show_new_device, c);
	if (err == ZT_OK)
		err = lists;
	if (err == ZT_OK)
		err = zt_workspaces(c->zt, report_rests, c);
	if (zt_pki_show(c->zt, cli_count_ending, &ending) == ZT_OK && ending > 0)
		(void)printf(
		    _("revocation lists that end within a week: %u (zt pki show)\n"), ending);
	(void)web_show_page_alarm(c);
	if (!c->stays_in_memory && may_swap())
		(void)printf(
		    "%s\n", _("memory: this system may write keys in use to swap; a higher "
			      "limit of locked memory, or encrypted swap, prevents that"));
	return err ? err : store;
}

enum zt_err
cmd_status(struct cli *c)
{
	struct zt_identity id;
	uint64_t records = 0;
	enum zt_err err = zt_sync(c->zt);

	zt_whoami(c->zt, &id);
	if (!c->json)
		return status_in_words(c, &id, err);
	if ((err = status_as_json(c, &id, err)) == ZT_OK)
		err = zt_check_store(c->zt, &records);
	return err;
}
