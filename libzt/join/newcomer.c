/* SPDX-License-Identifier: Apache-2.0 */
#include "join/newcomer.h"

#include "base/utf8.h"
#include "crypto/labels.h"
#include "crypto/suite.h"
#include "format/limits.h"
#include "format/pb.h"
#include "log/append.h"
#include "log/handles.h"
#include "log/person.h"
#include "session/session.h"

static bool
is_bad(const char *text)
{
	return strlen(text) > LIMIT_TEXT || !utf8_valid(bytes_text(text)) ||
	       utf8_has_control(bytes_text(text));
}

const char *
newcomer_bad_text(const char *email, const char *name, const char *label)
{
	const char *at = strchr(email, '@');

	if (is_bad(email) || at == NULL || at == email || at[1] == 0 ||
	    strchr(at + 1, '@') != NULL || email[0] == ' ' || email[strlen(email) - 1] == ' ')
		return N_(
		    "an e-mail address has one @ with something on both sides, and at most "
		    "256 bytes");
	if (is_bad(name) || name[strspn(name, " ")] == 0)
		return N_(
		    "a name is UTF-8 text of at most 256 bytes without control characters, "
		    "and not empty");
	if (is_bad(label))
		return N_("a device's label is UTF-8 text of at most 256 bytes without control "
			  "characters");
	return NULL;
}

enum zt_err
newcomer_check_text(struct zt *z, const char *email, const char *name, const char *label)
{
	const char *bad = newcomer_bad_text(email, name, label);

	return bad != NULL ? session_refuse(z, ZT_ERR_INVALID, "%s", session_translate(z, bad))
			   : ZT_OK;
}

enum zt_err
newcomer_make(struct newcomer *n, const char *label, struct buf *sealed_label)
{
	enum zt_err err;

	*n = (struct newcomer){ .sign = NULL };
	if ((err = sign_generate(&n->sign)) || (err = secret_generate(&n->seal)) ||
	    (err = secret_generate(&n->user_key)))
		return err;
	random_bytes(n->device.b, ID_BYTES);
	return newcomer_seal_label(n, label, sealed_label);
}

enum zt_err
newcomer_seal_label(struct newcomer *n, const char *label, struct buf *sealed_label)
{
	sign_public(n->sign, n->sign_public);
	hpke_public(n->seal, n->seal_public);
	hpke_public(n->user_key, n->user_public);
	return hpke_seal(n->user_public, bytes_text(LABEL_DEVICE_LABEL),
	    bytes_of(n->device.b, ID_BYTES), bytes_text(label), sealed_label);
}

void
newcomer_free(struct newcomer *n)
{
	sign_free(n->sign);
	secret_free(n->seal);
	secret_free(n->user_key);
	*n = (struct newcomer){ .sign = NULL };
}

/* ---- into the log ---- */

struct entering {
	struct buf handle;
	struct hash commitment;
	Zt__UserAdded u;
	Zt__DeviceAdded d;
};

static enum zt_err
fill_user(struct zt *z, void *ctx, Zt__EntryBody *b)
{
	struct entering *e = ctx;

	(void)z;
	b->action_case = ZT__ENTRY_BODY__ACTION_USER_ADDED;
	b->user_added = &e->u;
	return ZT_OK;
}

static enum zt_err
profile_of(struct zt *z, const char *text, Zt__Profile *out)
{
	for (int p = PROFILE_ADMIN; p <= PROFILE_OUTSIDER; p++)
		if (strcmp(text, org_state_profile_name((enum profile)p)) == 0) {
			*out = (Zt__Profile)p;
			return ZT_OK;
		}
	return session_refuse(z, ZT_ERR_INVALID,
	    "a profile is one of admin, standard, outsider, not %.40s", text);
}

/* Stores the handle before the log commits to it, so that a restart after a kill uses the same
 * one; otherwise the newcomer's name would be lost. */
static enum zt_err
make_handle(struct zt *z, const struct newcomer_claim *c, struct buf *out)
{
	Zt__Handle handle = ZT__HANDLE__INIT;
	uint8_t salt[32];
	enum zt_err err;

	random_bytes(salt, sizeof salt);
	handle.email = (char *)(uintptr_t)c->email;
	handle.name = (char *)(uintptr_t)c->name;
	handle.salt = pb_field(salt, sizeof salt);
	if ((err = pb_encode(&handle, out)))
		return err;
	return store_put(
	    z->store, STORE_HANDLE, bytes_of(c->user.b, ID_BYTES), 0, buf_bytes(out));
}

static enum zt_err
compose(const struct newcomer_claim *c, struct entering *e)
{
	log_commit_handle(&c->user, buf_bytes(&e->handle), &e->commitment);
	e->d.user = e->u.user = pb_field(c->user.b, ID_BYTES);
	e->d.device = c->device;
	e->d.sign_key = c->sign_key;
	e->d.seal_key = c->seal_key;
	e->d.purpose = (char *)(uintptr_t) "desktop";
	e->d.sealed_label = c->sealed_label;
	if (c->browser != NULL)
		e->d.browser = (char *)(uintptr_t)c->browser;
	e->u.handle_commitment = pb_field(e->commitment.b, HASH_BYTES);
	e->u.user_key = c->user_key;
	e->u.device = &e->d;
	return ZT_OK;
}

/* The new handle to everyone who is no outsider, and to the newcomer all that they may know: a
 * later device of theirs, or one that recovers, finds them at the server. */
static enum zt_err
disclose(struct zt *z, const struct newcomer_claim *c)
{
	enum zt_err err = log_disclose(z, NULL, &c->user, 0);

	return err ? err : log_disclose(z, &c->user, NULL, 0);
}

/* Whether the log holds what C asks for: an earlier try came that far. Errors: WHO (something
 * else has the id). */
static enum zt_err
is_in(struct zt *z, const struct newcomer_claim *c, bool *is)
{
	const struct org_user *u = org_state_user(z->state, &c->user);
	const struct org_device *d = NULL;
	struct id device;

	*is = u != NULL;
	if (u == NULL)
		return ZT_OK;
	if (pb_id(c->device, &device) == ZT_OK)
		d = org_state_device(z->state, &device);
	return d != NULL && d->user == u &&
		       bytes_equal(
			   bytes_of(d->sign_key, SIGN_PUBLIC_BYTES), pb_bytes(c->sign_key))
		   ? ZT_OK
		   : session_refuse(z, ZT_ERR_WHO, "another user has this id");
}

enum zt_err
newcomer_enter(struct zt *z, const struct newcomer_claim *c)
{
	struct entering e = { .handle = buf_init(4096) };
	bool in = false;
	enum zt_err err;

	zt__device_added__init(&e.d);
	zt__user_added__init(&e.u);
	if ((err = log_sync_handles(z)) || (err = is_in(z, c, &in)))
		return err;
	if (!in && (err = log_check_new_address(z, c->email)) == ZT_OK &&
	    (err = profile_of(z, c->profile, &e.u.profile)) == ZT_OK &&
	    (err = make_handle(z, c, &e.handle)) == ZT_OK && (err = compose(c, &e)) == ZT_OK)
		err = log_append(z, &z->org, fill_user, &e);
	if (err == ZT_OK)
		err = disclose(z, c);
	buf_free(&e.handle);
	return err;
}
