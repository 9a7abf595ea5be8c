/* claim.c - the newcomer's side of an enrolment: its keys, and what it may trust from now on.
 */
#include <stdio.h>
#include <stdlib.h>

#include "client/exchange.h"
#include "client/newcomer.h"
#include "crypto/suite.h"
#include "format/invite_link.h"
#include "format/limits.h"
#include "format/pb.h"
#include "proto/enrol.pb-c.h"
#include "store/device_file.h"

static enum zt_err
compose_claim(struct newcomer *n, const struct zt_claim *c, struct buf *out)
{
	Zt__Claim m = ZT__CLAIM__INIT;
	struct buf label = buf_init(1024);
	enum zt_err err;

	if ((err = newcomer_make(n, c->device_label, &label)) == ZT_OK) {
		m.email = (char *)(uintptr_t)c->email;
		m.name = (char *)(uintptr_t)c->name;
		m.user_key = pb_field(n->user_public, 32);
		m.device = pb_field(n->device.b, ID_BYTES);
		m.sign_key = pb_field(n->sign_public, 32);
		m.seal_key = pb_field(n->seal_public, 32);
		m.label = (char *)(uintptr_t)c->device_label;
		m.sealed_label = pb_field(label.p, label.n);
		err = pb_encode(&m, out);
	}
	buf_free(&label);
	return err;
}

static enum zt_err
write_newcomer(const struct zt_options *o, const struct zt_claim *c,
    const struct invite_link *l, const struct newcomer *n, const Zt__Welcome *w,
    struct exchange *r)
{
	struct client_new_device d = { .server = l->server,
		.slug = w->slug,
		.email = c->email,
		.org = l->org,
		.device = n->device,
		.sign = n->sign,
		.seal = n->seal,
		.tree_size = w->tree_size };
	struct id org, device, derived;
	enum zt_err err = ZT_ERR_ABORTED;

	if (pb_id(w->org, &org) || pb_id(w->device, &device) || pb_id(w->user, &d.user) ||
	    pb_exact(w->root_key, d.root_key, sizeof d.root_key) ||
	    pb_hash(w->root_hash, &d.root) || w->n_user_keys > CLIENT_USER_KEYS)
		return exchange_refuse(r, err, "the greeter's welcome is not well formed");
	org_state_id(d.root_key, &derived);
	if (!id_equal(&org, &l->org) || !id_equal(&derived, &l->org) ||
	    !id_equal(&device, &n->device))
		return exchange_refuse(r, ZT_ERR_ROOT,
		    "the welcome is for another organization than the invitation");
	for (size_t i = 0; i < w->n_user_keys; i++)
		d.user_keys[d.user_key_count++] = pb_bytes(w->user_keys[i]);
	if (d.user_key_count == 0)
		d.user_keys[d.user_key_count++] = secret_bytes(n->user_key);
	return client_write_device(o, &d);
}

/* The greeter told names of colleagues; the log, which this device has verified by now, commits
 * to the true ones. A false one is left out, and asked for from the server. */
static enum zt_err
take_handles(struct zt *z, const Zt__Welcome *w, char warning[CLIENT_WHY])
{
	unsigned lies = 0;
	struct id user;

	warning[0] = 0;
	for (size_t i = 0; i < w->n_handles; i++) {
		const Zt__KnownHandle *h = w->handles[i];
		Zt__Handle *said = NULL;
		enum zt_err err = pb_id(h->user, &user);

		if (err == ZT_OK)
			err = client_take_handle(z, &user, pb_bytes(h->handle));
		if (err == ZT_OK)
			continue;
		if (err != ZT_ERR_KEY && err != ZT_ERR_NOT_FOUND && err != ZT_ERR_CORRUPT)
			return err;
		if (lies++ == 0 && err == ZT_ERR_KEY &&
		    pb_decode(&zt__handle__descriptor, pb_bytes(h->handle), 4096, &said) ==
			ZT_OK) {
			char id[ID_TEXT];

			id_print(&user, id);
			(void)client_refuse(z, err,
			    "the greeter told a false name, which was left out: %.100s for "
			    "user "
			    "%s. Ask a colleague before you trust the greeter",
			    said->email, id);
			(void)snprintf(warning, CLIENT_WHY, "%s", z->why);
			z->why[0] = 0;
		}
		pb_free(said);
	}
	return client_sync_handles(z);
}

/* The first look at the log: it must hold what the greeter vouched for and this device itself.
 */
static enum zt_err
settle(const struct zt_options *o, const Zt__Welcome *w, char *why)
{
	struct zt *z = NULL;
	const struct org_device *me;
	char warning[CLIENT_WHY] = "";
	enum zt_err err;

	if ((err = zt_open(o, &z, why)))
		return err;
	if ((err = client_sync_log(z)) == ZT_OK) {
		uint8_t mine[SIGN_PUBLIC_BYTES];

		sign_public(z->sign, mine);
		me = org_state_device(z->state, &z->device);
		if (me == NULL || memcmp(me->sign_key, mine, sizeof mine) != 0)
			err = client_refuse(
			    z, ZT_ERR_ROOT, "the server's log does not hold this device");
	}
	if (err == ZT_OK)
		err = take_handles(z, w, warning);
	if (why != NULL)
		(void)snprintf(why, CLIENT_WHY, "%s", err ? zt_why(z) : warning);
	zt_close(z);
	return err;
}

static enum zt_err
claim_once(const struct zt_options *o, const struct zt_claim *c, const struct invite_link *l,
    struct exchange *r, Zt__Welcome **welcome)
{
	struct newcomer n = { 0 };
	struct buf claim = buf_init(LIMIT_EXCHANGE), got = buf_init(LIMIT_EXCHANGE);
	enum zt_err err;

	suite_random(r->attempt.b, ID_BYTES);
	if ((err = sas_new(SAS_CLAIMER, &r->org, &r->invitation, &r->attempt, &r->sas)) ||
	    (err = compose_claim(&n, c, &claim)) ||
	    (err = exchange_walk(r, SAS_STEPS, buf_bytes(&claim), &got)) ||
	    (err = pb_decode(
		 &zt__welcome__descriptor, buf_bytes(&got), LIMIT_EXCHANGE, welcome)))
		goto out;
	err = write_newcomer(o, c, l, &n, *welcome, r);
out:
	sas_free(r->sas);
	newcomer_free(&n);
	buf_free(&claim);
	buf_free(&got);
	return err;
}

enum zt_err
zt_claim(const struct zt_options *o, const struct zt_claim *c, const struct zt_codes *codes,
    char *why)
{
	struct exchange r = { .side = SAS_CLAIMER, .codes = codes };
	struct calls_options co = {
		.ca_file = o->ca_file, .in_clear = o->in_clear, .translate = o->translate
	};
	struct invite_link l;
	Zt__Welcome *w = NULL;
	enum zt_err err;

	if (why != NULL)
		why[0] = 0;
	if ((err = suite_start()))
		return err;
	if (invite_link_parse(c->link, &l)) {
		err = exchange_refuse(
		    &r, ZT_ERR_INVALID, "that is not an invitation link (zt://...)");
	} else if ((err = device_file_may_begin(o->home)) == ZT_ERR_EXISTS) {
		err = exchange_refuse(&r, err, "this state folder holds a device already");
	} else if (err == ZT_OK) {
		co.server = l.server;
		r.org = l.org;
		r.invitation = l.invitation;
		if ((err = calls_new(&co, &r.calls)) == ZT_OK)
			err = claim_once(o, c, &l, &r, &w);
		calls_free(r.calls);
	}
	if (err && why != NULL)
		(void)snprintf(why, CLIENT_WHY, "%s", r.detail);
	if (err == ZT_OK)
		err = settle(o, w, why);
	pb_wipe(w);
	return err;
}
