/* cmd_server.c - the operator's side: organizations of a server, their limits, frozen users. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "command.h"
#include "common/l10n.h"
#include "common/output.h"
#include "zt/server.h"

struct operator
{
	struct zt_server s;
	char token[128];
};

static enum zt_err
operator_of(struct cli *c, struct operator* o)
{
	enum zt_err err;

	*o = (struct operator){ .s = { .url = c->server,
				    .ca_file = c->o.ca_file,
				    .in_clear = c->o.in_clear,
				    .translate = l10n } };
	o->s.operator_token = o->token;
	if ((err = cli_need(c, c->server, "--server URL")) ||
	    (err = cli_need(c, c->token_file, "--operator-token-file FILE")))
		return err;
	return cli_read_line(c, c->token_file, o->token, sizeof o->token);
}

enum zt_err
cmd_server_org_create(struct cli *c)
{
	struct operator o;
	char code[ZT_FOUNDING_CODE];
	enum zt_err err = operator_of(c, &o);

	if (err == ZT_OK &&
	    (err = zt_server_org_create(&o.s, c->args[0], code, c->why)) == ZT_OK) {
		cli_say(c, "give this code to the founder, who begins the organization with it "
			   "within a day: zt org bootstrap --founding-file FILE");
		output_show(code);
		(void)printf("\n");
	}
	explicit_bzero(&o, sizeof o);
	return err;
}

static void
show_bound(const char *name, uint64_t is, uint64_t limit, bool is_json)
{
	if (is_json)
		(void)printf("\"%s\":%llu,\"%s_limit\":%llu,", name, (unsigned long long)is,
		    name, (unsigned long long)limit);
	else if (limit > 0)
		(void)printf("  %llu/%llu %s", (unsigned long long)is,
		    (unsigned long long)limit, _(name));
	else
		(void)printf("  %llu %s", (unsigned long long)is, _(name));
}

static void
show_org(void *ctx, const struct zt_server_org *o)
{
	const struct cli *c = ctx;
	bool is_over = o->expires != 0 && o->expires <= (uint64_t)time(NULL) * 1000;

	if (c->json) {
		(void)printf("{");
		output_field("id", o->id, true);
		output_field("name", o->slug, true);
	} else {
		(void)printf("%s  ", o->id);
		output_show(o->slug);
	}
	show_bound(N_("users"), o->users, o->users_limit, c->json);
	show_bound(N_("bytes"), o->bytes, o->bytes_limit, c->json);
	if (c->json) {
		(void)printf(
		    "\"devices\":%llu,\"workspaces\":%llu,\"entries\":%llu,\"marked\":%llu,"
		    "\"frozen\":%llu,\"expires\":%llu}\n",
		    (unsigned long long)o->devices, (unsigned long long)o->workspaces,
		    (unsigned long long)o->entries, (unsigned long long)o->marked,
		    (unsigned long long)o->frozen, (unsigned long long)o->expires);
		return;
	}
	(void)printf(_("  %llu devices, %llu workspaces, %llu entries"),
	    (unsigned long long)o->devices, (unsigned long long)o->workspaces,
	    (unsigned long long)o->entries);
	if (o->frozen > 0)
		(void)printf(_(", %llu frozen"), (unsigned long long)o->frozen);
	if (o->marked > o->entries)
		(void)printf(_(", RESTORED: %llu entries are missing"),
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
		err = zt_server_orgs(&o.s, show_org, c, c->why);
	explicit_bzero(&o, sizeof o);
	return err;
}

/* "500M", "2G", "0" as bytes. */
static bool
size_of(const char *text, uint64_t *out)
{
	static const char units[] = "KMGT";
	char *end;
	unsigned long long n = strtoull(text, &end, 10);
	const char *unit = *end != 0 ? strchr(units, *end) : NULL;
	unsigned shift = unit != NULL ? 10 * (unsigned)(unit - units + 1) : 0;

	if (text[0] < '0' || text[0] > '9' || (*end != 0 && (unit == NULL || end[1] != 0)) ||
	    n > (unsigned long long)INT64_MAX >> shift)
		return false;
	*out = n << shift;
	return true;
}

static enum zt_err
read_limits(struct cli *c, uint64_t of[3], struct zt_server_limits *l)
{
	unsigned seconds;

	if (c->users != NULL && !size_of(c->users, &of[0]))
		return cli_need(c, NULL, "--users N");
	if (c->storage != NULL && !size_of(c->storage, &of[1]))
		return cli_need(c, NULL, "--storage SIZE");
	l->users = c->users != NULL ? &of[0] : NULL;
	l->bytes = c->storage != NULL ? &of[1] : NULL;
	if (c->duration != NULL) {
		if (strcmp(c->duration, "ever") == 0)
			of[2] = 0;
		else if ((seconds = cli_duration(c, c->duration)) == 0)
			return ZT_ERR_USAGE;
		else
			of[2] = cli_due(seconds);
		l->expires = &of[2];
	}
	return ZT_OK;
}

enum zt_err
cmd_server_org_set(struct cli *c)
{
	struct zt_server_limits l = { 0 };
	struct operator o;
	uint64_t of[3] = { 0 };
	enum zt_err err = operator_of(c, &o);

	if (err == ZT_OK && (err = read_limits(c, of, &l)) == ZT_OK) {
		if (l.users == NULL && l.bytes == NULL && l.expires == NULL)
			err = cli_need(c, NULL, "--users N | --storage SIZE | --for TIME");
		else
			err = zt_server_org_set(&o.s, c->args[0], &l, c->why);
	}
	explicit_bzero(&o, sizeof o);
	return err;
}

static enum zt_err
set_frozen(struct cli *c, bool is_frozen)
{
	struct zt_server_limits l = { 0 };
	struct operator o;
	enum zt_err err = operator_of(c, &o);

	*(is_frozen ? &l.freeze : &l.thaw) = c->args[1];
	if (err == ZT_OK && (err = zt_server_org_set(&o.s, c->args[0], &l, c->why)) == ZT_OK &&
	    is_frozen)
		cli_say(c, "this server does nothing for the user now; only the organization "
			   "can revoke them");
	explicit_bzero(&o, sizeof o);
	return err;
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

enum zt_err
cmd_server_accept_loss(struct cli *c)
{
	struct operator o;
	enum zt_err err = operator_of(c, &o);

	if (err == ZT_OK && (err = zt_server_accept_loss(&o.s, c->args[0], c->why)) == ZT_OK)
		cli_say(c, "what the backup lacked is given up; devices that had seen it "
			   "refuse this server from now on, and must be added again");
	explicit_bzero(&o, sizeof o);
	return err;
}
