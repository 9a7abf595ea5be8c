/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* passkey_methods.c - the host's methods of passkeys. What a PRF gave comes as the content of a
 * request, and is wiped with it (client.mjs). */
#include "browser/methods.h"
#include "encode/encode.h"
#include "rpc/call.h"

static void
each_passkey(void *ctx, const struct zt_passkey *p)
{
	json_t *one =
	    json_pack("{s:o,s:o,s:o,s:o,s:o}", "credential", encode_text(p->credential), "salt",
		encode_text(p->salt), "relyingParty", encode_text(p->relying_party), "label",
		encode_text(p->label), "added", encode_number(p->added));

	if (json_array_append_new(ctx, one) != 0)
		(void)json_array_clear(ctx); /* no memory: the page offers the password */
}

/* Ends C with ERR, by the sentence of passkeys where there is one: a page words what it knows,
 * and that is no message of libzt. */
static enum zt_err
refuse(struct call *c, enum zt_err err, const char *message)
{
	if (err == ZT_ERR_NOT_FOUND)
		return call_refuse(c, err,
		    "this passkey does not open the device any more; use the password", "");
	if (err == ZT_ERR_EXISTS)
		return call_refuse(c, err, "this passkey opens the device already", "");
	if (err == ZT_ERR_TOO_BIG)
		return call_refuse(
		    c, err, "sixteen passkeys open this device; remove one first", "");
	return call_quote(c, err, message);
}

/* The same where a passkey, and no password, was to open the device. */
static enum zt_err
refuse_output(struct call *c, enum zt_err err, const char *message)
{
	if (err == ZT_ERR_PASSWORD)
		return call_refuse(c, err, "this passkey does not open the device", "");
	return refuse(c, err, message);
}

enum zt_err
host_passkeys(struct host *h, struct call *c)
{
	const struct device *d = host_find(h, call_text(c, "key"));
	json_t *all = d != NULL ? json_array() : NULL;
	enum zt_err err;

	if (d == NULL)
		return ZT_ERR_NOT_FOUND;
	/* A device that is joining has none. */
	if ((err = zt_passkeys(d->home, each_passkey, all)) && err != ZT_ERR_NOT_FOUND) {
		json_decref(all);
		return err;
	}
	return call_answer(c, ZT_OK, json_pack("{s:o}", "passkeys", all));
}

enum zt_err
host_add_passkey(struct host *h, struct call *c)
{
	const struct zt_passkey p = { .relying_party = call_text(c, "relyingParty"),
		.credential = call_text(c, "credential"),
		.salt = call_text(c, "salt"),
		.label = call_text(c, "label") };
	struct host_act a;
	enum zt_err err = host_act_on(h, c, "password", &a);

	if (err)
		return err;
	err = zt_add_passkey(&a.o, &p, c->content, c->content_n, a.message);
	return err == ZT_OK ? ZT_OK : refuse(c, err, a.message);
}

enum zt_err
host_remove_passkey(struct host *h, struct call *c)
{
	struct host_act a;
	enum zt_err err = host_act_on(h, c, "password", &a);

	if (err)
		return err;
	err = zt_remove_passkey(&a.o, call_text(c, "credential"), a.message);
	return err == ZT_OK ? ZT_OK : refuse(c, err, a.message);
}

static struct zt_passkey_output
output_of(const struct call *c)
{
	return (struct zt_passkey_output){ .credential = call_text(c, "credential"),
		.output = c->content,
		.n = c->content_n };
}

enum zt_err
host_unlock_by_passkey(struct host *h, struct call *c)
{
	const struct zt_passkey_output p = output_of(c);
	struct host_act a;
	enum zt_err err = host_act_on(h, c, NULL, &a);

	if (err)
		return err;
	err = host_open_device(h, a.d, &(struct host_opener){ .passkey = &p }, a.message);
	return err == ZT_OK ? ZT_OK : refuse_output(c, err, a.message);
}

enum zt_err
host_confirm_by_passkey(struct host *h, struct call *c)
{
	const struct zt_passkey_output p = output_of(c);
	struct host_act a;
	enum zt_err err = host_act_on(h, c, NULL, &a);

	if (err)
		return err;
	err = zt_check_passkey(&a.o, &p, a.message);
	return err != ZT_OK ? refuse_output(c, err, a.message) : host_confirmed(c, a.d);
}
