/* enrol.c - joining, both sides: the exchange of trust/sas.h carried through the server, and
 * what each side does with its result. A side that goes away starts a new attempt of the same
 * invitation when it comes back. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "client/client.h"
#include "crypto/suite.h"
#include "format/invite_link.h"
#include "format/limits.h"
#include "format/pb.h"
#include "proto/auth.pb-c.h"
#include "proto/enrol.pb-c.h"
#include "store/device_file.h"
#include "trust/sas.h"
#include "zt/enrol.h"

enum { WAIT_MS = 250 };

/* One side's run through the exchange. */
struct run {
	struct calls *calls;
	struct id org, invitation, attempt;
	enum sas_side side;
	struct sas *sas;
	const struct zt_codes *codes;
	bool picked;
	int kind;
	char detail[200];
};

static enum zt_err
refuse(struct run *r, enum zt_err err, const char *why)
{
	(void)snprintf(r->detail, sizeof r->detail, "%s", why);
	return err;
}

/* One call: puts MESSAGE when it is not empty, and brings the attempt's messages. */
static enum zt_err
talk(
    struct run *r, struct bytes message, unsigned step, bool abort_it, Zt__ExchangeAnswer **out)
{
	struct route_params p = { .org = r->org, .id = r->invitation };
	Zt__ExchangePut m = ZT__EXCHANGE_PUT__INIT;
	struct buf body = buf_init(LIMIT_EXCHANGE + 4096),
		   answer = buf_init(2 * LIMIT_EXCHANGE);
	enum zt_err err;

	if (!id_is_zero(&r->attempt))
		m.attempt = pb_field(r->attempt.b, ID_BYTES);
	m.step = step;
	m.message = pb_field(message.p, message.n);
	m.abort = abort_it;
	if ((err = pb_encode(&m, &body)) == ZT_OK &&
	    (err = calls_run(r->calls, r->side == SAS_GREETER ? ROUTE_GREET : ROUTE_CLAIM, &p,
		 NULL, buf_bytes(&body), &answer, r->detail)) == ZT_OK)
		err = pb_decode(&zt__exchange_answer__descriptor, buf_bytes(&answer),
		    2 * LIMIT_EXCHANGE, out);
	buf_free(&body);
	buf_free(&answer);
	return err;
}

static void
abort_attempt(struct run *r)
{
	Zt__ExchangeAnswer *a = NULL;

	if (id_is_zero(&r->attempt))
		return;
	if (talk(r, bytes_of(NULL, 0), 0, true, &a) == ZT_OK)
		pb_free(a);
}

static enum zt_err
pause_a_little(struct run *r)
{
	struct timespec t = { 0, WAIT_MS * 1000000L };

	if (r->codes->waiting != NULL && r->codes->waiting(r->codes->ctx))
		return refuse(
		    r, ZT_ERR_INTERRUPTED, "stopped while waiting for the other side");
	(void)nanosleep(&t, NULL);
	return ZT_OK;
}

/* Both humans look: shows this side's code and asks for the other's. */
static enum zt_err
compare_codes(struct run *r)
{
	char mine[SAS_CODE], text[SAS_CHOICES][SAS_CODE];
	const char *choices[SAS_CHOICES];
	int picked;
	enum zt_err err;

	if ((err = sas_my_code(r->sas, mine)) || (err = sas_choices(r->sas, text)))
		return err;
	for (size_t i = 0; i < SAS_CHOICES; i++)
		choices[i] = text[i];
	r->codes->show(r->codes->ctx, mine);
	picked = r->codes->pick(r->codes->ctx, choices);
	err = sas_pick(r->sas, picked >= 0 && picked < SAS_CHOICES ? text[picked] : "");
	if (err) {
		abort_attempt(r);
		return refuse(r, ZT_ERR_CODES, "that is not the code of the other side");
	}
	r->picked = true;
	return ZT_OK;
}

/* Sends this side's next message. */
static enum zt_err
send_step(struct run *r, struct bytes clear)
{
	struct buf message = buf_init(LIMIT_EXCHANGE + 1024);
	Zt__ExchangeAnswer *a = NULL;
	unsigned step = sas_step(r->sas);
	enum zt_err err;

	if ((err = sas_send(r->sas, clear, &message)) == ZT_OK &&
	    (err = talk(r, buf_bytes(&message), step, false, &a)) == ZT_OK && a->aborted)
		err = refuse(r, ZT_ERR_ABORTED, "the other side stopped or started anew");
	pb_free(a);
	buf_free(&message);
	return err;
}

/* Waits for the other side's next message. */
static enum zt_err
receive_step(struct run *r, struct buf *clear)
{
	unsigned step = sas_step(r->sas);
	enum zt_err err = ZT_OK;

	while (err == ZT_OK) {
		Zt__ExchangeAnswer *a = NULL;

		if ((err = talk(r, bytes_of(NULL, 0), 0, false, &a)))
			break;
		if (a->aborted) {
			err =
			    refuse(r, ZT_ERR_ABORTED, "the other side stopped or started anew");
		} else if (a->n_messages > step) {
			err = sas_receive(r->sas, pb_bytes(a->messages[step]), clear);
			pb_free(a);
			if (err) {
				abort_attempt(r);
				return refuse(r, err == ZT_ERR_CORRUPT ? ZT_ERR_ABORTED : err,
				    "the exchange was disturbed: a message does not fit those "
				    "before it");
			}
			return ZT_OK;
		} else {
			err = pause_a_little(r);
		}
		pb_free(a);
	}
	return err;
}

/* Steps up to LAST, with the humans between 3 and 4. */
static enum zt_err
walk(struct run *r, unsigned last, struct bytes clear, struct buf *got)
{
	enum zt_err err = ZT_OK;

	while (err == ZT_OK && sas_step(r->sas) < last) {
		if (sas_step(r->sas) >= 4 && !r->picked && (err = compare_codes(r)))
			break;
		err = sas_is_my_turn(r->sas) ? send_step(r, clear) : receive_step(r, got);
	}
	return err;
}

/* ---- invitations ---- */

enum zt_err
zt_invite(struct zt *z, enum zt_invitation_kind kind, char *link)
{
	struct invite_link l = { .org = z->org };
	struct route_params p = { .org = z->org };
	Zt__Invitation m = ZT__INVITATION__INIT;
	struct buf body = buf_init(256), answer = buf_init(256), text = buf_init(1024);
	enum zt_err err;

	z->why[0] = 0;
	suite_random(l.invitation.b, ID_BYTES);
	p.id = l.invitation;
	m.kind = (Zt__InvitationKind)kind;
	(void)snprintf(l.server, sizeof l.server, "%s", z->server);
	invite_link_print(&l, &text);
	if ((err = pb_encode(&m, &body)) == ZT_OK &&
	    (err = client_call(z, ROUTE_INVITE, &p, NULL, buf_bytes(&body), &answer)) == ZT_OK)
		(void)snprintf(link, 1024, "%s", buf_text(&text));
	buf_free(&body);
	buf_free(&answer);
	buf_free(&text);
	return err;
}

enum zt_err
zt_invitations(struct zt *z, void (*each)(void *ctx, const struct zt_invitation *i), void *ctx)
{
	static const char *const kinds[] = { "", "user", "device" };
	static const char *const states[] = { "", "open", "accepted", "cancelled" };
	struct route_params p = { .org = z->org };
	struct buf answer = buf_init(LIMIT_PAGE);
	Zt__Invitations *m = NULL;
	enum zt_err err;

	z->why[0] = 0;
	if ((err = client_call(z, ROUTE_INVITATIONS, &p, NULL, bytes_of(NULL, 0), &answer)) ==
	    ZT_OK)
		err =
		    pb_decode(&zt__invitations__descriptor, buf_bytes(&answer), LIMIT_PAGE, &m);
	for (size_t i = 0; err == ZT_OK && i < m->n_items; i++) {
		const Zt__Invitation *one = m->items[i];
		char text[ID_TEXT];
		struct id id;
		struct zt_invitation out = { .id = text, .created = one->created };

		if ((err = pb_id(one->id, &id)) || (unsigned)one->kind > 2 ||
		    (unsigned)one->state > 3)
			continue;
		id_print(&id, text);
		out.kind = kinds[one->kind];
		out.state = states[one->state];
		each(ctx, &out);
	}
	pb_free(m);
	buf_free(&answer);
	return err;
}

static enum zt_err
end_invitation(struct zt *z, const struct id *invitation, bool accepted)
{
	struct route_params p = { .org = z->org, .id = *invitation };
	Zt__InvitationEnd m = ZT__INVITATION_END__INIT;
	struct buf body = buf_init(64), answer = buf_init(64);
	enum zt_err err;

	m.accepted = accepted;
	if ((err = pb_encode(&m, &body)) == ZT_OK)
		err = client_call(z, ROUTE_INVITATION_END, &p, NULL, buf_bytes(&body), &answer);
	buf_free(&body);
	buf_free(&answer);
	return err;
}

/* An invitation's id, given as such or as its link. */
static enum zt_err
invitation_of(struct zt *z, const char *text, struct id *out)
{
	struct invite_link l;

	if (id_parse(text, strlen(text), out) == ZT_OK)
		return ZT_OK;
	if (invite_link_parse(text, &l) || !id_equal(&l.org, &z->org))
		return client_refuse(
		    z, ZT_ERR_INVALID, "that is not an invitation of this organization");
	*out = l.invitation;
	return ZT_OK;
}

/* Remembered here too, so that no server can make an invitation work again (J5). */
static enum zt_err
note_ended(struct zt *z, const struct id *invitation, const char *how)
{
	return store_put(
	    z->store, STORE_INVITATION, bytes_of(invitation->b, ID_BYTES), 0, bytes_text(how));
}

enum zt_err
zt_invite_cancel(struct zt *z, const char *id)
{
	struct id invitation;
	enum zt_err err;

	z->why[0] = 0;
	if ((err = invitation_of(z, id, &invitation)) ||
	    (err = note_ended(z, &invitation, "cancelled")))
		return err;
	return end_invitation(z, &invitation, false);
}

/* ---- the greeter ---- */

/* What the newcomer asked for, and the acts that it leads to. */
struct greeting {
	struct zt *z;
	Zt__Claim *claim;
	const char *profile;
	struct id user;
	struct buf handle;
	struct hash commitment;
	Zt__UserAdded u;
	Zt__DeviceAdded d;
};

static enum zt_err
fill_user(struct zt *z, void *ctx, Zt__EntryBody *b)
{
	struct greeting *g = ctx;

	(void)z;
	b->action_case = ZT__ENTRY_BODY__ACTION_USER_ADDED;
	b->user_added = &g->u;
	return ZT_OK;
}

static enum zt_err
fill_device(struct zt *z, void *ctx, Zt__EntryBody *b)
{
	struct greeting *g = ctx;

	(void)z;
	b->action_case = ZT__ENTRY_BODY__ACTION_DEVICE_ADDED;
	b->device_added = &g->d;
	return ZT_OK;
}

static enum zt_err
compose(struct greeting *g, bool is_user)
{
	Zt__Handle handle = ZT__HANDLE__INIT;
	uint8_t salt[32];
	enum zt_err err;

	zt__device_added__init(&g->d);
	zt__user_added__init(&g->u);
	if (is_user)
		suite_random(g->user.b, ID_BYTES);
	else
		g->user = g->z->user;
	g->d.user = pb_field(g->user.b, ID_BYTES);
	g->d.device = g->claim->device;
	g->d.sign_key = g->claim->sign_key;
	g->d.seal_key = g->claim->seal_key;
	g->d.purpose = (char *)(uintptr_t) "desktop";
	g->d.sealed_label = g->claim->sealed_label;
	if (!is_user)
		return ZT_OK;
	suite_random(salt, sizeof salt);
	handle.email = g->claim->email;
	handle.name = g->claim->name;
	handle.salt = pb_field(salt, sizeof salt);
	if ((err = pb_encode(&handle, &g->handle)))
		return err;
	client_commit_handle(&g->user, buf_bytes(&g->handle), &g->commitment);
	g->u.user = g->d.user;
	g->u.profile = strcmp(g->profile, "admin") == 0      ? ZT__PROFILE__ADMIN
		       : strcmp(g->profile, "outsider") == 0 ? ZT__PROFILE__OUTSIDER
							     : ZT__PROFILE__STANDARD;
	g->u.handle_commitment = pb_field(g->commitment.b, HASH_BYTES);
	g->u.user_key = g->claim->user_key;
	g->u.device = &g->d;
	return ZT_OK;
}

/* For another device of one's own the label is sealed here: the newcomer has no user key yet.
 */
static enum zt_err
seal_label(struct greeting *g, struct buf *out)
{
	const struct org_user *me = org_state_user(g->z->state, &g->z->user);
	enum zt_err err = hpke_seal(me->key, bytes_text("zt device label 1"),
	    pb_bytes(g->claim->device), bytes_text(g->claim->label), out);

	g->d.sealed_label = pb_field(out->p, out->n);
	return err;
}

/* The new handle to everyone who is no outsider, and to the newcomer itself. */
static enum zt_err
disclose(struct greeting *g)
{
	enum zt_err err = store_put(
	    g->z->store, STORE_HANDLE, bytes_of(g->user.b, ID_BYTES), 0, buf_bytes(&g->handle));

	return err ? err : client_disclose(g->z, NULL, &g->user, 0);
}

struct welcome_handles {
	Zt__Welcome *m;
	Zt__KnownHandle **list;
	size_t cap;
};

static enum zt_err
add_handle(void *ctx, struct bytes key, uint64_t n, struct bytes value)
{
	struct welcome_handles *w = ctx;
	Zt__KnownHandle *h;
	uint8_t *copy;

	(void)n;
	if (w->m->n_handles == w->cap || key.n != ID_BYTES)
		return ZT_OK;
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
compose_welcome(struct greeting *g, bool is_user, struct buf *out)
{
	struct zt *z = g->z;
	Zt__Welcome m = ZT__WELCOME__INIT;
	struct welcome_handles w = { .m = &m, .cap = 4000 };
	ProtobufCBinaryData keys[CLIENT_USER_KEYS];
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
	for (size_t i = 0; !is_user && i < z->user_keys; i++, m.n_user_keys++)
		keys[i] = pb_field(secret_bytes(z->user_key[i]).p, SECRET_BYTES);
	m.user_keys = keys;
	if ((w.list = m.handles = calloc(w.cap, sizeof *w.list)) == NULL)
		return ZT_ERR_MEMORY;
	if (strcmp(g->profile, "outsider") != 0)
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

/* The newcomer is in the log; who is in the middle of nothing can no longer matter. */
static enum zt_err
accept_claim(struct greeting *g, struct run *r)
{
	bool is_user = r->kind == ZT_INVITE_USER;
	struct buf welcome = buf_init(LIMIT_EXCHANGE), label = buf_init(1024);
	enum zt_err err;

	if ((err = compose(g, is_user)) || (!is_user && (err = seal_label(g, &label))) ||
	    (err = client_append(g->z, &g->z->org, is_user ? fill_user : fill_device, g)) ||
	    (is_user && (err = disclose(g))) || (err = compose_welcome(g, is_user, &welcome)) ||
	    (err = walk(r, SAS_STEPS, buf_bytes(&welcome), &label)))
		goto out;
	if ((err = note_ended(g->z, &r->invitation, "accepted")) == ZT_OK)
		err = end_invitation(g->z, &r->invitation, true);
out:
	buf_free(&welcome);
	buf_free(&label);
	return err;
}

/* Waits until a newcomer has begun an attempt. */
static enum zt_err
await_attempt(struct run *r)
{
	static const struct id none;
	enum zt_err err;

	for (;;) {
		Zt__ExchangeAnswer *a = NULL;
		bool has;

		r->attempt = none;
		if ((err = talk(r, bytes_of(NULL, 0), 0, false, &a)))
			return err;
		r->kind = (int)a->kind;
		has = a->n_messages > 0 && pb_id(a->attempt, &r->attempt) == ZT_OK;
		pb_free(a);
		if (has)
			return ZT_OK;
		if ((err = pause_a_little(r)))
			return err;
	}
}

static enum zt_err
greet_once(struct zt *z, struct run *r)
{
	struct greeting g = { .z = z, .profile = "standard", .handle = buf_init(4096) };
	struct buf claim = buf_init(LIMIT_EXCHANGE);
	enum zt_err err;

	r->picked = false;
	if ((err = await_attempt(r)) ||
	    (err = sas_new(SAS_GREETER, &r->org, &r->invitation, &r->attempt, &r->sas)) ||
	    (err = walk(r, 7, bytes_of(NULL, 0), &claim)) ||
	    (err = pb_decode(
		 &zt__claim__descriptor, buf_bytes(&claim), LIMIT_EXCHANGE, &g.claim)))
		goto out;
	if (strlen(g.claim->email) > LIMIT_TEXT || strlen(g.claim->name) > LIMIT_TEXT ||
	    strlen(g.claim->label) > LIMIT_TEXT) {
		err = refuse(r, ZT_ERR_CORRUPT, "the newcomer's claim is not well formed");
		goto out;
	}
	if (!r->codes->accept(
		r->codes->ctx, g.claim->email, g.claim->name, g.claim->label, &g.profile)) {
		abort_attempt(r);
		err = refuse(r, ZT_ERR_ABORTED, "you did not accept the newcomer");
		goto out;
	}
	err = accept_claim(&g, r);
out:
	sas_free(r->sas);
	r->sas = NULL;
	pb_free(g.claim);
	buf_free(&g.handle);
	buf_free(&claim);
	return err;
}

enum zt_err
zt_greet(struct zt *z, const char *link, const struct zt_codes *codes)
{
	struct run r = {
		.calls = z->calls, .org = z->org, .side = SAS_GREETER, .codes = codes
	};
	struct buf known = buf_init(64);
	enum zt_err err;

	z->why[0] = 0;
	if ((err = invitation_of(z, link, &r.invitation)))
		return err;
	err = store_get(
	    z->store, STORE_INVITATION, bytes_of(r.invitation.b, ID_BYTES), 0, &known);
	if (err == ZT_OK)
		err = client_refuse(z, ZT_ERR_GONE, "%s",
		    strcmp(buf_text(&known), "cancelled") == 0
			? client_words(z, "this device has cancelled this invitation before")
			: client_words(z, "this device has accepted this invitation before"));
	buf_free(&known);
	if (err != ZT_ERR_NOT_FOUND)
		return err;
	if ((err = client_sync_log(z)))
		return err;
	err = greet_once(z, &r);
	if (err && z->why[0] == 0)
		(void)client_refuse(z, err, "%s", r.detail);
	return err;
}

/* ---- the newcomer ---- */

struct newcomer {
	struct sign_key *sign;
	struct secret *seal, *user_key;
	struct id device;
	uint8_t sign_public[32], seal_public[32], user_public[32];
};

static enum zt_err
compose_claim(struct newcomer *n, const struct zt_claim *c, struct buf *out)
{
	Zt__Claim m = ZT__CLAIM__INIT;
	struct buf label = buf_init(1024);
	enum zt_err err;

	if ((err = sign_generate(&n->sign)) || (err = secret_generate(&n->seal)) ||
	    (err = secret_generate(&n->user_key)))
		return err;
	suite_random(n->device.b, ID_BYTES);
	sign_public(n->sign, n->sign_public);
	hpke_public(n->seal, n->seal_public);
	hpke_public(n->user_key, n->user_public);
	if ((err = hpke_seal(n->user_public, bytes_text("zt device label 1"),
		 bytes_of(n->device.b, ID_BYTES), bytes_text(c->device_label), &label)) ==
	    ZT_OK) {
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
    const struct invite_link *l, const struct newcomer *n, const Zt__Welcome *w, struct run *r)
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
		return refuse(r, err, "the greeter's welcome is not well formed");
	org_state_id(d.root_key, &derived);
	if (!id_equal(&org, &l->org) || !id_equal(&derived, &l->org) ||
	    !id_equal(&device, &n->device))
		return refuse(r, ZT_ERR_ROOT,
		    "the welcome is for another organization than the invitation");
	for (size_t i = 0; i < w->n_user_keys; i++)
		d.user_keys[d.user_key_count++] = pb_bytes(w->user_keys[i]);
	if (d.user_key_count == 0)
		d.user_keys[d.user_key_count++] = secret_bytes(n->user_key);
	return client_write_device(o, &d);
}

/* The first look at the log: it must hold what the greeter vouched for and this device itself.
 */
static enum zt_err
settle(const struct zt_options *o, const Zt__Welcome *w, char *why)
{
	struct zt *z = NULL;
	const struct org_device *me;
	enum zt_err err;

	if ((err = zt_open(o, &z, why)))
		return err;
	for (size_t i = 0; err == ZT_OK && i < w->n_handles; i++)
		if (w->handles[i]->user.len == ID_BYTES)
			err = store_put(z->store, STORE_HANDLE, pb_bytes(w->handles[i]->user),
			    0, pb_bytes(w->handles[i]->handle));
	if (err == ZT_OK && (err = client_sync_log(z)) == ZT_OK) {
		uint8_t mine[SIGN_PUBLIC_BYTES];

		sign_public(z->sign, mine);
		me = org_state_device(z->state, &z->device);
		if (me == NULL || memcmp(me->sign_key, mine, sizeof mine) != 0)
			err = client_refuse(
			    z, ZT_ERR_ROOT, "the server's log does not hold this device");
	}
	if (err && why != NULL)
		(void)snprintf(why, CLIENT_WHY, "%s", zt_why(z));
	zt_close(z);
	return err;
}

static enum zt_err
claim_once(const struct zt_options *o, const struct zt_claim *c, const struct invite_link *l,
    struct run *r, Zt__Welcome **welcome)
{
	struct newcomer n = { 0 };
	struct buf claim = buf_init(LIMIT_EXCHANGE), got = buf_init(LIMIT_EXCHANGE);
	enum zt_err err;

	suite_random(r->attempt.b, ID_BYTES);
	if ((err = sas_new(SAS_CLAIMER, &r->org, &r->invitation, &r->attempt, &r->sas)) ||
	    (err = compose_claim(&n, c, &claim)) ||
	    (err = walk(r, SAS_STEPS, buf_bytes(&claim), &got)) ||
	    (err = pb_decode(
		 &zt__welcome__descriptor, buf_bytes(&got), LIMIT_EXCHANGE, welcome)))
		goto out;
	err = write_newcomer(o, c, l, &n, *welcome, r);
out:
	sas_free(r->sas);
	sign_free(n.sign);
	secret_free(n.seal);
	secret_free(n.user_key);
	buf_free(&claim);
	buf_free(&got);
	return err;
}

enum zt_err
zt_claim(const struct zt_options *o, const struct zt_claim *c, const struct zt_codes *codes,
    char *why)
{
	struct run r = { .side = SAS_CLAIMER, .codes = codes };
	struct calls_options co = { .ca_file = o->ca_file };
	struct invite_link l;
	Zt__Welcome *w = NULL;
	enum zt_err err;

	if (why != NULL)
		why[0] = 0;
	if ((err = suite_start()))
		return err;
	if (invite_link_parse(c->link, &l)) {
		err = refuse(&r, ZT_ERR_INVALID, "that is not an invitation link (zt://...)");
	} else if (device_file_is_there(o->home)) {
		err = refuse(&r, ZT_ERR_EXISTS, "this state folder holds a device already");
	} else {
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
