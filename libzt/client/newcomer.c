#include "client/newcomer.h"

#include "crypto/suite.h"
#include "format/pb.h"

enum zt_err
newcomer_make(struct newcomer *n, const char *label, struct buf *sealed_label)
{
	enum zt_err err;

	*n = (struct newcomer){ .sign = NULL };
	if ((err = sign_generate(&n->sign)) || (err = secret_generate(&n->seal)) ||
	    (err = secret_generate(&n->user_key)))
		return err;
	suite_random(n->device.b, ID_BYTES);
	sign_public(n->sign, n->sign_public);
	hpke_public(n->seal, n->seal_public);
	hpke_public(n->user_key, n->user_public);
	return hpke_seal(n->user_public, bytes_text("zt device label 1"),
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
	return client_refuse(z, ZT_ERR_INVALID,
	    "a profile is one of admin, standard, outsider, not %.40s", text);
}

static enum zt_err
compose(const struct newcomer_claim *c, struct entering *e)
{
	Zt__Handle handle = ZT__HANDLE__INIT;
	uint8_t salt[32];
	enum zt_err err;

	suite_random(salt, sizeof salt);
	handle.email = (char *)(uintptr_t)c->email;
	handle.name = (char *)(uintptr_t)c->name;
	handle.salt = pb_field(salt, sizeof salt);
	if ((err = pb_encode(&handle, &e->handle)))
		return err;
	client_commit_handle(&c->user, buf_bytes(&e->handle), &e->commitment);
	e->d.user = e->u.user = pb_field(c->user.b, ID_BYTES);
	e->d.device = c->device;
	e->d.sign_key = c->sign_key;
	e->d.seal_key = c->seal_key;
	e->d.purpose = (char *)(uintptr_t) "desktop";
	e->d.sealed_label = c->sealed_label;
	e->u.handle_commitment = pb_field(e->commitment.b, HASH_BYTES);
	e->u.user_key = c->user_key;
	e->u.device = &e->d;
	return ZT_OK;
}

/* The new handle to everyone who is no outsider, and to the newcomer all that they may know: a
 * later device of theirs, or one that recovers, finds them at the server. */
static enum zt_err
disclose(struct zt *z, const struct newcomer_claim *c, const struct entering *e)
{
	enum zt_err err = store_put(
	    z->store, STORE_HANDLE, bytes_of(c->user.b, ID_BYTES), 0, buf_bytes(&e->handle));

	if (err == ZT_OK)
		err = client_disclose(z, NULL, &c->user, 0);
	return err ? err : client_disclose(z, &c->user, NULL, 0);
}

enum zt_err
newcomer_enter(struct zt *z, const struct newcomer_claim *c)
{
	struct entering e = { .handle = buf_init(4096) };
	enum zt_err err;

	zt__device_added__init(&e.d);
	zt__user_added__init(&e.u);
	if ((err = client_sync_handles(z)) == ZT_OK &&
	    (err = client_check_new_address(z, c->email)) == ZT_OK &&
	    (err = profile_of(z, c->profile, &e.u.profile)) == ZT_OK &&
	    (err = compose(c, &e)) == ZT_OK &&
	    (err = client_append(z, &z->org, fill_user, &e)) == ZT_OK)
		err = disclose(z, c, &e);
	buf_free(&e.handle);
	return err;
}
