/* SPDX-License-Identifier: Apache-2.0 */
/* greet.c - the inviting side of an enrolment: who is let in, and the messages to
 * them. */
#include <stdio.h>
#include <stdlib.h>

#include "crypto/labels.h"
#include "crypto/suite.h"
#include "format/limits.h"
#include "format/origin.h"
#include "format/pb.h"
#include "join/newcomer.h"
#include "join/verbs.h"
#include "log/append.h"
#include "log/enter.h"
#include "log/handles.h"
#include "log/person.h"
#include "log/sync.h"
#include "log/user_keys.h"
#include "people/acts.h"
#include "people/invite.h"
#include "proto/auth.pb-c.h"
#include "proto/device.pb-c.h"
#include "proto/enrol.pb-c.h"
#include "recovery/colleagues.h"
#include "recovery/exchange.h"
#include "session/session.h"

/* What the newcomer asked for, and the acts that it leads to. */
struct greeting {
	struct zt *z;
	struct exchange *r;
	Zt__Claim *claim;
	bool is_user; /* a new one; else a device of one's own */
	const char *profile;
	struct id user;
	struct zt_greeted *out;
	Zt__DeviceAdded d;
};

static enum zt_err
fill_device(struct zt *z, void *ctx, Zt__EntryBody *b)
{
	struct greeting *g = ctx;

	(void)z;
	b->action_case = ZT__ENTRY_BODY__ACTION_DEVICE_ADDED;
	b->device_added = &g->d;
	return ZT_OK;
}

/* A new user, with their first device. */
static enum zt_err
enter_user(struct greeting *g)
{
	const Zt__Claim *m = g->claim;
	struct newcomer_claim c = { .user = g->user,
		.email = m->email,
		.name = m->name,
		.profile = g->profile,
		.user_key = m->user_key,
		.device = m->device,
		.sign_key = m->sign_key,
		.seal_key = m->seal_key,
		.sealed_label = m->sealed_label,
		.browser = m->browser };

	return newcomer_enter(g->z, &c);
}

/* Another device of one's own. Its label is sealed here: the newcomer has no user key yet. */
static enum zt_err
enter_device(struct greeting *g)
{
	const struct org_user *me = org_state_user(g->z->state, &g->z->user);
	struct buf label = buf_init(1024);
	struct id added;
	enum zt_err err = pb_id(g->claim->device, &added);

	if (err == ZT_OK && org_state_device(g->z->state, &added) != NULL)
		return acts_know_device(g->z, &added); /* an earlier try came that far */
	if (err == ZT_OK)
		err = hpke_seal(me->key, bytes_text(LABEL_DEVICE_LABEL),
		    pb_bytes(g->claim->device), bytes_text(g->claim->label), &label);
	zt__device_added__init(&g->d);
	g->d.user = pb_field(g->user.b, ID_BYTES);
	g->d.device = g->claim->device;
	g->d.sign_key = g->claim->sign_key;
	g->d.seal_key = g->claim->seal_key;
	g->d.purpose = (char *)(uintptr_t) "desktop";
	g->d.sealed_label = pb_field(label.p, label.n);
	g->d.browser = g->claim->browser;
	if (err == ZT_OK && (err = log_append(g->z, &g->z->org, fill_device, g)) == ZT_OK)
		err = acts_know_device(g->z, &added);
	buf_free(&label);
	return err;
}

enum { HANDLE_FRAME = ID_BYTES + 16, WELCOME_BESIDE = 64 * 1024 };
struct welcome_handles {
	Zt__Welcome *m;
	Zt__KnownHandle **list;
	size_t cap, room; /* handles that there is no room for are at the server */
};

static enum zt_err
add_handle(void *ctx, struct bytes key, uint64_t n, struct bytes value)
{
	struct welcome_handles *w = ctx;
	Zt__KnownHandle *h;
	uint8_t *copy;

	(void)n;
	if (w->m->n_handles == w->cap || key.n != ID_BYTES || value.n + HANDLE_FRAME > w->room)
		return ZT_OK;
	w->room -= value.n + HANDLE_FRAME;
	if ((h = malloc(sizeof *h)) == NULL || (copy = malloc(ID_BYTES + value.n)) == NULL) {
		free(h);
		return ZT_ERR_MEMORY;
	}
	zt__known_handle__init(h);
	memcpy(copy, key.p, ID_BYTES);
	memcpy(copy + ID_BYTES, value.p, value.n);
	h->user = pb_field(copy, ID_BYTES);
	h->handle = pb_field(copy + ID_BYTES, value.n);
	w->list[w->m->n_handles++] = h;
	return ZT_OK;
}

/* What the newcomer may trust: root, ids, the head verified here, and the handles it may know.
 */
static enum zt_err
compose_welcome(struct greeting *g, struct buf *out)
{
	struct zt *z = g->z;
	Zt__Welcome m = ZT__WELCOME__INIT;
	struct welcome_handles w = {
		.m = &m, .cap = 4000, .room = LIMIT_EXCHANGE - WELCOME_BESIDE
	};
	ProtobufCBinaryData keys[SESSION_USER_KEYS_MAX];
	struct bytes handed[SESSION_USER_KEYS_MAX];
	struct hash root;
	enum zt_err err;

	m.tree_size = merkle_size(z->state->tree);
	if ((err = merkle_root(z->state->tree, m.tree_size, &root)))
		return err;
	m.root_hash = pb_field(root.b, HASH_BYTES);
	m.org = pb_field(z->org.b, ID_BYTES);
	m.root_key = pb_field(z->root_key, sizeof z->root_key);
	m.slug = z->slug;
	m.user = pb_field(g->user.b, ID_BYTES);
	m.device = g->claim->device;
	m.n_user_keys = g->is_user ? 0 : log_hand_user_keys(z, handed);
	for (size_t i = 0; i < m.n_user_keys; i++)
		keys[i] = pb_field(handed[i].p, handed[i].n);
	m.user_keys = keys;
	if ((w.list = m.handles = calloc(w.cap, sizeof *w.list)) == NULL)
		return ZT_ERR_MEMORY;
	if (!g->is_user || strcmp(g->profile, "outsider") != 0)
		err = store_each(z->store, STORE_HANDLE, bytes_of(NULL, 0), 0, add_handle, &w);
	if (err == ZT_OK)
		err = pb_encode(&m, out);
	for (size_t i = 0; i < m.n_handles; i++) {
		free(w.list[i]->user.data);
		free(w.list[i]);
	}
	free(w.list);
	return err;
}

/* ---- what an accepted newcomer is owed, also when this process ends ---- */

static struct bytes
greeting_key(const struct greeting *g)
{
	return bytes_of(g->r->invitation.b, ID_BYTES);
}

/* Stores the greeting before the newcomer is appended to the log, so that a second greet
 * continues here. */
static enum zt_err
keep_greeting(struct greeting *g, struct bytes claim)
{
	Zt__StoredGreeting m = ZT__STORED_GREETING__INIT;
	struct buf b = buf_init(LIMIT_EXCHANGE + 1024);
	struct secret *root = NULL;
	enum zt_err err;

	if ((err = exchange_keep(g->r, &root)))
		return err;
	m.attempt = pb_field(g->r->attempt.b, ID_BYTES);
	m.exchange_root = pb_field(secret_bytes(root).p, SECRET_BYTES);
	m.claim = pb_field(claim.p, claim.n);
	m.user = pb_field(g->user.b, ID_BYTES);
	m.profile = (char *)(uintptr_t)(g->profile != NULL ? g->profile : "");
	if ((err = pb_encode(&m, &b)) == ZT_OK)
		err = store_put(g->z->store, STORE_GREETING, greeting_key(g), 0, buf_bytes(&b));
	secret_free(root);
	buf_free(&b);
	return err;
}

/* The sentence of an exchange that went wrong is the greeting's. */
static enum zt_err
exchange_said(struct greeting *g, enum zt_err err)
{
	return err && g->r->detail[0] != 0 ? session_refuse(g->z, err, "%s", g->r->detail)
					   : err;
}

/* The welcome, unless an earlier try has sent it. A newcomer whose attempt has ended meanwhile
 * finds itself in the log. */
static enum zt_err
send_welcome(struct greeting *g, size_t there)
{
	struct buf welcome = buf_init(LIMIT_EXCHANGE), nothing = buf_init(1024);
	enum zt_err err = ZT_OK;

	if (there < SAS_STEPS && (err = compose_welcome(g, &welcome)) == ZT_OK)
		err = exchange_said(
		    g, exchange_walk(g->r, SAS_STEPS, buf_bytes(&welcome), &nothing));
	buf_free(&welcome);
	buf_free(&nothing);
	return err == ZT_ERR_ABORTED || err == ZT_ERR_GONE ? ZT_OK : err;
}

static void
report_whom(struct greeting *g)
{
	(void)snprintf(g->out->email, sizeof g->out->email, "%s", g->claim->email);
	g->out->is_fetched = exchange_await_fetched(g->r);
}

/* Appends the newcomer, and sends them word; THERE messages have been sent by then. What has
 * been refused for good is forgotten, anything else is gone on with by greeting again. */
static enum zt_err
finish(struct greeting *g, size_t there)
{
	struct zt *z = g->z;
	enum zt_err err = g->is_user ? enter_user(g) : enter_device(g);

	if (err && !err_retry(err))
		(void)!store_delete(z->store, STORE_GREETING, greeting_key(g), 0);
	else
		g->r->is_told = true; /* maybe; then nobody takes it back */
	/* What is kept of it is last: where this ends before, greeting again continues. */
	if (err || (err = send_welcome(g, there)) ||
	    ((err = invitation_end(z, &g->r->invitation, true)) && err != ZT_ERR_GONE) ||
	    (err = invitation_note(z, &g->r->invitation, "accepted")) ||
	    (err = store_delete(z->store, STORE_GREETING, greeting_key(g), 0)))
		return err;
	log_rest(z);
	report_whom(g);
	return log_wake(z, true);
}

/* ---- the first time ---- */

/* A new user's address is nobody else's. */
static enum zt_err
consider(struct greeting *g, char doubt[SESSION_MESSAGE])
{
	enum zt_err err;

	doubt[0] = 0;
	if ((err = newcomer_check_text(g->z, g->claim->email, g->claim->name, g->claim->label)))
		return err;
	if (g->claim->browser[0] != 0 && !origin_is_good(g->claim->browser))
		return session_refuse(g->z, ZT_ERR_INVALID,
		    "the other device says that a page made it, and names none");
	if (!g->is_user)
		return ZT_OK;
	if ((err = log_sync_handles(g->z)) == ZT_OK)
		err = log_check_new_address(g->z, g->claim->email);
	log_doubt_address(g->z, g->claim->email, NULL, doubt);
	return err;
}

/* The human's last word, while others may use the state folder. */
static enum zt_err
ask(struct greeting *g)
{
	const struct zt_codes *codes = g->r->codes;
	char doubt[SESSION_MESSAGE], all[4 * SESSION_MESSAGE] = "";
	bool yes;
	enum zt_err err;

	if ((err = log_fetch(g->z)) || (err = consider(g, doubt)))
		return err;
	if (g->claim->browser[0] != 0)
		(void)snprintf(all, sizeof all,
		    session_translate(g->z,
			"this device is in a browser: its code comes from %s, and the people "
			"who run that could change it"),
		    g->claim->browser);
	(void)snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s",
	    all[0] != 0 && doubt[0] != 0 ? "; " : "", doubt);
	log_rest(g->z);
	yes = codes->accept(
	    codes->ctx, g->claim->email, g->claim->name, g->claim->label, all, &g->profile);
	if ((err = log_wake(g->z, true)))
		return err;
	return yes ? ZT_OK
		   : session_refuse(g->z, ZT_ERR_DECLINED,
			 "you did not accept %.80s: nobody was let in; the invitation stays "
			 "open",
			 g->claim->email);
}

/* Cancelled in another window, or at another device of this user's, meanwhile. */
static enum zt_err
check_open(struct greeting *g)
{
	struct buf known = buf_init(64);
	enum zt_err err = store_get(g->z->store, STORE_INVITATION, greeting_key(g), 0, &known);

	if (err == ZT_OK)
		err = session_refuse(g->z, ZT_ERR_GONE, "%s",
		    strcmp(buf_text(&known), "cancelled") == 0
			? session_translate(
			      g->z, "this device has cancelled this invitation before")
			: session_translate(g->z,
			      "this device has accepted this invitation before; the newcomer "
			      "fetches the answer with the same link"));
	else if (err == ZT_ERR_NOT_FOUND)
		err = ZT_OK;
	buf_free(&known);
	return err;
}

static enum zt_err
take_claim(struct greeting *g, struct bytes claim)
{
	size_t there = 0;
	enum zt_err err;

	if (invitation_kind(&g->r->invitation) == ZT_INVITE_RECOVERY)
		return colleagues_help(g->z, g->r, claim, g->out);
	if ((err = pb_decode(&zt__claim__descriptor, claim, LIMIT_EXCHANGE, &g->claim)) ||
	    (err = ask(g)) || (err = check_open(g)) ||
	    (err = exchange_said(g, exchange_look(g->r, &there))))
		return err;
	if (g->is_user)
		random_bytes(g->user.b, ID_BYTES);
	if ((err = keep_greeting(g, claim)))
		return err;
	return finish(g, there);
}

/* The next attempt, up to what the newcomer asks for. */
static enum zt_err
meet(struct exchange *r, struct buf *claim)
{
	enum zt_err err;

	sas_free(r->sas);
	r->sas = NULL;
	r->picked = r->is_over = false;
	if ((err = exchange_await(r)) ||
	    (err = sas_new(SAS_GREETER, &r->org, &r->invitation, &r->attempt, &r->sas)))
		return err;
	return exchange_walk(r, 7, bytes_of(NULL, 0), claim);
}

/* While the other side is waited for, others may use the state folder. */
static enum zt_err
greet_once(struct greeting *g)
{
	struct exchange *r = g->r;
	struct buf claim = buf_init(LIMIT_EXCHANGE);
	enum zt_err err, woken;

	log_rest(g->z);
	do
		err = meet(r, &claim);
	while (err == ZT_ERR_ABORTED && r->is_over);
	err = exchange_said(g, err);
	if ((woken = log_wake(g->z, true)) != ZT_OK && err == ZT_OK)
		err = woken;
	if (err == ZT_OK)
		err = take_claim(g, buf_bytes(&claim));
	buf_free(&claim);
	return err;
}

/* ---- again, after this device had accepted ---- */

static enum zt_err
read_greeting(struct greeting *g, const Zt__StoredGreeting *m)
{
	struct secret *root = NULL;
	enum zt_err err;

	if ((err = pb_id(m->attempt, &g->r->attempt)) || (err = pb_id(m->user, &g->user)) ||
	    (err = pb_decode(
		 &zt__claim__descriptor, pb_bytes(m->claim), LIMIT_EXCHANGE, &g->claim)) ||
	    (err = secret_from(pb_bytes(m->exchange_root), &root)))
		return err;
	for (int p = PROFILE_ADMIN; p <= PROFILE_OUTSIDER; p++)
		if (strcmp(m->profile, org_state_profile_name((enum profile)p)) == 0)
			g->profile = org_state_profile_name((enum profile)p);
	err = exchange_resume(g->r, root, SAS_STEPS - 1);
	secret_free(root);
	return err;
}

/* Whether the log came to hold the newcomer. */
static bool
has_entered(struct greeting *g)
{
	struct id device;

	return pb_id(g->claim->device, &device) == ZT_OK &&
	       org_state_device(g->z->state, &device) != NULL;
}

/* Errors: NOT_FOUND (there is nothing to go on with). */
static enum zt_err
go_on(struct greeting *g)
{
	struct buf b = buf_init(LIMIT_EXCHANGE + 1024);
	Zt__StoredGreeting *m = NULL;
	size_t there = 0;
	enum zt_err err;

	if ((err = store_get(g->z->store, STORE_GREETING, greeting_key(g), 0, &b)) ||
	    (err = pb_decode(
		 &zt__stored_greeting__descriptor, buf_bytes(&b), LIMIT_EXCHANGE + 1024, &m)) ||
	    (err = read_greeting(g, m)))
		goto out;
	err = exchange_look(g->r, &there);
	if ((err == ZT_ERR_ABORTED || err == ZT_ERR_GONE) && has_entered(g)) {
		there = SAS_STEPS; /* they find themselves in the log */
		err = ZT_OK;
	} else if (err == ZT_ERR_ABORTED) {
		/* They were not entered, and have restarted. */
		err = store_delete(g->z->store, STORE_GREETING, greeting_key(g), 0);
		err = err ? err : ZT_ERR_NOT_FOUND;
	}
	if ((err = err == ZT_ERR_NOT_FOUND ? err : exchange_said(g, err)) == ZT_OK)
		err = finish(g, there);
out:
	pb_wipe(m);
	buf_free(&b);
	return err;
}

static void
greeting_free(struct greeting *g)
{
	sas_free(g->r->sas);
	g->r->sas = NULL;
	pb_free(g->claim);
	g->claim = NULL;
}

enum zt_err
join_greet(struct zt *z, const char *link, const struct zt_codes *codes, struct zt_greeted *out)
{
	struct exchange r = {
		.calls = z->calls, .org = z->org, .side = SAS_GREETER, .codes = codes
	};
	struct zt_greeted unseen = { .is_fetched = false };
	struct greeting g = { .z = z, .r = &r, .out = out != NULL ? out : &unseen };
	enum zt_err err, woken;

	z->message[0] = 0;
	*g.out = (struct zt_greeted){ .is_fetched = false };
	if ((err = invitation_of(z, link, &r.invitation)))
		return err;
	if (invitation_kind(&r.invitation) == 0)
		return session_refuse(z, ZT_ERR_INVALID,
		    "this invitation was made by an older version: make a new one");
	g.is_user = invitation_kind(&r.invitation) == ZT_INVITE_USER;
	g.profile = g.is_user ? "standard" : NULL;
	g.user = z->user;
	if ((err = check_open(&g)) || (err = log_fetch(z)))
		return err;
	if ((err = go_on(&g)) == ZT_ERR_NOT_FOUND) {
		greeting_free(&g);
		r.picked = false;
		z->message[0] = 0;
		err = greet_once(&g);
	}
	/* The one way out: the other side does not wait for somebody who has left. */
	if (err)
		exchange_abort(&r);
	greeting_free(&g);
	woken = log_wake(z, true);
	return err ? err : woken;
}
