/* commands.c - every command of zt, and the table that help reads. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "common/l10n.h"

void
cli_show(const char *text)
{
	for (; *text != 0; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			(void)printf("\\x%02x", (unsigned char)*text);
		else
			(void)putchar(*text);
}

static void
json_text(const char *key, const char *text, bool more)
{
	(void)printf("\"%s\":\"", key);
	for (; *text != 0; text++)
		if (*text == '"' || *text == '\\')
			(void)printf("\\%c", *text);
		else if ((unsigned char)*text < 0x20)
			(void)printf("\\u%04x", (unsigned char)*text);
		else
			(void)putchar(*text);
	(void)printf("\"%s", more ? "," : "");
}

static void
print_time(uint64_t ms)
{
	time_t s = (time_t)(ms / 1000);
	struct tm tm;
	char text[40];

	(void)localtime_r(&s, &tm);
	(void)strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm);
	(void)fputs(text, stdout);
}

static void
say(const struct cli *c, const char *text)
{
	if (!c->json && !c->quiet)
		(void)printf("%s\n", _(text));
}

/* ---- organization ---- */

static const char *
label_of(const struct cli *c)
{
	static char host[65];

	if (c->label != NULL)
		return c->label;
	if (gethostname(host, sizeof host - 1) != 0)
		return "device";
	return host;
}

static enum zt_err
need(struct cli *c, const char *value, const char *option)
{
	if (value != NULL)
		return ZT_OK;
	(void)snprintf(c->why, sizeof c->why, "%s", option);
	return ZT_ERR_USAGE;
}

static enum zt_err
org_bootstrap(struct cli *c)
{
	char token[128] = "";
	struct zt_bootstrap b = { .server = c->server,
		.operator_token = token,
		.slug = c->slug,
		.email = c->email,
		.name = c->name != NULL ? c->name : c->email,
		.device_label = label_of(c) };
	enum zt_err err;

	if ((err = need(c, c->server, "--server URL")) ||
	    (err = need(c, c->slug, "--slug NAME")) ||
	    (err = need(c, c->email, "--email ADDRESS")) ||
	    (err = need(c, c->token_file, "--operator-token-file FILE")) ||
	    (err = cli_read_line(c, c->token_file, token, sizeof token)) ||
	    (err = cli_password(c, true)))
		return err;
	if ((err = zt_bootstrap(&c->o, &b, c->why)) == ZT_OK)
		say(c, "the organization exists, and this device is its first admin's");
	explicit_bzero(token, sizeof token);
	return err;
}

static void
show_user(void *ctx, const struct zt_user *u)
{
	const struct cli *c = ctx;

	if (c->json) {
		(void)printf("{");
		json_text("id", u->id, true);
		json_text("email", u->email, true);
		json_text("name", u->name, true);
		json_text("profile", u->profile, true);
		(void)printf("\"live\":%s}\n", u->is_live ? "true" : "false");
		return;
	}
	(void)printf(
	    "%s  %-9s %s ", u->id, u->profile, u->is_live ? (u->is_me ? "*" : " ") : "revoked");
	cli_show(u->name);
	(void)printf(" <");
	cli_show(u->email);
	(void)printf(">\n");
}

static enum zt_err
users(struct cli *c)
{
	return zt_users(c->zt, show_user, c);
}

static enum zt_err
user_revoke(struct cli *c)
{
	return zt_user_revoke(c->zt, c->args[0]);
}

static void
show_device(void *ctx, const struct zt_device *d)
{
	const struct cli *c = ctx;

	if (c->json) {
		(void)printf("{");
		json_text("id", d->id, true);
		json_text("user", d->user, true);
		json_text("label", d->label, true);
		(void)printf("\"live\":%s}\n", d->is_live ? "true" : "false");
		return;
	}
	(void)printf("%s  %s ", d->id, d->is_live ? (d->is_me ? "*" : " ") : "revoked");
	cli_show(d->email);
	(void)printf("  ");
	cli_show(d->label);
	(void)printf("\n");
}

static enum zt_err
devices(struct cli *c)
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
		json_text("topic", e->topic, true);
		json_text("action", e->action, true);
		json_text("leaf", e->leaf, false);
		(void)printf("}\n");
		return;
	}
	(void)printf("%6llu  %-20s %-32s %.16s\n", (unsigned long long)e->index,
	    e->action[0] != 0 ? e->action : "(hidden)", e->topic, e->leaf);
}

static enum zt_err
log_show(struct cli *c)
{
	return zt_log(c->zt, 0, show_entry, c);
}

static enum zt_err
log_verify(struct cli *c)
{
	uint64_t n;
	enum zt_err err = zt_log_verify(c->zt, &n);

	if (err == ZT_OK)
		(void)printf(c->json ? "{\"verified\":%llu}\n"
				     : "%llu entries verified from the root key on\n",
		    (unsigned long long)n);
	return err;
}

static enum zt_err
status(struct cli *c)
{
	struct zt_identity id;
	uint64_t records = 0;
	enum zt_err err = zt_sync(c->zt), store = zt_check_store(c->zt, &records);

	zt_whoami(c->zt, &id);
	if (c->json) {
		(void)printf("{");
		json_text("server", id.server, true);
		json_text("organization", id.slug, true);
		json_text("user", id.user, true);
		json_text("device", id.device, true);
		json_text("root", id.log_root, true);
		(void)printf("\"log_size\":%llu,\"reachable\":%s}\n",
		    (unsigned long long)id.log_size, err == ZT_OK ? "true" : "false");
	} else {
		(void)printf("server        %s%s\norganization  %s (%s)\nuser          ",
		    id.server, err ? "  (not reachable, or refused)" : "", id.slug, id.org);
		cli_show(id.email);
		(void)printf(" (%s)\ndevice        %s\ntrust log     %llu entries, %.16s\n"
			     "local store   %llu records%s\n",
		    id.user, id.device, (unsigned long long)id.log_size, id.log_root,
		    (unsigned long long)records, store ? ", DAMAGED" : ", whole");
	}
	return err ? err : store;
}

/* ---- enrolment ---- */

static enum zt_err
invite(struct cli *c, enum zt_invitation_kind kind)
{
	char link[1024];
	enum zt_err err = zt_invite(c->zt, kind, link);

	if (err)
		return err;
	if (c->json) {
		(void)printf("{");
		json_text("link", link, false);
		(void)printf("}\n");
	} else {
		(void)printf("%s\n", link);
	}
	return ZT_OK;
}

static enum zt_err
invite_user(struct cli *c)
{
	return invite(c, ZT_INVITE_USER);
}

static enum zt_err
invite_device(struct cli *c)
{
	return invite(c, ZT_INVITE_DEVICE);
}

static void
show_invitation(void *ctx, const struct zt_invitation *i)
{
	(void)ctx;
	(void)printf("%s  %-7s %s\n", i->id, i->kind, i->state);
}

static enum zt_err
invite_list(struct cli *c)
{
	return zt_invitations(c->zt, show_invitation, c);
}

static enum zt_err
invite_cancel(struct cli *c)
{
	return zt_invite_cancel(c->zt, c->args[0]);
}

static void
show_code(void *ctx, const char *code)
{
	(void)ctx;
	(void)printf("%s %s\n", _("your code, to be read to the other side:"), code);
	(void)fflush(stdout);
}

static int
pick_code(void *ctx, const char *const choices[4])
{
	char line[64];

	(void)ctx;
	(void)printf("%s\n", _("which code does the other side read to you?"));
	for (int i = 0; i < 4; i++)
		(void)printf("  %d) %s\n", i + 1, choices[i]);
	(void)printf("  0) %s\n> ", _("none of these"));
	(void)fflush(stdout);
	if (fgets(line, sizeof line, stdin) == NULL)
		return -1;
	line[strcspn(line, "\r\n")] = 0;
	for (int i = 0; i < 4; i++) /* its number, or the code itself */
		if (strcmp(line, choices[i]) == 0 || (line[0] == '1' + i && line[1] == 0))
			return i;
	return -1;
}

static bool
accept_newcomer(
    void *ctx, const char *email, const char *name, const char *device, const char **profile)
{
	const struct cli *c = ctx;
	char line[16];

	if (c->profile != NULL)
		*profile = c->profile;
	(void)printf("%s ", _("accept"));
	cli_show(name);
	(void)printf(" <");
	cli_show(email);
	(void)printf("> (");
	cli_show(device);
	(void)printf(", %s)? [y/n] ", *profile);
	(void)fflush(stdout);
	if (c->yes) {
		(void)printf("y\n");
		return true;
	}
	return fgets(line, sizeof line, stdin) != NULL &&
	       (line[0] == 'y' || line[0] == 'Y' || line[0] == 'o');
}

static bool
never_stop(void *ctx)
{
	(void)ctx;
	return false;
}

static enum zt_err
greet(struct cli *c)
{
	struct zt_codes codes = { c, show_code, pick_code, accept_newcomer, never_stop };
	enum zt_err err = zt_greet(c->zt, c->args[0], &codes);

	if (err == ZT_OK)
		say(c, "the newcomer is in");
	return err;
}

static enum zt_err
claim(struct cli *c)
{
	struct zt_codes codes = { c, show_code, pick_code, accept_newcomer, never_stop };
	struct zt_claim k = { .link = c->args[0],
		.email = c->email != NULL ? c->email : "",
		.name = c->name != NULL ? c->name : c->email,
		.device_label = label_of(c) };
	enum zt_err err = cli_password(c, true);

	if (k.name == NULL)
		k.name = "";
	if (err == ZT_OK && (err = zt_claim(&c->o, &k, &codes, c->why)) == ZT_OK)
		say(c, "this device is in");
	return err;
}

/* ---- workspaces ---- */

static enum zt_err
workspace_create(struct cli *c)
{
	return zt_workspace_create(c->zt, c->args[0]);
}

static void
show_workspace(void *ctx, const struct zt_workspace *w)
{
	const struct cli *c = ctx;

	if (c->json) {
		(void)printf("{");
		json_text("id", w->id, true);
		json_text("name", w->name, true);
		json_text("role", w->role, true);
		(void)printf("\"generation\":%u}\n", w->generation);
		return;
	}
	(void)printf("%s  %-12s ", w->id, w->role);
	cli_show(w->name);
	(void)printf("\n");
}

static enum zt_err
workspace_list(struct cli *c)
{
	return zt_workspaces(c->zt, show_workspace, c);
}

static void
show_member(void *ctx, const struct zt_member *m)
{
	(void)ctx;
	(void)printf("%-12s ", m->role);
	cli_show(m->email[0] != 0 ? m->email : m->user);
	(void)printf("\n");
}

static enum zt_err
workspace_members(struct cli *c)
{
	return zt_workspace_members(c->zt, c->args[0], show_member, c);
}

static enum zt_err
workspace_share(struct cli *c)
{
	return zt_workspace_share(
	    c->zt, c->args[0], c->args[1], c->role != NULL ? c->role : "contributor");
}

static enum zt_err
workspace_unshare(struct cli *c)
{
	return zt_workspace_unshare(c->zt, c->args[0], c->args[1]);
}

static enum zt_err
workspace_rotate(struct cli *c)
{
	return zt_workspace_rotate(c->zt, c->args[0]);
}

/* ---- files ---- */

static void
progress_step(void *ctx, uint64_t done, uint64_t total, uint64_t files, const char *name)
{
	(void)ctx;
	(void)name;
	(void)fprintf(stderr, "\r%3u%%  %llu MiB  %llu files \033[K",
	    total > 0 ? (unsigned)(done * 100 / total) : 0, (unsigned long long)(done >> 20),
	    (unsigned long long)files);
}

static void
progress_skipped(void *ctx, const char *name, const char *why)
{
	(void)ctx;
	(void)fprintf(stderr, "zt: left out %s: %s\n", name, why);
}

static struct zt_progress
progress_of(struct cli *c)
{
	bool bar = !c->quiet && !c->json && isatty(STDERR_FILENO);

	return (struct zt_progress){ c, bar ? progress_step : NULL, progress_skipped };
}

static void
done_line(const struct cli *c, uint64_t files)
{
	if (!c->quiet && !c->json && isatty(STDERR_FILENO))
		(void)fprintf(stderr, "\r\033[K");
	if (!c->quiet)
		(void)printf(
		    c->json ? "{\"files\":%llu}\n" : "%llu files\n", (unsigned long long)files);
}

static enum zt_err
put(struct cli *c)
{
	struct zt_progress p = progress_of(c);
	uint64_t n = 0;
	enum zt_err err = zt_put(c->zt, c->args[0], c->args[1], &p, &n);

	if (err == ZT_OK)
		done_line(c, n);
	return err;
}

static enum zt_err
get(struct cli *c)
{
	struct zt_progress p = progress_of(c);
	uint64_t n = 0;
	enum zt_err err = zt_get(c->zt, c->args[0], c->count > 1 ? c->args[1] : ".", &p, &n);

	if (err == ZT_OK)
		done_line(c, n);
	return err;
}

static void
show_file(void *ctx, const struct zt_file *f)
{
	const struct cli *c = ctx;

	if (c->json) {
		(void)printf("{");
		json_text("path", f->path, true);
		(void)printf("\"folder\":%s,\"size\":%llu,\"version\":%llu}\n",
		    f->is_folder ? "true" : "false", (unsigned long long)f->size,
		    (unsigned long long)f->version);
		return;
	}
	if (c->details) {
		(void)printf("%12llu  ", (unsigned long long)f->size);
		print_time(f->modified);
		(void)printf("  v%-4llu ", (unsigned long long)f->version);
	}
	cli_show(f->path);
	(void)printf("%s\n", f->is_folder ? "/" : "");
}

static enum zt_err
ls(struct cli *c)
{
	return zt_ls(c->zt, c->args[0], c->recursive, c->details, show_file, c);
}

static enum zt_err
make_folder(struct cli *c)
{
	return zt_mkdir(c->zt, c->args[0]);
}

static enum zt_err
mv(struct cli *c)
{
	return zt_mv(c->zt, c->args[0], c->args[1]);
}

static enum zt_err
rm(struct cli *c)
{
	return zt_rm(c->zt, c->args[0], c->recursive);
}

static enum zt_err
cat(struct cli *c)
{
	return zt_cat(c->zt, c->args[0],
	    c->version_text != NULL ? strtoull(c->version_text, NULL, 10) : 0, STDOUT_FILENO);
}

static void
show_version(void *ctx, const struct zt_version *v)
{
	const struct cli *c = ctx;

	if (c->json) {
		(void)printf("{\"version\":%llu,\"time\":%llu,\"size\":%llu,",
		    (unsigned long long)v->version, (unsigned long long)v->time,
		    (unsigned long long)v->size);
		json_text("author", v->author, false);
		(void)printf("}\n");
		return;
	}
	(void)printf("v%-4llu ", (unsigned long long)v->version);
	print_time(v->time);
	(void)printf("  %12llu  ", (unsigned long long)v->size);
	cli_show(v->author);
	(void)printf("%s\n", v->is_newest ? "  *" : "");
}

static enum zt_err
history(struct cli *c)
{
	return zt_history(c->zt, c->args[0], show_version, c);
}

static enum zt_err
restore(struct cli *c)
{
	struct tm tm = { .tm_isdst = -1 };
	uint64_t at = 0;

	if (c->at != NULL) {
		const char *end = strptime(c->at, "%Y-%m-%d %H:%M:%S", &tm);

		if (end == NULL || *end != 0)
			return need(c, NULL, "--at \"YYYY-MM-DD HH:MM:SS\"");
		at = (uint64_t)mktime(&tm) * 1000;
	} else if (c->version_text == NULL) {
		return need(c, NULL, "--to-version N | --at TIME");
	}
	return zt_restore(c->zt, c->args[0],
	    c->version_text != NULL ? strtoull(c->version_text, NULL, 10) : 0, at);
}

static enum zt_err
verify(struct cli *c)
{
	struct zt_progress p = progress_of(c);
	struct zt_check k;
	enum zt_err err = zt_verify(c->zt, c->args[0], &p, &k);

	if (err == ZT_OK)
		(void)printf(c->json ? "{\"changesets\":%llu,\"folders\":%llu,\"files\":%llu,"
				       "\"blocks\":%llu,\"bytes\":%llu}\n"
				     : "%llu changesets, %llu folders, %llu files, %llu "
				       "blocks, %llu bytes: all verified\n",
		    (unsigned long long)k.changesets, (unsigned long long)k.folders,
		    (unsigned long long)k.files, (unsigned long long)k.blocks,
		    (unsigned long long)k.bytes);
	return err;
}

const struct command commands[] = {
	{ "org bootstrap",
	    "--server URL --operator-token-file FILE --slug NAME --email ADDRESS [--name NAME]",
	    "create an organization, with you as its first admin",
	    "zt org bootstrap --server http://127.0.0.1:8080 --operator-token-file token "
	    "--slug acme --email a@acme.example",
	    0, 0, false, org_bootstrap },
	{ "invite user", "", "make an invitation link for a person", "zt invite user", 0, 0,
	    true, invite_user },
	{ "invite device", "", "make an invitation link for another device of yours",
	    "zt invite device", 0, 0, true, invite_device },
	{ "invite list", "", "list your invitations", "zt invite list", 0, 0, true,
	    invite_list },
	{ "invite cancel", "LINK", "cancel an invitation", "zt invite cancel LINK", 1, 1, true,
	    invite_cancel },
	{ "greet", "LINK [--profile admin|standard|outsider]",
	    "meet whoever you invited, and compare codes", "zt greet LINK", 1, 1, true, greet },
	{ "claim", "LINK --email ADDRESS --name NAME",
	    "join with an invitation link, and compare codes",
	    "zt claim LINK --email bob@acme.example --name Bob", 1, 1, false, claim },
	{ "users", "", "list the people of the organization", "zt users", 0, 0, true, users },
	{ "user revoke", "USER", "revoke a person", "zt user revoke bob@acme.example", 1, 1,
	    true, user_revoke },
	{ "devices", "", "list devices", "zt devices", 0, 0, true, devices },
	{ "workspace create", "NAME", "create a workspace", "zt workspace create plans", 1, 1,
	    true, workspace_create },
	{ "workspace list", "", "list your workspaces", "zt workspace list", 0, 0, true,
	    workspace_list },
	{ "workspace share", "WORKSPACE USER --role ROLE", "give someone a role",
	    "zt workspace share plans bob@acme.example --role reader", 2, 2, true,
	    workspace_share },
	{ "workspace unshare", "WORKSPACE USER",
	    "take someone's access away, and rotate the key",
	    "zt workspace unshare plans bob@acme.example", 2, 2, true, workspace_unshare },
	{ "workspace members", "WORKSPACE", "list who has a role", "zt workspace members plans",
	    1, 1, true, workspace_members },
	{ "workspace rotate", "WORKSPACE", "rotate the key", "zt workspace rotate plans", 1, 1,
	    true, workspace_rotate },
	{ "put", "LOCAL WORKSPACE:/PATH", "upload a file, or a folder with all in it",
	    "zt put report plans:/report", 2, 2, true, put },
	{ "get", "WORKSPACE:/PATH [LOCAL]", "download a file or folder",
	    "zt get plans:/report ./copy", 1, 2, true, get },
	{ "ls", "WORKSPACE:/PATH [-r] [-l]", "list", "zt ls plans:/ -r", 1, 1, true, ls },
	{ "mkdir", "WORKSPACE:/PATH", "make a folder", "zt mkdir plans:/2027", 1, 1, true,
	    make_folder },
	{ "mv", "WORKSPACE:/FROM WORKSPACE:/TO", "move or rename", "zt mv plans:/a plans:/b", 2,
	    2, true, mv },
	{ "rm", "WORKSPACE:/PATH [-r]", "remove; history keeps it", "zt rm plans:/b", 1, 1,
	    true, rm },
	{ "cat", "WORKSPACE:/PATH [--to-version N]", "write a file to standard output",
	    "zt cat plans:/notes.txt", 1, 1, true, cat },
	{ "history", "WORKSPACE:/PATH", "list a file's versions", "zt history plans:/notes.txt",
	    1, 1, true, history },
	{ "restore", "WORKSPACE:/PATH --to-version N | --at TIME",
	    "make an old version the newest", "zt restore plans:/notes.txt --to-version 1", 1,
	    1, true, restore },
	{ "verify", "WORKSPACE", "check everything in a workspace", "zt verify plans", 1, 1,
	    true, verify },
	{ "log show", "", "show the trust log", "zt log show", 0, 0, true, log_show },
	{ "log verify", "", "verify the whole trust log from nothing", "zt log verify", 0, 0,
	    true, log_verify },
	{ "status", "", "show who and where this device is", "zt status", 0, 0, true, status },
};
const unsigned command_count = sizeof commands / sizeof commands[0];
