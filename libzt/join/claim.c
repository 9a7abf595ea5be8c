/* SPDX-License-Identifier: Apache-2.0 */
/* claim.c - the newcomer's side of an enrolment: its keys, and what it may trust from now on.
 */
#include <stdio.h>
#include <stdlib.h>

#include "crypto/suite.h"
#include "format/invite_link.h"
#include "format/limits.h"
#include "format/pb.h"
#include "join/newcomer.h"
#include "join/verbs.h"
#include "log/handles.h"
#include "log/open.h"
#include "log/sync.h"
#include "log/user_keys.h"
#include "port/page.h"
#include "proto/enrol.pb-c.h"
#include "recovery/exchange.h"
#include "recovery/visitor.h"
#include "session/device.h"
#include "session/session.h"
#include "store/joining_file.h"

struct claiming {
	const struct zt_options *o;
	const struct zt_claim *c;
	struct invite_link l;
	struct exchange r;
	struct newcomer n;
	Zt__Welcome *welcome; /* NULL: the log alone says that this device is in */
	char *message;
};

static enum zt_err
compose_claim(struct newcomer *n, const struct zt_claim *c, struct buf *out)
{
	Zt__Claim m = ZT__CLAIM__INIT;
	struct buf label = buf_init(1024);
	char origin[PORT_ORIGIN];
	enum zt_err err;

	port_page_origin(origin);
	if ((err = n->sign != NULL ? newcomer_seal_label(n, c->device_label, &label)
				   : newcomer_make(n, c->device_label, &label)) == ZT_OK) {
		m.email = (char *)(uintptr_t)c->email;
		m.name = (char *)(uintptr_t)c->name;
		m.user_key = pb_field(n->user_public, 32);
		m.device = pb_field(n->device.b, ID_BYTES);
		m.sign_key = pb_field(n->sign_public, 32);
		m.seal_key = pb_field(n->seal_public, 32);
		m.label = (char *)(uintptr_t)c->device_label;
		m.sealed_label = pb_field(label.p, label.n);
		m.browser = origin;
		err = pb_encode(&m, out);
	}
	buf_free(&label);
	return err;
}

/* The device, as the greeter vouches for it. */
static enum zt_err
write_newcomer(struct claiming *k)
{
	const Zt__Welcome *w = k->welcome;
	struct new_device d = { .server = k->l.server,
		.slug = w->slug,
		.email = k->c->email,
		.org = k->l.org,
		.device = k->n.device,
		.sign = k->n.sign,
		.seal = k->n.seal,
		.tree_size = w->tree_size };
	struct id org, device, derived;
	enum zt_err err = ZT_ERR_ABORTED;

	if (pb_id(w->org, &org) || pb_id(w->device, &device) || pb_id(w->user, &d.user) ||
	    pb_exact(w->root_key, d.root_key, sizeof d.root_key) ||
	    pb_hash(w->root_hash, &d.root) || w->n_user_keys > SESSION_USER_KEYS_MAX)
		return exchange_refuse(&k->r, err, "the greeter's welcome is not well formed");
	org_state_id(d.root_key, &derived);
	if (!id_equal(&org, &k->l.org) || !id_equal(&derived, &k->l.org) ||
	    !id_equal(&device, &k->n.device))
		return exchange_refuse(&k->r, ZT_ERR_ROOT,
		    "the welcome is for another organization than the invitation");
	for (size_t i = 0; i < w->n_user_keys; i++)
		d.user_keys[d.user_key_count++] = pb_bytes(w->user_keys[i]);
	if (d.user_key_count == 0)
		d.user_keys[d.user_key_count++] = secret_bytes(k->n.user_key);
	return device_write(k->o, &d);
}

/* Without a welcome: the link pins the organization, and so the log that names this device, and
 * whose it is. Errors: UNKNOWN_DEVICE (nobody has entered it). */
static enum zt_err
find_in_log(struct claiming *k)
{
	struct visitor_keys who = { .server = k->l.server,
		.org = k->l.org,
		.device = k->n.device,
		.sign = k->n.sign,
		.seal = k->n.seal,
		.user_key = k->n.user_key };
	struct new_device d = { .server = k->l.server,
		.email = k->c->email,
		.org = k->l.org,
		.device = k->n.device,
		.sign = k->n.sign,
		.seal = k->n.seal };
	struct visitor v;
	enum zt_err err = visitor_open(k->o, &who, &v);

	if (err == ZT_OK) {
		d.slug = v.z->state->slug;
		d.user = v.z->user;
		memcpy(d.root_key, v.z->state->root_key, SIGN_PUBLIC_BYTES);
		d.user_key_count = log_hand_user_keys(v.z, d.user_keys);
		d.tree_size = merkle_size(v.z->state->tree);
		if ((err = merkle_root(v.z->state->tree, d.tree_size, &d.root)) == ZT_OK)
			err = device_write(k->o, &d);
	} else if (v.z != NULL && v.z->message[0] != 0) {
		(void)exchange_refuse(&k->r, err, v.z->message);
	}
	visitor_close(k->o, &v);
	return err;
}

/* The greeter sent names of colleagues; the log, which this device has verified by now, commits
 * to the true ones. A false one is left out, and asked for from the server. */
static enum zt_err
take_handles(struct zt *z, const Zt__Welcome *w, char warning[SESSION_MESSAGE])
{
	unsigned lies = 0;
	struct id user;

	warning[0] = 0;
	for (size_t i = 0; i < w->n_handles; i++) {
		const Zt__KnownHandle *h = w->handles[i];
		Zt__Handle *said = NULL;
		enum zt_err err = pb_id(h->user, &user);

		if (err == ZT_OK)
			err = log_take_handle(z, &user, pb_bytes(h->handle));
		if (err == ZT_OK)
			continue;
		if (err != ZT_ERR_KEY && err != ZT_ERR_NOT_FOUND && err != ZT_ERR_CORRUPT)
			return err;
		if (lies++ == 0 && err == ZT_ERR_KEY &&
		    pb_decode(&zt__handle__descriptor, pb_bytes(h->handle), 4096, &said) ==
			ZT_OK) {
			char id[ID_TEXT];

			id_print(&user, id);
			(void)session_refuse(z, err,
			    "the greeter sent a false name, which was left out: %.100s for "
			    "user "
			    "%s. Ask a colleague before you trust the greeter",
			    said->email, id);
			(void)snprintf(warning, SESSION_MESSAGE, "%s", z->message);
			z->message[0] = 0;
		}
		pb_free(said);
	}
	return log_sync_handles(z);
}

/* The first look at the log: it must hold what the greeter vouched for and this device itself.
 */
static enum zt_err
settle(struct claiming *k)
{
	struct zt *z = NULL;
	struct zt_options whole = *k->o;
	const struct org_device *me;
	char warning[SESSION_MESSAGE] = "";
	enum zt_err err;

	whole.cancel = NULL; /* the device is there by now */
	if ((err = log_open(&whole, &z, k->message)))
		return err;
	if ((err = log_fetch(z)) == ZT_OK) {
		uint8_t mine[SIGN_PUBLIC_BYTES];

		sign_public(z->sign, mine);
		me = org_state_device(z->state, &z->device);
		if (me == NULL || memcmp(me->sign_key, mine, sizeof mine) != 0)
			err = session_refuse(
			    z, ZT_ERR_ROOT, "the server's log does not hold this device");
	}
	if (err == ZT_OK)
		err = k->welcome != NULL ? take_handles(z, k->welcome, warning)
					 : log_sync_handles(z);
	if (k->message != NULL)
		(void)snprintf(
		    k->message, SESSION_MESSAGE, "%s", err ? session_message(z) : warning);
	session_close(z);
	return err;
}

/* ---- what the folder keeps, from before the claim is sent ---- */

static enum zt_err
keep(struct claiming *k)
{
	Zt__Joining m = ZT__JOINING__INIT;
	struct secret *root = NULL;
	enum zt_err err = exchange_keep(&k->r, &root);

	if (err)
		return err;
	m.server = k->l.server;
	m.org = pb_field(k->l.org.b, ID_BYTES);
	m.invitation = pb_field(k->l.invitation.b, ID_BYTES);
	m.attempt = pb_field(k->r.attempt.b, ID_BYTES);
	m.exchange_root = pb_field(secret_bytes(root).p, SECRET_BYTES);
	m.device = pb_field(k->n.device.b, ID_BYTES);
	m.sign_seed = pb_field(sign_seed(k->n.sign).p, SIGN_SEED_BYTES);
	m.seal_key = pb_field(secret_bytes(k->n.seal).p, SECRET_BYTES);
	m.user_key = pb_field(secret_bytes(k->n.user_key).p, SECRET_BYTES);
	m.email = (char *)(uintptr_t)k->c->email;
	err = joining_file_keep(k->o->home, &m, bytes_text(k->o->password));
	secret_free(root);
	return err;
}

/* Errors: NOT_FOUND (it is of no claim). */
static enum zt_err
take_kept(struct claiming *k, const Zt__Joining *m)
{
	enum zt_err err;

	if (m->invitation.len == 0)
		return ZT_ERR_NOT_FOUND;
	if ((err = pb_id(m->org, &k->r.org)) ||
	    (err = pb_id(m->invitation, &k->r.invitation)) ||
	    (err = pb_id(m->attempt, &k->r.attempt)) ||
	    (err = pb_id(m->device, &k->n.device)) ||
	    (err = sign_from_seed(pb_bytes(m->sign_seed), &k->n.sign)) ||
	    (err = secret_from(pb_bytes(m->seal_key), &k->n.seal)))
		return err;
	return secret_from(pb_bytes(m->user_key), &k->n.user_key);
}

static enum zt_err
connect_to(struct claiming *k, const char *server)
{
	struct calls_options co = { .server = server,
		.ca_file = k->o->ca_file,
		.in_clear = k->o->in_clear,
		.translate = k->o->translate,
		.stop = session_stop(k->o) };

	calls_free(k->r.calls);
	k->r.calls = NULL;
	return calls_new(&co, &k->r.calls);
}

static enum zt_err
take_welcome(struct claiming *k, struct bytes clear)
{
	enum zt_err err =
	    pb_decode(&zt__welcome__descriptor, clear, LIMIT_EXCHANGE, &k->welcome);

	return err ? err : write_newcomer(k);
}

/* From where that try was ended: before its claim was sent, or behind it. */
static enum zt_err
fetch(struct claiming *k, const Zt__Joining *m)
{
	struct buf claim = buf_init(LIMIT_EXCHANGE), got = buf_init(LIMIT_EXCHANGE);
	struct secret *root = NULL;
	size_t there = 0;
	enum zt_err err;

	k->r.is_told = true;
	if ((err = exchange_look(&k->r, &there)) ||
	    (err = secret_from(pb_bytes(m->exchange_root), &root)) ||
	    (err = exchange_resume(&k->r, root, there > 6 ? 7 : 6)) ||
	    (err = compose_claim(&k->n, k->c, &claim)))
		goto out;
	if ((err = exchange_walk(&k->r, SAS_STEPS, buf_bytes(&claim), &got)) == ZT_OK)
		err = take_welcome(k, buf_bytes(&got));
out:
	secret_free(root);
	buf_free(&claim);
	buf_free(&got);
	return err;
}

/* Continues an earlier try in this folder: fetches its answer if it used this link, else ends
 * it; without an answer, checks whether the log has its device. Errors: NOT_FOUND (no: start
 * over). */
static enum zt_err
go_on(struct claiming *k, const Zt__Joining *m)
{
	struct invite_link other;
	enum zt_err err;

	if ((err = take_kept(k, m)) || (err = connect_to(k, m->server)))
		return err;
	other = k->l;
	k->l.org = k->r.org;
	(void)snprintf(k->l.server, sizeof k->l.server, "%s", m->server);
	if (id_equal(&k->r.invitation, &other.invitation)) {
		err = fetch(k, m);
	} else {
		exchange_abort(&k->r);
		err = ZT_ERR_ABORTED;
	}
	if (err == ZT_ERR_ABORTED || err == ZT_ERR_GONE || err == ZT_ERR_NOT_FOUND)
		err = find_in_log(k);
	if (err == ZT_ERR_UNKNOWN_DEVICE)
		err = ZT_ERR_NOT_FOUND;
	if (err == ZT_ERR_NOT_FOUND)
		k->l = other;
	return err;
}

static void
forget_try(struct claiming *k)
{
	sas_free(k->r.sas);
	newcomer_free(&k->n);
	calls_free(k->r.calls);
	k->r.sas = NULL;
	k->r.calls = NULL;
	k->r.picked = k->r.is_told = k->r.is_unsure = false;
	k->r.detail[0] = 0;
}

static enum zt_err
claim_anew(struct claiming *k)
{
	struct buf claim = buf_init(LIMIT_EXCHANGE), got = buf_init(LIMIT_EXCHANGE);
	struct exchange *r = &k->r;
	char message[sizeof r->detail];
	enum zt_err err;

	r->org = k->l.org;
	r->invitation = k->l.invitation;
	if ((err = connect_to(k, k->l.server)) || (err = exchange_begin(r, k->o->home)) ||
	    (err = compose_claim(&k->n, k->c, &claim)) ||
	    (err = exchange_walk(r, 6, bytes_of(NULL, 0), &got)) || (err = keep(k)))
		goto out;
	/* From here on the greeter may enter this device, even if this process ends. */
	r->is_told = true;
	if ((err = exchange_walk(r, SAS_STEPS, buf_bytes(&claim), &got)) == ZT_OK)
		err = take_welcome(k, buf_bytes(&got));
	if (err == ZT_ERR_INTERRUPTED)
		err = exchange_refuse(r, err,
		    "left while the other side decides; trying again fetches the answer");
	if (err == ZT_ERR_ABORTED) {
		memcpy(message, r->detail, sizeof message);
		if (find_in_log(k) == ZT_OK)
			err = ZT_OK; /* somebody else's attempt ended this one */
		else
			memcpy(r->detail, message, sizeof message);
	}
out:
	buf_free(&claim);
	buf_free(&got);
	return err;
}

static enum zt_err
claim(struct claiming *k)
{
	Zt__Joining *kept = NULL;
	enum zt_err err = joining_file_read(k->o->home, bytes_text(k->o->password), &kept);

	if (err == ZT_ERR_PASSWORD)
		return exchange_refuse(
		    &k->r, err, "an earlier try waits in this folder under another password");
	if (err == ZT_OK)
		err = go_on(k, kept);
	pb_wipe(kept);
	if (err == ZT_ERR_NOT_FOUND) {
		forget_try(k);
		err = claim_anew(k);
	}
	/* The one way out: the other side does not wait for somebody who has left. */
	exchange_leave(&k->r, k->o->home, err);
	return err;
}

bool
join_is_link(const char *link)
{
	struct invite_link l;

	return invite_link_parse(link, &l) == ZT_OK;
}

bool
join_is_joining(const char *home)
{
	return joining_file_is_there(home);
}

enum zt_err
join_claim(const struct zt_options *o, const struct zt_claim *c, const struct zt_codes *codes,
    char *message)
{
	struct claiming k = {
		.o = o, .c = c, .r = { .side = SAS_CLAIMER, .codes = codes }, .message = message
	};
	const char *bad = newcomer_bad_text(c->email, c->name, c->device_label);
	enum zt_err err;

	if (message != NULL)
		message[0] = 0;
	if ((err = suite_init()))
		return err;
	if (invite_link_parse(c->link, &k.l))
		err = exchange_refuse(
		    &k.r, ZT_ERR_INVALID, "that is not an invitation link (zt://...)");
	else if (bad != NULL)
		err = exchange_refuse(&k.r, ZT_ERR_INVALID, bad);
	else if ((err = device_may_begin(o, message)) == ZT_OK && (err = claim(&k)) == ZT_OK)
		exchange_fetched(&k.r);
	if (err && message != NULL && k.r.detail[0] != 0)
		(void)snprintf(message, SESSION_MESSAGE, "%s", k.r.detail);
	device_explain(o, err, message);
	if (err == ZT_OK)
		err = settle(&k);
	sas_free(k.r.sas);
	newcomer_free(&k.n);
	calls_free(k.r.calls);
	pb_wipe(k.welcome);
	return err;
}
