/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* cmd_pki.c - joining with an X.509 certificate, and whom the organization believes. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/commands.h"
#include "common/l10n.h"
#include "common/output.h"
#include "terminal/advice.h"
#include "terminal/command.h"
#include "zt/pki.h"

static void
count_lists(void *ctx, const struct zt_pki_item *i)
{
	*(unsigned *)ctx += i->is_list;
}

enum zt_err
cmd_pki_trust(struct cli *c)
{
	size_t count = c->count == 1 && strcmp(c->args[0], "none") == 0 ? 0 : (size_t)c->count;
	unsigned lists = 0;
	enum zt_err err;

	if (c->count == 0)
		return cli_refuse(c, "%s",
		    _("name all anchors and lists that are to count, or none: these take the "
		      "place of those that are set"));
	err = zt_pki_trust(c->zt, (const char *const *)c->args, count);
	if (err == ZT_OK && count > 0 &&
	    (err = zt_pki_show(c->zt, count_lists, &lists)) == ZT_OK) {
		cli_done(c, "%s",
		    lists > 0
			? _("newcomers with a certificate of these anchors may ask to join")
			: _("nobody can ask yet: there is no revocation list. Name one beside "
			    "the anchors: zt pki trust FILE..."));
		cli_report(c, "who has joined stays, also when their certificate is revoked: "
			      "zt user revoke ends that");
	} else if (err == ZT_OK)
		cli_done(c, "%s", _("nobody joins by a certificate any more"));
	return err;
}

/* A week is left to fetch a newer one; after that nobody joins by that issuer. */
static bool
ends_soon(const struct zt_pki_item *i)
{
	const uint64_t week = UINT64_C(7) * 24 * 3600 * 1000;

	return i->is_list && i->until < (uint64_t)time(NULL) * 1000 + week;
}

void
cli_count_ending(void *ctx, const struct zt_pki_item *i)
{
	*(unsigned *)ctx += ends_soon(i);
}

static void
show_item(void *ctx, const struct zt_pki_item *i)
{
	const struct cli *c = ctx;

	if (c->json) {
		output_json(stdout, i->is_list ? "revocation_list" : "anchor",
		    "{s:o,s:o,s:s,s:o,s:o}", "subject", output_text(i->subject), "issuer",
		    output_text(i->issuer), "fingerprint", i->fingerprint, "from",
		    output_number(i->from), "until", output_number(i->until));
		return;
	}
	(void)printf("%s  ", i->is_list ? _("revocation list") : _("anchor"));
	output_show(i->is_list ? i->issuer : i->subject);
	(void)printf("\n  %s ", _("until"));
	output_time(i->until);
	if (ends_soon(i))
		(void)printf("  %s", _("(set a newer list: zt pki trust)"));
	(void)printf("\n  SHA-256 %s\n", i->fingerprint);
}

enum zt_err
cmd_pki_show(struct cli *c)
{
	return zt_pki_show(c->zt, show_item, c);
}

/* The key file's password or the token's PIN; a token that wants none is asked without. */
static enum zt_err
read_secret(struct cli *c, char *out, unsigned size, const char **secret)
{
	enum zt_err err = ZT_OK;

	if (c->pin_file != NULL)
		err = cli_read_line(c, c->pin_file, out, size);
	else if (strncmp(c->args[0], "pkcs11:", 7) == 0)
		err = cli_prompt(c, _("PIN of the token:"), "--pin-file FILE", out, size);
	else
		return ZT_OK;
	*secret = out;
	return err;
}

enum zt_err
cmd_pki_request(struct cli *c)
{
	struct zt_pki_ask a = { .server = c->server,
		.org = c->org,
		.email = c->email,
		.name = c->name != NULL ? c->name : c->email,
		.device_label = cli_label(c),
		.certificate = c->args[0],
		.key = c->key };
	char id[40], secret[256] = "";
	enum zt_err err;

	if ((err = read_secret(c, secret, sizeof secret, &a.secret)) ||
	    (err = cli_password(c, true)))
		goto out;
	if ((err = zt_pki_request(&c->o, &a, id, c->message)))
		goto out;
	if (c->json) {
		output_json(stdout, "request", "{s:s}", "request", id);
	} else {
		cli_done(c,
		    _("request %s waits for an admin; zt pki status tells when it is accepted"),
		    id);
	}
out:
	explicit_bzero(secret, sizeof secret);
	return err;
}

enum zt_err
cmd_pki_status(struct cli *c)
{
	const char *state = "";
	enum zt_err err = zt_pki_state(c->zt, &state);

	if (err)
		return err;
	if (c->json) {
		output_json(stdout, "state", "{s:s}", "state", state);
	} else {
		(void)printf("%s\n", strcmp(state, "open") == 0 ? _("it waits for an admin")
				     : strcmp(state, "accepted") == 0
					 ? _("accepted: this device is one of yours")
					 : _("rejected"));
	}
	return ZT_OK;
}

static void
show_request(void *ctx, const struct zt_pki_open *r)
{
	const struct cli *c = ctx;

	if (c->json) {
		output_json(stdout, "request", "{s:s,s:o,s:o,s:o,s:o,s:s,s:o,s:o}", "request",
		    r->id, "email", output_text(r->email), "name", output_text(r->name),
		    "subject", output_text(r->subject), "issuer", output_text(r->issuer),
		    "fingerprint", r->fingerprint, "refused",
		    output_text(r->message != NULL ? advice(r->message) : ""), "time",
		    output_number(r->time));
		return;
	}
	(void)printf("%s  ", r->id);
	output_show(r->name);
	(void)printf(" <");
	output_show(r->email);
	(void)printf(">\n  %s ", _("certificate of"));
	output_show(r->subject);
	(void)printf("\n  %s ", _("issued by"));
	output_show(r->issuer);
	(void)printf("\n  SHA-256 %s\n  %s\n", r->fingerprint,
	    r->message != NULL ? advice(r->message) : _("its certificate vouches for it"));
}

enum zt_err
cmd_pki_list(struct cli *c)
{
	return zt_pki_requests(c->zt, show_request, c);
}

enum zt_err
cmd_pki_accept(struct cli *c)
{
	enum zt_err err = zt_pki_accept(c->zt, c->args[0], c->profile);

	if (err == ZT_OK)
		cli_done(c, "%s", _("accepted"));
	return err;
}

enum zt_err
cmd_pki_reject(struct cli *c)
{
	enum zt_err err = zt_pki_reject(c->zt, c->args[0]);

	if (err == ZT_OK)
		cli_done(c, "%s", _("rejected"));
	return err;
}
