/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* cmd_server.c - the operator's side: organizations of a server, their limits, frozen users. */
#include "operator/cmd_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/l10n.h"
#include "common/output.h"
#include "terminal/advice.h"
#include "terminal/command.h"
#include "terminal/values.h"
#include "zt/server.h"

struct operator
{
	struct zt_server s;
	char token[128];
};

static enum zt_err
operator_of(struct cli *c, struct operator* o)
{

	*o = (struct operator){ .s = { .url = c->server,
				    .ca_file = c->o.ca_file,
				    .in_clear = c->o.in_clear,
				    .translate = advice } };
	o->s.operator_token = o->token;
	return cli_read_line(c, c->token_file, o->token, sizeof o->token);
}

enum zt_err
cli_end_operator(struct cli *c, enum zt_err err)
{
	/* What the server forbids an operator, without a word why, it forbids for the token. */
	if (err == ZT_ERR_FORBIDDEN && c->message[0] == 0 && c->token_file != NULL)
		(void)snprintf(c->message, sizeof c->message,
		    _("the token in %.180s is not that of this server's operator"),
		    c->token_file);
	return err;
}

/* The end of a command: the token is wiped. */
static enum zt_err
end_operator(struct cli *c, struct operator* o, enum zt_err err)
{
	explicit_bzero(o, sizeof *o);
	return cli_end_operator(c, err);
}

enum zt_err
cmd_server_org_create(struct cli *c)
{
	struct operator o;
	char code[ZT_FOUNDING_CODE];
	enum zt_err err = operator_of(c, &o);

	if (err == ZT_OK &&
	    (err = zt_server_org_create(&o.s, c->args[0], code, c->message)) == ZT_OK) {
		cli_report(c,
		    "give this code to the founder, who begins the organization with it "
		    "within a day: zt org bootstrap --founding-file FILE");
		if (c->json)
			output_json(
			    stdout, "founding_code", "{s:o}", "code", output_text(code));
		else {
			output_show(code);
			(void)printf("\n");
		}
	}
	return end_operator(c, &o, err);
}

/* How much of a limit is used: "2/7 users". */
static void
show_bound(const char *words, uint64_t is, uint64_t limit)
{
	(void)printf("  %llu", (unsigned long long)is);
	if (limit > 0)
		(void)printf("/%llu", (unsigned long long)limit);
	(void)printf("%s", words);
}

static void
org_as_json(const struct zt_server_org *o)
{
	output_json(stdout, "organization", "{s:s,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o}",
	    "id", o->id, "name", output_text(o->slug), "users", output_number(o->users),
	    "users_limit", output_number(o->users_limit), "bytes", output_number(o->bytes),
	    "bytes_limit", output_number(o->bytes_limit), "devices", output_number(o->devices),
	    "workspaces", output_number(o->workspaces), "entries", output_number(o->entries),
	    "marked", output_number(o->marked), "frozen", output_number(o->frozen), "expires",
	    output_number(o->expires));
}

static void
show_org(void *ctx, const struct zt_server_org *o)
{
	const struct cli *c = ctx;
	bool is_over = o->expires != 0 && o->expires <= (uint64_t)time(NULL) * 1000;

	if (c->json) {
		org_as_json(o);
		return;
	}
	(void)printf("%s  ", o->id);
	output_show(o->slug);
	show_bound(ln_(o->users, " user", " users"), o->users, o->users_limit);
	show_bound(ln_(o->bytes, " byte", " bytes"), o->bytes, o->bytes_limit);
	show_bound(ln_(o->devices, " device", " devices"), o->devices, 0);
	show_bound(ln_(o->workspaces, " workspace", " workspaces"), o->workspaces, 0);
	show_bound(ln_(o->entries, " entry", " entries"), o->entries, 0);
	if (o->frozen > 0)
		(void)printf(_(", %llu frozen"), (unsigned long long)o->frozen);
	if (o->marked > o->entries)
		(void)printf(ln_(o->marked - o->entries, ", RESTORED: %llu entry is missing",
				 ", RESTORED: %llu entries are missing"),
		    (unsigned long long)(o->marked - o->entries));
	if (o->expires > 0) {
		(void)printf(", %s ", is_over ? _("expired") : _("expires"));
		output_time(o->expires);
	}
	(void)printf("\n");
}

enum zt_err
cmd_server_org_list(struct cli *c)
{
	struct operator o;
	enum zt_err err = operator_of(c, &o);

	if (err == ZT_OK)
		err = zt_server_orgs(&o.s, show_org, c, c->message);
	return end_operator(c, &o, err);
}

/* LIMIT behind what OUT has. */
static void
add_limit(char out[512], bool *is_first, const char *limit)
{
	size_t used = strlen(out);

	(void)snprintf(out + used, 512 - used, "%s%s", *is_first ? _(": ") : ", ", limit);
	*is_first = false;
}

/* Which limits are set now, and to what. */
static void
report_limits(const struct cli *c, const struct zt_server_limits *l)
{
	char text[512], limit[100], at[40];
	bool is_first = true;

	(void)snprintf(text, sizeof text, _("the limits of %.100s are set"), c->args[0]);
	if (l->users != NULL) {
		(void)snprintf(limit, sizeof limit, ln_(*l->users, "%llu user", "%llu users"),
		    (unsigned long long)*l->users);
		add_limit(text, &is_first, *l->users > 0 ? limit : _("users without a limit"));
	}
	if (l->bytes != NULL) {
		(void)snprintf(limit, sizeof limit, ln_(*l->bytes, "%llu byte", "%llu bytes"),
		    (unsigned long long)*l->bytes);
		add_limit(
		    text, &is_first, *l->bytes > 0 ? limit : _("storage without a limit"));
	}
	if (l->expires != NULL) {
		output_time_text(*l->expires, at);
		(void)snprintf(limit, sizeof limit, _("it expires %s"), at);
		add_limit(text, &is_first, *l->expires > 0 ? limit : _("it does not expire"));
	}
	cli_done(c, "%s", text);
}

enum zt_err
cmd_server_org_set(struct cli *c)
{
	uint64_t due = c->seconds > 0 ? cli_due(c->seconds) : 0; /* 0: ever */
	struct zt_server_limits l = { .users = cli_has(c, OPTION_USERS) ? &c->users : NULL,
		.bytes = cli_has(c, OPTION_STORAGE) ? &c->storage : NULL,
		.expires = cli_has(c, OPTION_FOR) ? &due : NULL };
	struct operator o;
	enum zt_err err;

	if (l.users == NULL && l.bytes == NULL && l.expires == NULL)
		return cli_refuse(c, _("an option is missing: %.40s %.60s"), "--users N |",
		    "--storage SIZE | --for TIME");
	if ((err = operator_of(c, &o)) == ZT_OK &&
	    (err = zt_server_org_set(&o.s, c->args[0], &l, c->message)) == ZT_OK)
		report_limits(c, &l);
	return end_operator(c, &o, err);
}

static enum zt_err
set_frozen(struct cli *c, bool is_frozen)
{
	struct zt_server_limits l = { 0 };
	struct operator o;
	enum zt_err err = operator_of(c, &o);

	*(is_frozen ? &l.freeze : &l.thaw) = c->args[1];
	if (err == ZT_OK &&
	    (err = zt_server_org_set(&o.s, c->args[0], &l, c->message)) == ZT_OK)
		cli_done(c, "%s",
		    is_frozen ? _("this server does nothing for the user now; only the "
				  "organization can revoke them")
			      : _("this server serves the user again"));
	return end_operator(c, &o, err);
}

enum zt_err
cmd_server_user_freeze(struct cli *c)
{
	return set_frozen(c, true);
}

enum zt_err
cmd_server_user_thaw(struct cli *c)
{
	return set_frozen(c, false);
}

/* What is given up does not come back, also where the next device would have brought it. */
static enum zt_err
confirm_loss(struct cli *c)
{
	if (!cli_asks(c))
		return ZT_OK;
	(void)printf("%s\n", _("What no device has brought back by zt repair is given up, for "
			       "good; devices that "
			       "had seen it refuse this server from then on."));
	(void)printf(_("give up what %.100s lost"), c->args[0]);
	if (cli_confirm(c))
		return ZT_OK;
	(void)snprintf(c->message, sizeof c->message,
	    _("you did not confirm: nothing of %.100s is given up"), c->args[0]);
	return ZT_ERR_DECLINED;
}

enum zt_err
cmd_server_accept_loss(struct cli *c)
{
	struct operator o;
	enum zt_err err = operator_of(c, &o);

	if (err == ZT_OK &&
	    (err = zt_server_look_for_loss(&o.s, c->args[0], c->message)) == ZT_OK &&
	    (err = confirm_loss(c)) == ZT_OK &&
	    (err = zt_server_accept_loss(&o.s, c->args[0], c->message)) == ZT_OK)
		cli_done(c, "%s",
		    _("what the backup lacked is given up; a device that had seen it refuses "
		      "this server from now on, and must be added again"));
	return end_operator(c, &o, err);
}
