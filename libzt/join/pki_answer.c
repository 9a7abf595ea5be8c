/* SPDX-License-Identifier: Apache-2.0 */
/* pki_answer.c - joining with an X.509 certificate, the admin's side: which requests there are,
 * and the answer to each. This device checks everything itself: the server's checks only keep
 * strangers from filling the list. */
#include <string.h>

#include "format/limits.h"
#include "format/pb.h"
#include "join/newcomer.h"
#include "join/verbs.h"
#include "log/sync.h"
#include "pki/pki_request.h"
#include "proto/auth.pb-c.h"
#include "session/session.h"
#include "zt/pki.h"

static enum zt_err
fetch_requests(struct zt *z, Zt__PkiRequests **out)
{
	struct route_params p = { .org = z->org };
	struct buf answer = buf_init(LIMIT_PAGE);
	enum zt_err err;

	if ((err = log_fetch(z)) == ZT_OK && (err = session_call(z, ROUTE_PKI_LIST, &p, NULL,
						  bytes_of(NULL, 0), &answer)) == ZT_OK)
		err = pb_decode(
		    &zt__pki_requests__descriptor, buf_bytes(&answer), LIMIT_PAGE, out);
	buf_free(&answer);
	return err;
}

/* By what this device has verified, and by its own clock. */
static enum zt_err
judge(struct zt *z, const Zt__PkiRequest *m, struct pki_request *r, const char **message)
{
	struct pki_trust trust;
	struct buf known = buf_init(64);
	enum zt_err err;

	if ((err = pki_request_read(m, r)))
		return err;
	if ((err = pki_trust_of(bytes_of(z->state->settings, z->state->settings_n), &trust)) ==
	    ZT_OK) {
		err = pki_request_check(&trust, &z->org, r, session_now_ms(), message);
		pki_trust_free(&trust);
	}
	if (err == ZT_OK && store_get(z->store, STORE_INVITATION, bytes_of(r->id.b, ID_BYTES),
				0, &known) == ZT_OK) {
		*message = N_("this device has answered this request before");
		err = ZT_ERR_CERTIFICATE;
	}
	buf_free(&known);
	return err;
}

static void
show_request(struct zt *z, const Zt__PkiRequest *m,
    void (*each)(void *ctx, const struct zt_pki_open *r), void *ctx)
{
	struct pki_request r = { .m = NULL };
	struct x509_text t = { .from_ms = 0 };
	struct zt_pki_open one = { .message = NULL };
	char id[ID_TEXT], fingerprint[2 * HASH_BYTES + 1];
	const char *message = NULL;
	enum zt_err err = judge(z, m, &r, &message);

	if (r.m == NULL)
		return;
	(void)!x509_describe(r.claim.certificate, &t);
	id_print(&r.id, id);
	hex_print(t.fingerprint.b, HASH_BYTES, fingerprint);
	one.id = id;
	one.email = r.m->email;
	one.name = r.m->name;
	one.time = r.m->time;
	one.subject = t.subject;
	one.issuer = t.issuer;
	one.fingerprint = fingerprint;
	if (err)
		one.message = message != NULL ? message : err_text(err);
	each(ctx, &one);
	pki_request_free(&r);
}

enum zt_err
join_pki_requests(struct zt *z, void (*each)(void *ctx, const struct zt_pki_open *r), void *ctx)
{
	Zt__PkiRequests *m = NULL;
	enum zt_err err;

	z->message[0] = 0;
	if ((err = fetch_requests(z, &m)))
		return err;
	for (size_t i = 0; i < m->n_items; i++)
		show_request(z, m->items[i], each, ctx);
	pb_free(m);
	return ZT_OK;
}

/* Once and for all; remembered here, so that no server can bring it again. */
static enum zt_err
end(struct zt *z, const struct id *id, bool accepted)
{
	struct route_params p = { .org = z->org, .id = *id };
	Zt__PkiEnd m = ZT__PKI_END__INIT;
	struct buf body = buf_init(64), answer = buf_init(64);
	enum zt_err err;

	m.accepted = accepted;
	if ((err = store_put(z->store, STORE_INVITATION, bytes_of(id->b, ID_BYTES), 0,
		 bytes_text(accepted ? "accepted" : "cancelled"))) == ZT_OK &&
	    (err = pb_encode(&m, &body)) == ZT_OK)
		err = session_call(z, ROUTE_PKI_END, &p, NULL, buf_bytes(&body), &answer);
	buf_free(&body);
	buf_free(&answer);
	return err;
}

static bool
says_accepted(struct zt *z, const struct id *request)
{
	struct buf known = buf_init(64);
	bool says = store_get(z->store, STORE_INVITATION, bytes_of(request->b, ID_BYTES), 0,
			&known) == ZT_OK &&
		    bytes_equal(buf_bytes(&known), bytes_text("accepted"));

	buf_free(&known);
	return says;
}

/* Whether the very device that R asks for is in, of a live user with PROFILE. */
static bool
is_in(const struct zt *z, const struct pki_request *r, const char *profile)
{
	const struct org_user *u = org_state_user(z->state, &r->user);
	const struct org_device *d = NULL;
	struct id device;

	if (pb_id(r->m->device, &device) == ZT_OK)
		d = org_state_device(z->state, &device);
	return u != NULL && d != NULL && d->user == u && org_state_user_live(u, ORG_NEVER) &&
	       strcmp(org_state_profile_name(org_state_profile(u, ORG_NEVER)), profile) == 0 &&
	       bytes_equal(bytes_of(d->sign_key, SIGN_PUBLIC_BYTES), pb_bytes(r->m->sign_key));
}

/* Ends a request whose user this device let in before it was ended itself, so that the server
 * did not hear of it. Errors: NOT_FOUND (it is none of those, or not with PROFILE). */
static enum zt_err
end_accepted(struct zt *z, const Zt__PkiRequest *m, const char *profile)
{
	struct pki_request r = { .m = NULL };
	enum zt_err err = pki_request_read(m, &r);

	if (err == ZT_OK)
		err = says_accepted(z, &r.id) && is_in(z, &r, profile) ? end(z, &r.id, true)
								       : ZT_ERR_NOT_FOUND;
	pki_request_free(&r);
	return err;
}

static enum zt_err
accept_one(struct zt *z, const Zt__PkiRequest *m, const char *profile)
{
	struct pki_request r = { .m = NULL };
	const char *message = NULL;
	enum zt_err err = judge(z, m, &r, &message);

	if (err && message != NULL)
		err = session_refuse(z, err, "%s", message);
	if (err == ZT_OK) {
		struct newcomer_claim c = { .user = r.user,
			.email = r.m->email,
			.name = r.m->name,
			.profile = profile,
			.user_key = r.m->user_key,
			.device = r.m->device,
			.sign_key = r.m->sign_key,
			.seal_key = r.m->seal_key,
			.sealed_label = r.m->sealed_label };

		if ((err = newcomer_enter(z, &c)) == ZT_OK)
			err = end(z, &r.id, true);
	}
	pki_request_free(&r);
	return err;
}

static enum zt_err
find(struct zt *z, const char *id, Zt__PkiRequests *m, const Zt__PkiRequest **out)
{
	struct id wanted, is;

	if (id_parse(id, strlen(id), &wanted))
		return session_refuse(z, ZT_ERR_INVALID, "that is not a request's id");
	for (size_t i = 0; i < m->n_items; i++)
		if (pb_id(m->items[i]->id, &is) == ZT_OK && id_equal(&is, &wanted)) {
			*out = m->items[i];
			return ZT_OK;
		}
	return session_refuse(z, ZT_ERR_NOT_FOUND, "no such request waits");
}

enum zt_err
join_pki_accept(struct zt *z, const char *id, const char *profile)
{
	const Zt__PkiRequest *one = NULL;
	Zt__PkiRequests *m = NULL;
	enum zt_err err;

	z->message[0] = 0;
	if (profile == NULL)
		profile = "standard";
	if ((err = fetch_requests(z, &m)) == ZT_OK && (err = find(z, id, m, &one)) == ZT_OK)
		if ((err = end_accepted(z, one, profile)) == ZT_ERR_NOT_FOUND)
			err = accept_one(z, one, profile);
	pb_free(m);
	return err;
}

enum zt_err
join_pki_reject(struct zt *z, const char *id)
{
	struct id request;

	z->message[0] = 0;
	if (id_parse(id, strlen(id), &request))
		return session_refuse(z, ZT_ERR_INVALID, "that is not a request's id");
	return end(z, &request, false);
}
