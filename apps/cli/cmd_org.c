/* cmd_org.c - organizations, people, devices, the trust log. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "command.h"
#include "common/l10n.h"
#include "common/output.h"
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

	if ((err = cli_need(c, c->server, "--server URL")) ||
	    (err = cli_need(c, c->slug, "--slug NAME")) ||
	    (err = cli_need(c, c->email, "--email ADDRESS")) ||
	    (c->founding_file == NULL &&
		(err = cli_need(
		     c, c->token_file, "--founding-file FILE | --operator-token-file FILE"))) ||
	    (err = cli_read_line(c, c->founding_file != NULL ? c->founding_file : c->token_file,
		 token, sizeof token)) ||
	    (err = cli_password(c, true)))
		return err;
	if ((err = zt_bootstrap(&c->o, &b, c->why)) == ZT_OK)
		cli_say(c, "the organization exists, and this device is its first admin's");
	explicit_bzero(token, sizeof token);
	return err;
}

static void
show_user(void *ctx, const struct zt_user *u)
{
	const struct cli *c = ctx;

	if (c->json) {
		(void)printf("{");
		output_field("id", u->id, true);
		output_field("email", u->email, true);
		output_field("name", u->name, true);
		output_field("profile", u->profile, true);
		output_field("fingerprint", u->fingerprint, true);
		(void)printf("\"live\":%s}\n", u->is_live ? "true" : "false");
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
	      "anew, "
	      "which ends the old one, by zt recovery colleagues USER USER..."),
	    w->gone);
	cli_warn(c, text);
}

enum zt_err
cmd_user_revoke(struct cli *c)
{
	enum zt_err err = zt_user_revoke(c->zt, c->args[0]);

	return err ? err : zt_ways_back(c->zt, warn_of_gone, c);
}

static void
show_device(void *ctx, const struct zt_device *d)
{
	const struct cli *c = ctx;

	if (c->json) {
		(void)printf("{");
		output_field("id", d->id, true);
		output_field("user", d->user, true);
		output_field("label", d->label, true);
		(void)printf("\"live\":%s}\n", d->is_live ? "true" : "false");
		return;
	}
	(void)printf("%s  %s ", d->id, d->is_live ? (d->is_me ? "*" : " ") : _("revoked"));
	output_show(d->email);
	(void)printf("  ");
	output_show(d->label);
	(void)printf("\n");
}

enum zt_err
cmd_user_profile(struct cli *c)
{
	return zt_user_profile(c->zt, c->args[0], c->args[1]);
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
		(void)printf("{\"index\":%llu,\"time\":%llu,", (unsigned long long)e->index,
		    (unsigned long long)e->time);
		output_field("topic", e->topic, true);
		output_field("action", e->action, true);
		output_field("leaf", e->leaf, false);
		(void)printf("}\n");
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
	(void)snprintf(c->why, sizeof c->why, "%s",
	    err == ZT_ERR_CORRUPT
		? _("a letter of this head is wrong, or one is missing: look at it again")
		: _("a head is SIZE:ROOT:CHECK, as zt log head shows it"));
	return ZT_ERR_USAGE;
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
	(void)printf(
	    c->json ? "{\"verified\":%llu}" : _("%llu entries verified from the root key on"),
	    (unsigned long long)n);
	(void)printf("\n");
	if (c->against != NULL)
		cli_say(c, "and it is the history that your colleague has verified");
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
	(void)printf("%s\n", id.log_head);
	return ZT_OK;
}

enum zt_err
cmd_log_export(struct cli *c)
{
	int fd = open(c->args[0], O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	enum zt_err err;

	if (fd < 0) {
		(void)snprintf(
		    c->why, sizeof c->why, "%.180s: %s", c->args[0], strerror(errno));
		return ZT_ERR_IO;
	}
	err = zt_log_export(c->zt, fd, c->count > 1 ? c->args[1] : NULL);
	if (close(fd) != 0 && err == ZT_OK)
		err = ZT_ERR_IO;
	return err;
}

struct list { /* in a line of JSON */
	const struct cli *c;
	bool more;
};

static void
add_way(void *ctx, const struct zt_way *w)
{
	struct list *l = ctx;

	(void)printf("%s{", l->more ? "," : "");
	l->more = true;
	output_field("device", w->device, true);
	output_field("helpers", w->helpers, true);
	output_field("gone", w->gone, true);
	(void)printf("\"need\":%u,\"added\":%llu}", w->need, (unsigned long long)w->added);
}

static void
add_new_device(void *ctx, const struct zt_device *d)
{
	struct list *l = ctx;

	(void)printf("%s{", l->more ? "," : "");
	l->more = true;
	output_field("device", d->id, true);
	output_field("label", d->label, true);
	output_field("by", d->by, true);
	(void)printf("\"added\":%llu}", (unsigned long long)d->added);
}

static enum zt_err
add_lists(struct cli *c)
{
	struct list ways = { .c = c }, devices = { .c = c };
	enum zt_err err;

	(void)printf("\"recovery\":[");
	err = zt_ways_back(c->zt, add_way, &ways);
	(void)printf("],\"new_devices\":[");
	if (err == ZT_OK)
		err = zt_new_devices(c->zt, add_new_device, &devices);
	(void)printf("],");
	return err;
}

static void
say_about(const char *what)
{
	(void)printf("%-19s ", _(what));
}

static void
show_way(void *ctx, const struct zt_way *w)
{
	say_about("recovery");
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
say_rests(void *ctx, const struct zt_workspace *w)
{
	bool *more = ctx;

	if (w->rests_on == NULL)
		return;
	say_about("workspace");
	output_show(w->name);
	(void)printf("  ");
	(void)printf(
	    _("rests on the word of a colleague until changeset %llu, of which %llu are "
	      "verified: "),
	    (unsigned long long)w->rests_until, (unsigned long long)w->verified);
	output_show(w->rests_on);
	(void)printf("\n");
	*more = true;
}

static void
list_rests(void *ctx, const struct zt_workspace *w)
{
	bool *more = ctx;

	if (w->rests_on == NULL)
		return;
	(void)printf("%s{", *more ? "," : "");
	output_field("workspace", w->name, true);
	output_field("rests_on", w->rests_on, true);
	(void)printf("\"until\":%llu,\"verified\":%llu}", (unsigned long long)w->rests_until,
	    (unsigned long long)w->verified);
	*more = true;
}

enum zt_err
cmd_status(struct cli *c)
{
	bool more = false;
	struct zt_identity id;
	uint64_t records = 0;
	unsigned ending = 0;
	enum zt_err err = zt_sync(c->zt), store = zt_check_store(c->zt, &records), lists;

	zt_whoami(c->zt, &id);
	if (c->json) {
		(void)printf("{");
		output_field("server", id.server, true);
		output_field("organization", id.slug, true);
		output_field("organization_id", id.org, true);
		output_field("user", id.user, true);
		output_field("fingerprint", id.fingerprint, true);
		output_field("device", id.device, true);
		output_field("root", id.log_root, true);
		if ((lists = add_lists(c)) != ZT_OK && err == ZT_OK)
			err = lists;
		(void)printf("\"log_size\":%llu,\"log_marked\":%llu,\"reachable\":%s,"
			     "\"resting\":[",
		    (unsigned long long)id.log_size, (unsigned long long)id.log_marked,
		    err == ZT_OK ? "true" : "false");
		if (err == ZT_OK)
			err = zt_workspaces(c->zt, list_rests, &more);
		(void)printf("]}\n");
		return err ? err : store;
	}
	say_about("server");
	output_show(id.server);
	(void)printf("  %s\n", err ? _("(not reachable, or refused)") : "");
	say_about("organization");
	output_show(id.slug);
	(void)printf(" (%s)\n", id.org);
	say_about("user");
	output_show(id.email);
	(void)printf(" (%s)\n", id.user);
	say_about("fingerprint");
	(void)printf("%s\n", id.fingerprint);
	say_about("device");
	(void)printf("%s\n", id.device);
	say_about("trust log");
	(void)printf(_("%llu entries"), (unsigned long long)id.log_size);
	(void)printf(", %.16s\n", id.log_root);
	if (id.log_marked > id.log_size) {
		say_about("restored");
		(void)printf(_("the server lacks %llu entries since an older backup: run zt "
			       "repair on every device that was used since"),
		    (unsigned long long)(id.log_marked - id.log_size));
		(void)printf("\n");
	}
	say_about("local store");
	(void)printf(store ? _("%llu records, DAMAGED") : _("%llu records, whole"),
	    (unsigned long long)records);
	(void)printf("\n");
	if ((lists = zt_ways_back(c->zt, show_way, c)) == ZT_OK)
		lists = zt_new_devices(c->zt, show_new_device, c);
	if (err == ZT_OK)
		err = lists;
	if (err == ZT_OK)
		err = zt_workspaces(c->zt, say_rests, &more);
	if (zt_pki_show(c->zt, cli_count_ending, &ending) == ZT_OK && ending > 0)
		(void)printf(
		    _("revocation lists that end within a week: %u (zt pki show)\n"), ending);
	if (!c->stays_in_memory && may_swap())
		(void)printf("%s\n", _("memory: this system may write keys in use to swap; a "
				       "higher limit of locked "
				       "memory, or encrypted swap, prevents that"));
	return err ? err : store;
}
