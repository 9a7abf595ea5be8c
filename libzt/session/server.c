/* SPDX-License-Identifier: Apache-2.0 */
/* server.c - the operator's calls, with the operator's token. */
#include "zt/server.h"
#include "crypto/suite.h"
#include "format/limits.h"
#include "format/pb.h"
#include "proto/auth.pb-c.h"
#include "proto/blocks.pb-c.h"
#include "session/session.h"
#include "session/verbs.h"

#include <stdio.h>

struct operating {
	const struct zt_server *s;
	struct calls *calls;
	char *message;
};

static enum zt_err
begin(struct operating *op, const struct zt_server *s, char *message)
{
	struct calls_options o = { .server = s->url,
		.ca_file = s->ca_file,
		.operator_token = s->operator_token,
		.in_clear = s->in_clear,
		.translate = s->translate };
	enum zt_err err = suite_init();

	*op = (struct operating){ .s = s, .message = message };
	if (message != NULL)
		message[0] = 0;
	return err ? err : calls_new(&o, &op->calls);
}

static enum zt_err
report(const struct operating *op, enum zt_err err, const char *text)
{
	if (op->message != NULL)
		(void)snprintf(op->message, SESSION_MESSAGE, "%s",
		    op->s->translate != NULL ? op->s->translate(text) : text);
	return err;
}

/* One call with BODY, an encoded message or nothing; its answer as TYPE when that is not NULL.
 */
static enum zt_err
call(const struct operating *op, enum route r, const struct id *org, const void *message,
    const ProtobufCMessageDescriptor *type, void *out)
{
	struct route_params p = { .org = { { 0 } } };
	struct buf body = buf_init(4096), answer = buf_init(LIMIT_PAGE);
	char detail[200] = "";
	enum zt_err err = message != NULL ? pb_encode(message, &body) : ZT_OK;

	if (org != NULL)
		p.org = *org;
	if (err == ZT_OK &&
	    (err = calls_run(op->calls, r, &p, NULL, buf_bytes(&body), &answer, detail)))
		err = report(op, err, detail);
	if (err == ZT_OK && type != NULL)
		err = pb_decode(type, buf_bytes(&answer), LIMIT_PAGE, out);
	buf_free(&body);
	buf_free(&answer);
	return err;
}

enum zt_err
session_server_create(
    const struct zt_server *s, const char *slug, char code[ZT_FOUNDING_CODE], char *message)
{
	struct operating op;
	Zt__OrgCreate ask = ZT__ORG_CREATE__INIT;
	Zt__OrgCreated *m = NULL;
	uint8_t both[64];
	enum zt_err err = begin(&op, s, message);

	ask.slug = (char *)(uintptr_t)slug;
	if (err == ZT_OK &&
	    (err = call(&op, ROUTE_ORG_CREATE, NULL, &ask, &zt__org_created__descriptor, &m)) ==
		ZT_OK &&
	    (err = pb_exact(m->token, both, 32)) == ZT_OK &&
	    (err = pb_exact(m->log_key, both + 32, 32)) == ZT_OK)
		hex_print(both, sizeof both, code);
	wipe(both, sizeof both);
	pb_free(m);
	calls_free(op.calls);
	return err;
}

static enum zt_err
list(const struct operating *op, Zt__OrgList **out)
{
	return call(op, ROUTE_ORG_LIST, NULL, NULL, &zt__org_list__descriptor, out);
}

enum zt_err
session_server_orgs(const struct zt_server *s,
    void (*each)(void *ctx, const struct zt_server_org *o), void *ctx, char *message)
{
	struct operating op;
	Zt__OrgList *m = NULL;
	enum zt_err err = begin(&op, s, message);

	if (err == ZT_OK)
		err = list(&op, &m);
	for (size_t i = 0; err == ZT_OK && i < m->n_items; i++) {
		const Zt__OrgInfo *o = m->items[i];
		Zt__Usage *u = NULL;
		char text[ID_TEXT];
		struct id id;
		struct zt_server_org one = { .id = text,
			.slug = o->slug,
			.users = o->users,
			.devices = o->devices,
			.workspaces = o->workspaces,
			.entries = o->entries,
			.marked = o->marked,
			.frozen = o->frozen,
			.users_limit = o->users_limit,
			.bytes_limit = o->storage_limit,
			.expires = o->expires };

		if ((err = pb_id(o->org, &id)) ||
		    (err = call(&op, ROUTE_ORG_USAGE, &id, NULL, &zt__usage__descriptor, &u)))
			break;
		one.bytes = u->bytes;
		id_print(&id, text);
		each(ctx, &one);
		pb_free(u);
	}
	pb_free(m);
	calls_free(op.calls);
	return err;
}

static enum zt_err
find(const struct operating *op, const char *slug, struct id *out)
{
	Zt__OrgList *m = NULL;
	enum zt_err err = list(op, &m), found = ZT_ERR_NOT_FOUND;

	for (size_t i = 0; err == ZT_OK && i < m->n_items; i++)
		if (strcmp(m->items[i]->slug, slug) == 0)
			found = pb_id(m->items[i]->org, out);
	pb_free(m);
	if (err == ZT_OK && found == ZT_ERR_NOT_FOUND)
		return report(op, found, "the server has no organization of this name");
	return err ? err : found;
}

enum zt_err
session_server_set(const struct zt_server *s, const char *slug,
    const struct zt_server_limits *l, char *message)
{
	struct operating op;
	Zt__OrgSet m = ZT__ORG_SET__INIT;
	struct id org, freeze, thaw;
	enum zt_err err = begin(&op, s, message);

	if (err == ZT_OK &&
	    ((l->freeze != NULL && id_parse(l->freeze, strlen(l->freeze), &freeze)) ||
		(l->thaw != NULL && id_parse(l->thaw, strlen(l->thaw), &thaw))))
		err = report(&op, ZT_ERR_INVALID, "a user is named by an id");
	if (l->users != NULL)
		m.sets_users = true, m.users = *l->users;
	if (l->bytes != NULL)
		m.sets_storage = true, m.storage = *l->bytes;
	if (l->expires != NULL)
		m.sets_expires = true, m.expires = *l->expires;
	if (err == ZT_OK && l->freeze != NULL)
		m.freeze = pb_field(freeze.b, ID_BYTES);
	if (err == ZT_OK && l->thaw != NULL)
		m.thaw = pb_field(thaw.b, ID_BYTES);
	if (err == ZT_OK && (err = find(&op, slug, &org)) == ZT_OK)
		err = call(&op, ROUTE_ORG_SET, &org, &m, NULL, NULL);
	calls_free(op.calls);
	return err;
}

/* The calls LOG and CHAINS about the loss of SLUG, in that order: once the log has given up,
 * nobody brings back by an older signature what the chains then give up. One of the two may
 * have lost nothing, and refuses. */
static enum zt_err
call_both(const struct zt_server *s, const char *slug, enum route log, enum route chains,
    char *message)
{
	struct operating op;
	struct id org;
	enum zt_err err = begin(&op, s, message), first;

	if (err || (err = find(&op, slug, &org)))
		goto out;
	first = call(&op, log, &org, NULL, NULL, NULL);
	if ((err = first) == ZT_OK || first == ZT_ERR_NOT_FOUND)
		err = call(&op, chains, &org, NULL, NULL, NULL);
	if (err == ZT_ERR_NOT_FOUND && first == ZT_OK)
		err = ZT_OK;
	else if (err == ZT_ERR_NOT_FOUND)
		(void)report(&op, err,
		    "nothing of the organization is lost: no older backup was restored, or all "
		    "of it is back");
out:
	calls_free(op.calls);
	return err;
}

enum zt_err
session_server_look_for_loss(const struct zt_server *s, const char *slug, char *message)
{
	return call_both(s, slug, ROUTE_ORG_LOSS, ROUTE_CHAINS_LOSS, message);
}

enum zt_err
session_server_accept_loss(const struct zt_server *s, const char *slug, char *message)
{
	enum zt_err err = session_server_look_for_loss(s, slug, message);

	return err ? err : call_both(s, slug, ROUTE_ORG_ACCEPT, ROUTE_CHAINS_ACCEPT, message);
}
