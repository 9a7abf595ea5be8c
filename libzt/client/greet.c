/* greet.c - the inviting side of an enrolment: who is let in, and what they are told. */
#include <stdio.h>
#include <stdlib.h>

#include "client/acts.h"
#include "client/exchange.h"
#include "client/newcomer.h"
#include "client/recovery.h"
#include "crypto/suite.h"
#include "format/limits.h"
#include "format/pb.h"
#include "proto/auth.pb-c.h"
#include "proto/enrol.pb-c.h"

/* What the newcomer asked for, and the acts that it leads to. */
struct greeting {
	struct zt *z;
	Zt__Claim *claim;
	const char *profile;
	struct id user;
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
	struct newcomer_claim c = { .email = m->email,
		.name = m->name,
		.profile = g->profile,
		.user_key = m->user_key,
		.device = m->device,
		.sign_key = m->sign_key,
		.seal_key = m->seal_key,
		.sealed_label = m->sealed_label };

	suite_random(g->user.b, ID_BYTES);
	c.user = g->user;
	return newcomer_enter(g->z, &c);
}

/* Another device of one's own. Its label is sealed here: the newcomer has no user key yet. */
static enum zt_err
enter_device(struct greeting *g)
{
	const struct org_user *me = org_state_user(g->z->state, &g->z->user);
	struct buf label = buf_init(1024);
	struct id added;
	enum zt_err err = hpke_seal(me->key, bytes_text("zt device label 1"),
	    pb_bytes(g->claim->device), bytes_text(g->claim->label), &label);

	zt__device_added__init(&g->d);
	g->user = g->z->user;
	g->d.user = pb_field(g->user.b, ID_BYTES);
	g->d.device = g->claim->device;
	g->d.sign_key = g->claim->sign_key;
	g->d.seal_key = g->claim->seal_key;
	g->d.purpose = (char *)(uintptr_t) "desktop";
	g->d.sealed_label = pb_field(label.p, label.n);
	if (err == ZT_OK && (err = client_append(g->z, &g->z->org, fill_device, g)) == ZT_OK &&
	    (err = pb_id(g->claim->device, &added)) == ZT_OK)
		err = acts_know_device(g->z, &added);
	buf_free(&label);
	return err;
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
	struct bytes handed[CLIENT_USER_KEYS];
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
	m.n_user_keys = is_user ? 0 : client_hand_user_keys(z, handed);
	for (size_t i = 0; i < m.n_user_keys; i++)
		keys[i] = pb_field(handed[i].p, handed[i].n);
	m.user_keys = keys;
	if ((w.list = m.handles = calloc(w.cap, sizeof *w.list)) == NULL)
		return ZT_ERR_MEMORY;
	if (!is_user || strcmp(g->profile, "outsider") != 0)
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
accept_claim(struct greeting *g, struct exchange *r)
{
	bool is_user = invitation_kind(&r->invitation) == ZT_INVITE_USER;
	struct buf welcome = buf_init(LIMIT_EXCHANGE), nothing = buf_init(1024);
	enum zt_err err;

	if ((err = is_user ? enter_user(g) : enter_device(g)) ||
	    (err = compose_welcome(g, is_user, &welcome)) ||
	    (err = exchange_walk(r, SAS_STEPS, buf_bytes(&welcome), &nothing)))
		goto out;
	if ((err = invitation_note(g->z, &r->invitation, "accepted")) == ZT_OK)
		err = invitation_end(g->z, &r->invitation, true);
out:
	buf_free(&welcome);
	buf_free(&nothing);
	return err;
}

/* A new user's address is nobody else's. */
static enum zt_err
consider(struct greeting *g, char doubt[CLIENT_WHY])
{
	enum zt_err err;

	doubt[0] = 0;
	if (g->profile == NULL)
		return ZT_OK;
	if ((err = client_sync_handles(g->z)) == ZT_OK)
		err = client_check_new_address(g->z, g->claim->email);
	client_doubt(g->z, g->claim->email, NULL, doubt);
	return err;
}

static enum zt_err
greet_once(struct zt *z, struct exchange *r)
{
	struct greeting g = { .z = z, .profile = "standard" };
	struct buf claim = buf_init(LIMIT_EXCHANGE);
	char doubt[CLIENT_WHY];
	enum zt_err err;

	r->picked = false;
	if (invitation_kind(&r->invitation) == ZT_INVITE_DEVICE)
		g.profile = NULL;
	if ((err = exchange_await(r)) ||
	    (err = sas_new(SAS_GREETER, &r->org, &r->invitation, &r->attempt, &r->sas)) ||
	    (err = exchange_walk(r, 7, bytes_of(NULL, 0), &claim)))
		goto out;
	if (invitation_kind(&r->invitation) == ZT_INVITE_RECOVERY) {
		err = colleagues_help(z, r, buf_bytes(&claim));
		goto out;
	}
	if ((err = pb_decode(
		 &zt__claim__descriptor, buf_bytes(&claim), LIMIT_EXCHANGE, &g.claim)))
		goto out;
	if (strlen(g.claim->email) > LIMIT_TEXT || strlen(g.claim->name) > LIMIT_TEXT ||
	    strlen(g.claim->label) > LIMIT_TEXT) {
		exchange_abort(r);
		err = exchange_refuse(
		    r, ZT_ERR_CORRUPT, "the newcomer's claim is not well formed");
		goto out;
	}
	if ((err = consider(&g, doubt)) == ZT_OK &&
	    !r->codes->accept(r->codes->ctx, g.claim->email, g.claim->name, g.claim->label,
		doubt, &g.profile))
		err = exchange_refuse(r, ZT_ERR_ABORTED, "you did not accept the newcomer");
	if (err) {
		exchange_abort(r);
		goto out;
	}
	/* Refused by the server, or by this device: the other side must not wait for ever. */
	if ((err = accept_claim(&g, r)))
		exchange_abort(r);
out:
	sas_free(r->sas);
	r->sas = NULL;
	pb_free(g.claim);
	buf_free(&claim);
	return err;
}

enum zt_err
zt_greet(struct zt *z, const char *link, const struct zt_codes *codes)
{
	struct exchange r = {
		.calls = z->calls, .org = z->org, .side = SAS_GREETER, .codes = codes
	};
	struct buf known = buf_init(64);
	enum zt_err err;

	z->why[0] = 0;
	if ((err = invitation_of(z, link, &r.invitation)))
		return err;
	if (invitation_kind(&r.invitation) == 0)
		return client_refuse(z, ZT_ERR_INVALID,
		    "this invitation was made by an older version: make a new one");
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
