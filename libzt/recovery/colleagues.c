/* SPDX-License-Identifier: Apache-2.0 */
/* colleagues.c - recovery by colleagues: parts of a recovery secret, each sealed to one of
 * them. A user who has lost all devices asks some of them; they compare codes and decide
 * whether this is their colleague. Enough parts restore the secret. */
#include "recovery/colleagues.h"

#include <stdio.h>
#include <stdlib.h>

#include "crypto/labels.h"
#include "crypto/shamir.h"
#include "crypto/suite.h"
#include "format/invite_link.h"
#include "format/limits.h"
#include "format/pb.h"
#include "log/enter.h"
#include "log/handles.h"
#include "log/person.h"
#include "log/sync.h"
#include "people/invite.h"
#include "people/ways.h"
#include "proto/auth.pb-c.h"
#include "proto/enrol.pb-c.h"
#include "recovery/exchange.h"
#include "recovery/recovery.h"
#include "recovery/verbs.h"
#include "session/session.h"
#include "store/joining_file.h"

/* What a sealed part is bound to. */
static struct bytes
binding(const struct id *org, const struct id *owner, const struct id *device,
    const struct id *helper, uint8_t out[4 * ID_BYTES])
{
	memcpy(out, org->b, ID_BYTES);
	memcpy(out + ID_BYTES, owner->b, ID_BYTES);
	memcpy(out + 2 * ID_BYTES, device->b, ID_BYTES);
	memcpy(out + 3 * ID_BYTES, helper->b, ID_BYTES);
	return bytes_of(out, 4 * ID_BYTES);
}

/* ---- the owner prepares ---- */

static enum zt_err
seal_part(struct zt *z, const struct id *device, unsigned need, const struct shamir_part *part,
    const struct org_user *helper, struct buf *out)
{
	Zt__RecoveryShare m = ZT__RECOVERY_SHARE__INIT;
	struct buf clear = buf_init(128);
	uint8_t bound[4 * ID_BYTES];
	enum zt_err err;

	m.need = need;
	m.x = part->x;
	m.y = pb_field(part->y, sizeof part->y);
	if ((err = pb_encode(&m, &clear)) == ZT_OK)
		err = hpke_seal(helper->key, bytes_text(LABEL_RECOVERY_PART),
		    binding(&z->org, &z->user, device, &helper->id, bound), buf_bytes(&clear),
		    out);
	buf_free(&clear);
	return err;
}

static enum zt_err
deposit(struct zt *z, const struct id *device, unsigned need, const struct shamir_part *parts,
    struct org_user *const *helpers, unsigned count)
{
	struct route_params p = { .org = z->org };
	Zt__RecoveryParts m = ZT__RECOVERY_PARTS__INIT;
	Zt__RecoveryPart item[SHAMIR_MAX], *list[SHAMIR_MAX];
	struct buf sealed[SHAMIR_MAX], body = buf_init(64 * 1024), answer = buf_init(64);
	enum zt_err err = ZT_OK;

	m.items = list;
	for (; err == ZT_OK && m.n_items < count; m.n_items++) {
		size_t i = m.n_items;

		sealed[i] = buf_init(1024);
		err = seal_part(z, device, need, &parts[i], helpers[i], &sealed[i]);
		zt__recovery_part__init(list[i] = &item[i]);
		item[i].device = pb_field(device->b, ID_BYTES);
		item[i].helper = pb_field(helpers[i]->id.b, ID_BYTES);
		item[i].sealed = pb_field(sealed[i].p, sealed[i].n);
	}
	if (err == ZT_OK && (err = pb_encode(&m, &body)) == ZT_OK)
		err = session_call(z, ROUTE_RECOVERY_PUT, &p, NULL, buf_bytes(&body), &answer);
	for (size_t i = 0; i < m.n_items; i++)
		buf_free(&sealed[i]);
	buf_free(&body);
	buf_free(&answer);
	return err;
}

static enum zt_err
find_helpers(struct zt *z, const char *const *users, unsigned count, struct org_user **helpers)
{
	for (unsigned i = 0; i < count; i++) {
		enum zt_err err = log_find_user(z, users[i], &helpers[i]);

		if (err || (err = log_meant(z, &helpers[i]->id)))
			return err;
		if (id_equal(&helpers[i]->id, &z->user))
			return session_refuse(z, ZT_ERR_INVALID,
			    "one's own devices are lost together: name colleagues");
		if (!org_state_user_live(helpers[i], ORG_NEVER) ||
		    org_state_user_key_needs_rotation(helpers[i]))
			return session_refuse(z, ZT_ERR_STALE_KEY,
			    "%.100s was revoked, or has lost a device and not renewed the key "
			    "yet",
			    users[i]);
		for (unsigned k = 0; k < i; k++)
			if (helpers[k] == helpers[i])
				return session_refuse(
				    z, ZT_ERR_INVALID, "%.100s is named twice", users[i]);
	}
	return ZT_OK;
}

enum zt_err
recovery_colleagues(struct zt *z, const struct zt_split *split, unsigned *ended)
{
	struct org_user *helpers[SHAMIR_MAX];
	struct shamir_part parts[SHAMIR_MAX];
	struct secret *secret = NULL;
	struct buf label = buf_init(LIMIT_TEXT + 64);
	unsigned need = split->need, count = split->count, others = 0;
	struct id device;
	enum zt_err err;

	z->message[0] = 0;
	if (need < 2 || need > count || count > SHAMIR_MAX)
		return session_refuse(z, ZT_ERR_INVALID,
		    "at least 2 colleagues must be needed, of at most %d that are named",
		    SHAMIR_MAX);
	if ((err = log_fetch(z)) || (err = log_sync_handles(z)) ||
	    (err = find_helpers(z, split->users, count, helpers)) ||
	    (err = secret_generate(&secret)))
		return err;
	ways_label(need, helpers, count, &label);
	/* The parts first: a recovery device that nobody can bring back would be of no use. */
	if ((err = recovery_id(secret, need, &device)) == ZT_OK &&
	    (err = shamir_split(secret, need, count, parts)) == ZT_OK &&
	    (err = deposit(z, &device, need, parts, helpers, count)) == ZT_OK &&
	    (err = recovery_add(z, secret, need, buf_text(&label))) == ZT_OK && !split->keep)
		err = ways_end_others(z, &device, false, &others);
	wipe(parts, sizeof parts);
	secret_free(secret);
	buf_free(&label);
	if (err == ZT_OK && ended != NULL)
		*ended = others;
	return err;
}

/* ---- a colleague helps ---- */

static enum zt_err
open_part(struct zt *z, const Zt__RecoveryPart *p, const struct id *owner,
    const struct id *device, struct buf *out)
{
	uint8_t bound[4 * ID_BYTES];
	struct bytes aad = binding(&z->org, owner, device, &z->user, bound);
	enum zt_err err = ZT_ERR_CORRUPT;

	for (size_t i = z->user_key_count; err == ZT_ERR_CORRUPT && i-- > 0;)
		err = hpke_open(z->user_keys[i].key, bytes_text(LABEL_RECOVERY_PART), aad,
		    pb_bytes(p->sealed), out);
	return err;
}

/* This user's part for OWNER: of the newest of OWNER's recovery devices that is live. */
static enum zt_err
find_part(struct zt *z, const struct id *owner, struct id *device, struct buf *out)
{
	struct route_params p = { .org = z->org };
	struct buf answer = buf_init(LIMIT_PAGE);
	Zt__RecoveryParts *m = NULL;
	uint64_t newest = 0;
	enum zt_err err;

	if ((err = session_call(z, ROUTE_RECOVERY_GET, &p, NULL, bytes_of(NULL, 0), &answer)) ||
	    (err = pb_decode(
		 &zt__recovery_parts__descriptor, buf_bytes(&answer), LIMIT_PAGE, &m)))
		goto out;
	err = ZT_ERR_NOT_FOUND;
	for (size_t i = 0; i < m->n_items; i++) {
		const struct org_device *d;
		struct buf part = buf_init(256);
		struct id of, id;

		if (pb_id(m->items[i]->owner, &of) == ZT_OK && id_equal(&of, owner) &&
		    pb_id(m->items[i]->device, &id) == ZT_OK &&
		    (d = org_state_device(z->state, &id)) != NULL &&
		    id_equal(&d->user->id, owner) && org_state_device_live(d, ORG_NEVER) &&
		    d->added >= newest &&
		    open_part(z, m->items[i], owner, &id, &part) == ZT_OK) {
			newest = d->added;
			*device = id;
			buf_free(out);
			buf_add(out, buf_bytes(&part));
			err = buf_err(out);
		}
		buf_free(&part);
	}
out:
	pb_free(m);
	buf_free(&answer);
	return err;
}

/* The link is used up when the asker has and keeps the part; one who went away meanwhile meets
 * the helper again by the same link. */
static enum zt_err
end_helping(struct zt *z, struct exchange *r, struct zt_greeted *out)
{
	enum zt_err err;

	log_rest(z);
	out->is_fetched = exchange_await_fetched(r);
	if ((err = log_wake(z, true)))
		return err;
	if (!out->is_fetched)
		return session_refuse(z, ZT_ERR_ABORTED,
		    "they went away before they had your part: greet the same link again");
	r->is_told = true;
	/* The server first: what this device has noted it greets no more. */
	if ((err = invitation_end(z, &r->invitation, true)) && err != ZT_ERR_GONE)
		return err;
	return invitation_note(z, &r->invitation, "accepted");
}

static enum zt_err
give_part(struct zt *z, struct exchange *r, const struct id *device, struct bytes part,
    struct zt_greeted *out)
{
	Zt__RecoveryHelp m = ZT__RECOVERY_HELP__INIT;
	Zt__RecoveryShare *share = NULL;
	struct buf help = buf_init(1024), got = buf_init(64);
	enum zt_err err;

	if ((err = pb_decode(&zt__recovery_share__descriptor, part, 256, &share)) == ZT_OK) {
		m.org = pb_field(z->org.b, ID_BYTES);
		m.device = pb_field(device->b, ID_BYTES);
		m.share = share;
		if ((err = pb_encode(&m, &help)) == ZT_OK &&
		    (err = exchange_walk(r, SAS_STEPS, buf_bytes(&help), &got)) == ZT_OK)
			err = end_helping(z, r, out);
	}
	pb_wipe(share);
	buf_free(&help);
	buf_free(&got);
	return err;
}

enum zt_err
colleagues_help(struct zt *z, struct exchange *r, struct bytes claim, struct zt_greeted *out)
{
	Zt__RecoveryAsk *ask = NULL;
	struct log_handle h;
	struct org_user *u;
	struct buf part = buf_init(256);
	struct id device;
	bool yes;
	enum zt_err err;

	if ((err = pb_decode(&zt__recovery_ask__descriptor, claim, LIMIT_EXCHANGE, &ask)))
		return err;
	if (strlen(ask->email) > LIMIT_TEXT || strlen(ask->label) > LIMIT_TEXT)
		err = ZT_ERR_CORRUPT;
	else if ((err = log_fetch(z)) == ZT_OK && (err = log_sync_handles(z)) == ZT_OK)
		err = log_find_user(z, ask->email, &u);
	if (err == ZT_OK && (err = find_part(z, &u->id, &device, &part)) == ZT_ERR_NOT_FOUND)
		err = session_refuse(
		    z, err, "%.100s has left no part of a recovery with you", ask->email);
	if (err == ZT_OK) {
		log_handle(z, &u->id, &h);
		(void)snprintf(out->email, sizeof out->email, "%s", h.email);
		log_rest(z); /* while a human thinks */
		yes = r->codes->help != NULL &&
		      r->codes->help(r->codes->ctx, h.email, h.name, ask->label);
		if ((err = log_wake(z, true)) == ZT_OK && !yes)
			err = session_refuse(z, ZT_ERR_DECLINED,
			    "you did not help %.80s, who got nothing; the invitation stays "
			    "open",
			    h.email);
	}
	if (err == ZT_OK)
		err = give_part(z, r, &device, buf_bytes(&part), out);
	if (err && r->detail[0] != 0)
		err = session_refuse(z, err, "%s", r->detail);
	pb_free(ask);
	buf_free(&part);
	return err;
}

/* ---- the asker: a user who has lost all devices ---- */

struct asking {
	const struct zt_options *o;
	const struct zt_recovery *rec;
	struct returning k;
	/* Devices that parts brought back, and that are not the asker's way. */
	struct id refused[SHAMIR_MAX];
	unsigned refused_count;
	char *message;
};

static enum zt_err
fail(const struct asking *a, enum zt_err err, const char *message)
{
	if (a->message != NULL)
		(void)snprintf(a->message, SESSION_MESSAGE, "%s", message);
	return err;
}

static bool
is_of(const struct returning_part *p, const struct id *device, unsigned need)
{
	return p->need == need && id_equal(&p->device, device);
}

static enum zt_err
take_help(struct returning *a, const Zt__RecoveryHelp *m, const char **message)
{
	const Zt__RecoveryShare *s = m->share;
	struct returning_part *p;
	struct id org, device;

	if (pb_id(m->org, &org) || pb_id(m->device, &device) || s == NULL || s->need < 2 ||
	    s->need > SHAMIR_MAX || s->x == 0 || s->x > SHAMIR_MAX ||
	    s->y.len != SECRET_BYTES || !id_equal(&org, &a->org))
		return *message = N_("the colleague's answer is not well formed"),
		       ZT_ERR_CORRUPT;
	for (unsigned i = 0; i < a->count; i++)
		if (is_of(&a->part[i], &device, s->need) && a->part[i].part.x == s->x &&
		    ct_equal(bytes_of(a->part[i].part.y, SECRET_BYTES), pb_bytes(s->y)))
			return ZT_OK; /* this colleague has helped already */
	if (a->count == SHAMIR_MAX)
		return *message = N_("this device keeps as many parts as it can"),
		       ZT_ERR_TOO_BIG;
	p = &a->part[a->count++];
	*p = (struct returning_part){
		.device = device, .need = s->need, .part.x = (uint8_t)s->x
	};
	memcpy(p->part.y, s->y.data, SECRET_BYTES);
	return ZT_OK;
}

/* The colleague's part, kept before the next one is asked. */
static enum zt_err
keep_part(struct asking *a, struct exchange *r, struct bytes clear)
{
	Zt__RecoveryHelp *help = NULL;
	const char *message = "";
	enum zt_err err =
	    pb_decode(&zt__recovery_help__descriptor, clear, LIMIT_EXCHANGE, &help);

	if (err == ZT_OK && (err = take_help(&a->k, help, &message)) == ZT_OK &&
	    (err = returning_keep(a->o, &a->k)) == ZT_OK)
		exchange_fetched(r);
	pb_wipe(help);
	return err && message[0] != 0 ? fail(a, err, message) : err;
}

/* One colleague: codes, then their part. */
static enum zt_err
ask_one(struct asking *a, const char *link)
{
	struct exchange r = { .side = SAS_CLAIMER, .codes = a->rec->codes };
	struct calls_options co = { .ca_file = a->o->ca_file,
		.in_clear = a->o->in_clear,
		.translate = a->o->translate,
		.stop = session_stop(a->o) };
	Zt__RecoveryAsk ask = ZT__RECOVERY_ASK__INIT;
	struct buf claim = buf_init(LIMIT_EXCHANGE), got = buf_init(LIMIT_EXCHANGE);
	struct invite_link l;
	enum zt_err err;

	if (invite_link_parse(link, &l) || (a->k.count > 0 && !id_equal(&l.org, &a->k.org)))
		return fail(a, ZT_ERR_INVALID, "that is not an invitation link (zt://...)");
	co.server = l.server;
	a->k.org = r.org = l.org;
	r.invitation = l.invitation;
	(void)snprintf(a->k.server, sizeof a->k.server, "%s", l.server);
	ask.email = (char *)(uintptr_t)a->rec->email;
	ask.label = (char *)(uintptr_t)a->rec->device_label;
	if ((err = calls_new(&co, &r.calls)) == ZT_OK &&
	    (err = exchange_begin(&r, a->o->home)) == ZT_OK &&
	    (err = pb_encode(&ask, &claim)) == ZT_OK &&
	    (err = exchange_walk(&r, SAS_STEPS, buf_bytes(&claim), &got)))
		err = fail(a, err, r.detail);
	if (err == ZT_OK)
		err = keep_part(a, &r, buf_bytes(&got));
	exchange_leave(&r, a->o->home, err);
	sas_free(r.sas);
	calls_free(r.calls);
	buf_free(&claim);
	buf_free(&got);
	return err;
}

static bool
is_refused(const struct asking *a, const struct id *device)
{
	for (unsigned i = 0; i < a->refused_count; i++)
		if (id_equal(&a->refused[i], device))
			return true;
	return false;
}

/* The secret of the parts whose bits are set in WHICH, when it is that of the device that all
 * of them name, *DEVICE. */
static bool
join(const struct asking *asking, unsigned which, struct secret **out, struct id *device)
{
	const struct returning *a = &asking->k;
	struct shamir_part some[SHAMIR_MAX];
	const struct returning_part *first = NULL;
	struct secret *s = NULL;
	struct id id;
	unsigned n = 0;
	bool is_it;

	for (unsigned i = 0; i < a->count; i++) {
		if ((which >> i & 1) == 0)
			continue;
		if (first == NULL)
			first = &a->part[i];
		if (!is_of(&a->part[i], &first->device, first->need))
			return false;
		some[n++] = a->part[i].part;
	}
	is_it = first != NULL && n == first->need && !is_refused(asking, &first->device) &&
		shamir_join(some, n, &s) == ZT_OK && recovery_id(s, n, &id) == ZT_OK &&
		id_equal(&id, &first->device);
	wipe(some, sizeof some);
	if (is_it) {
		*out = s;
		*device = id;
	} else {
		secret_free(s);
	}
	return is_it;
}

/* How many parts of one secret are here at most, and how many *NEED to be. */
static unsigned
max_of_one(const struct returning *a, unsigned *need)
{
	unsigned max = 0;

	*need = 0;
	for (unsigned i = 0; i < a->count; i++) {
		unsigned n = 0;

		for (unsigned k = 0; k < a->count; k++)
			n += is_of(&a->part[k], &a->part[i].device, a->part[i].need);
		if (n > max) {
			max = n;
			*need = a->part[i].need;
		}
	}
	return max;
}

/* An earlier try's parts, when it was for the same address. */
static enum zt_err
begin_asking(struct asking *a)
{
	const struct zt_recovery *r = a->rec;
	enum zt_err err;

	if (r->link_count > SHAMIR_MAX)
		return fail(a, ZT_ERR_INVALID, "too many links");
	if (r->confirm == NULL || r->email == NULL || r->email[0] == 0 ||
	    strlen(r->email) > LIMIT_TEXT || strlen(r->device_label) > LIMIT_TEXT)
		return fail(a, ZT_ERR_INVALID,
		    "who comes back by colleagues says who they are, and confirms it");
	if ((err = returning_read(a->o, &a->k, a->message)))
		return err;
	if (!log_same_address(a->k.email, r->email))
		a->k.count = 0;
	(void)snprintf(a->k.email, sizeof a->k.email, "%s", r->email);
	return ZT_OK;
}

/* A part that was altered, or is of another secret, spoils what it is joined with: others may
 * do without it. */
static enum zt_err
join_some(struct asking *a, struct secret **out, unsigned *need, struct id *device)
{
	unsigned max = max_of_one(&a->k, need);
	char text[SESSION_MESSAGE];

	for (unsigned which = 1; which < 1U << a->k.count; which++)
		if (join(a, which, out, device)) {
			for (*need = 0; which > 0; which &= which - 1)
				++*need;
			return ZT_OK;
		}
	if (max >= *need && max > 0)
		return fail(a, ZT_ERR_KEY,
		    "the parts do not fit each other: a colleague's is not the one that was "
		    "left with them; go on with the links of others");
	(void)snprintf(text, sizeof text,
	    returning_words(a->o, "more colleagues are needed: %u of %u parts are kept in this "
				  "folder, go on with the links of others"),
	    max, *need);
	return fail(a, ZT_ERR_KEY, max == 0 ? "more colleagues are needed" : text);
}

/* Comes back by the parts that are here. Hostile helpers can give parts that fit, of a device
 * that is another's or nobody's: those of the others count all the same. What trying again may
 * mend is no device's fault. */
static enum zt_err
return_by_parts(struct asking *a)
{
	char first[SESSION_MESSAGE] = "";
	struct secret *secret = NULL;
	struct id device;
	unsigned need = 0;
	enum zt_err err, refused = ZT_OK;

	while ((err = join_some(a, &secret, &need, &device)) == ZT_OK) {
		err = recovery_return(a->o, a->rec, &a->k, secret, need, a->message);
		secret_free(secret);
		/* a key that did not reach the device is the doing of whose it is */
		if (err == ZT_OK || (err_retry(err) && err != ZT_ERR_MISSING_KEY))
			return err;
		if (refused == ZT_OK && a->message != NULL)
			(void)snprintf(first, sizeof first, "%s", a->message);
		if (refused == ZT_OK)
			refused = err;
		a->refused[a->refused_count++] = device;
	}
	return refused != ZT_OK ? fail(a, refused, first) : err;
}

enum zt_err
colleagues_ask(const struct zt_options *o, const struct zt_recovery *r, char *message)
{
	struct asking a = { .o = o, .rec = r, .message = message };
	enum zt_err err = begin_asking(&a);

	/* A link that was used up is, where parts are kept, that of somebody who has helped. */
	for (unsigned i = 0; err == ZT_OK && i < r->link_count; i++)
		if ((err = ask_one(&a, r->links[i])) == ZT_ERR_GONE && a.k.count > 0)
			err = ZT_OK;
	if (err == ZT_OK)
		err = return_by_parts(&a);
	returning_free(&a.k);
	return err;
}
