/* SPDX-License-Identifier: Apache-2.0 */
/* bootstrap.c - a new organization: its root key lives in this file's one call and nowhere
 * else. */
#include <stdio.h>

#include "crypto/labels.h"
#include "crypto/suite.h"
#include "format/limits.h"
#include "format/pb.h"
#include "join/verbs.h"
#include "log/handles.h"
#include "log/open.h"
#include "log/sync.h"
#include "port/page.h"
#include "proto/auth.pb-c.h"
#include "session/device.h"
#include "session/session.h"
#include "store/device_file.h"
#include "zt/org.h"

/* Everything that is made for the first device. */
struct founding {
	struct sign_key *root, *sign;
	struct secret *seal, *user_key;
	struct id org, user, device;
	uint8_t root_public[32], sign_public[32], seal_public[32], user_public[32], log_key[32];
	uint8_t token[32];
	struct buf handle, label;
	struct hash commitment;
};

static enum zt_err
reserve(struct calls *c, const char *slug, struct founding *f, char detail[200])
{
	struct route_params none = { .org = { { 0 } } };
	Zt__OrgCreate ask = ZT__ORG_CREATE__INIT;
	Zt__OrgCreated *m = NULL;
	struct buf body = buf_init(1024), answer = buf_init(1024);
	enum zt_err err;

	ask.slug = (char *)(uintptr_t)slug;
	if ((err = pb_encode(&ask, &body)) ||
	    (err = calls_run(
		 c, ROUTE_ORG_CREATE, &none, NULL, buf_bytes(&body), &answer, detail)) ||
	    (err = pb_decode(&zt__org_created__descriptor, buf_bytes(&answer), 1024, &m)) ||
	    (err = pb_exact(m->token, f->token, sizeof f->token)))
		goto out;
	err = pb_exact(m->log_key, f->log_key, sizeof f->log_key);
out:
	pb_free(m);
	buf_free(&body);
	buf_free(&answer);
	return err;
}

/* The operator has reserved the name before, and gave its founder the code. */
static enum zt_err
read_code(const char *code, struct founding *f, char detail[200])
{
	uint8_t both[64];
	enum zt_err err = hex_parse(code, strlen(code), both, sizeof both);

	if (err == ZT_OK) {
		memcpy(f->token, both, 32);
		memcpy(f->log_key, both + 32, 32);
	} else {
		(void)snprintf(detail, 200, N_("that is not a founding code"));
	}
	wipe(both, sizeof both);
	return err;
}

static enum zt_err
make_keys(const struct zt_bootstrap *b, struct founding *f)
{
	Zt__Handle handle = ZT__HANDLE__INIT;
	uint8_t salt[32];
	enum zt_err err;

	if ((err = sign_generate(&f->root)) || (err = sign_generate(&f->sign)) ||
	    (err = secret_generate(&f->seal)) || (err = secret_generate(&f->user_key)))
		return err;
	sign_public(f->root, f->root_public);
	sign_public(f->sign, f->sign_public);
	hpke_public(f->seal, f->seal_public);
	hpke_public(f->user_key, f->user_public);
	org_state_id(f->root_public, &f->org);
	random_bytes(f->user.b, ID_BYTES);
	random_bytes(f->device.b, ID_BYTES);
	random_bytes(salt, sizeof salt);
	handle.email = (char *)(uintptr_t)b->email;
	handle.name = (char *)(uintptr_t)b->name;
	handle.salt = pb_field(salt, sizeof salt);
	if ((err = pb_encode(&handle, &f->handle)))
		return err;
	log_commit_handle(&f->user, buf_bytes(&f->handle), &f->commitment);
	return hpke_seal(f->user_public, bytes_text(LABEL_DEVICE_LABEL),
	    bytes_of(f->device.b, ID_BYTES), bytes_text(b->device_label), &f->label);
}

static enum zt_err
sign_genesis(const struct zt_bootstrap *b, struct founding *f, struct entry **out)
{
	Zt__EntryBody body = ZT__ENTRY_BODY__INIT;
	Zt__Genesis g = ZT__GENESIS__INIT;
	Zt__UserAdded u = ZT__USER_ADDED__INIT;
	Zt__DeviceAdded d = ZT__DEVICE_ADDED__INIT;
	char origin[PORT_ORIGIN];

	d.user = u.user = pb_field(f->user.b, ID_BYTES);
	d.device = pb_field(f->device.b, ID_BYTES);
	d.sign_key = pb_field(f->sign_public, 32);
	d.seal_key = pb_field(f->seal_public, 32);
	d.purpose = (char *)(uintptr_t) "desktop";
	d.sealed_label = pb_field(f->label.p, f->label.n);
	port_page_origin(origin);
	d.browser = origin;
	u.profile = ZT__PROFILE__ADMIN;
	u.handle_commitment = pb_field(f->commitment.b, HASH_BYTES);
	u.user_key = pb_field(f->user_public, 32);
	u.device = &d;
	g.slug = (char *)(uintptr_t)b->slug;
	g.format = LOG_FORMAT;
	g.root_key = pb_field(f->root_public, 32);
	g.log_key = pb_field(f->log_key, 32);
	g.first = &u;
	body.suite = SUITE_1;
	body.org = body.topic = pb_field(f->org.b, ID_BYTES);
	body.time = session_now_ms();
	body.action_case = ZT__ENTRY_BODY__ACTION_GENESIS;
	body.genesis = &g;
	return entry_sign(f->root, &body, out);
}

static enum zt_err
send_genesis(struct calls *c, const struct founding *f, const struct entry *e, char detail[200])
{
	struct route_params p = { .org = f->org };
	Zt__Bootstrap m = ZT__BOOTSTRAP__INIT;
	Zt__Statement s = statement_message(&e->stmt);
	struct buf body = buf_init(LIMIT_ENTRY), answer = buf_init(4096);
	enum zt_err err;

	m.token = pb_field(f->token, sizeof f->token);
	m.entry = &s;
	if ((err = pb_encode(&m, &body)) == ZT_OK)
		err =
		    calls_run(c, ROUTE_BOOTSTRAP, &p, NULL, buf_bytes(&body), &answer, detail);
	buf_free(&body);
	buf_free(&answer);
	return err;
}

static const char founding_key[] = "founding";

/* The handle, which the log commits to and nobody else knows, and that this device is not an
 * organization's yet: kept before the genesis is sent. */
static enum zt_err
keep_handle(const struct zt_options *o, const struct founding *f, char *message)
{
	struct zt *z = NULL;
	enum zt_err err = log_open(o, &z, message);

	if (err == ZT_OK &&
	    (err = store_put(z->store, STORE_HANDLE, bytes_of(f->user.b, ID_BYTES), 0,
		 buf_bytes(&f->handle))) == ZT_OK)
		err = store_put(
		    z->store, STORE_META, bytes_text(founding_key), 0, bytes_of(NULL, 0));
	session_close(z);
	return err;
}

static bool
is_founding(struct zt *z)
{
	struct buf b = buf_init(16);
	bool is = store_get(z->store, STORE_META, bytes_text(founding_key), 0, &b) == ZT_OK;

	buf_free(&b);
	return is;
}

/* The device sees its own genesis, and discloses its own handle. */
static enum zt_err
settle(struct zt *z)
{
	enum zt_err err;

	if ((err = log_fetch(z)) || (err = log_disclose(z, &z->user, &z->user, 0)))
		return err;
	return store_delete(z->store, STORE_META, bytes_text(founding_key), 0);
}

static enum zt_err
open_and_settle(const struct zt_options *o, char *message)
{
	struct zt *z = NULL;
	enum zt_err err = log_open(o, &z, message);

	if (err == ZT_OK && (err = settle(z)) != ZT_OK && message != NULL)
		(void)snprintf(message, SESSION_MESSAGE, "%s", session_message(z));
	session_close(z);
	return err;
}

/* Whether no log can contain Z's device, as far as it knows: it has verified nothing of one,
 * and nobody vouched for one to it, as greeters do. */
static bool
has_seen_nothing(const struct zt *z)
{
	return !z->root_by_id && z->vouched_size == 0 && merkle_size(z->state->tree) == 0;
}

/* Whether Z was ended between its device file and its mark: the server knows neither it nor its
 * organization. Of a request by certificate the answer is still missing. Errors: those of the
 * network, while nobody knows. */
static enum zt_err
find_nobodys(struct zt *z, bool *is)
{
	enum zt_err err = has_seen_nothing(z) ? log_fetch(z) : ZT_OK;

	*is = err == ZT_ERR_NOT_FOUND || err == ZT_ERR_UNKNOWN_DEVICE;
	return *is ? ZT_OK : err;
}

/* A founding that was ended in the middle: its genesis arrived, and the rest is done now; or
 * it did not, and nobody can sign it again. No server's word ends a device that has seen its
 * log. Errors: EXISTS (it is another device), NOT_FOUND (start over). */
static enum zt_err
go_on(const struct zt_options *o, char *message)
{
	struct zt *z = NULL;
	bool is_ours = false, is_lost = false;
	enum zt_err err = log_open(o, &z, message);

	if (err)
		return err;
	if ((is_ours = is_founding(z))) {
		err = settle(z);
		is_lost = (err == ZT_ERR_NOT_FOUND || err == ZT_ERR_UNKNOWN_DEVICE) &&
			  has_seen_nothing(z);
	} else if ((err = find_nobodys(z, &is_lost)) == ZT_OK && !is_lost) {
		err = ZT_ERR_EXISTS;
	}
	if (err && message != NULL)
		(void)snprintf(message, SESSION_MESSAGE, "%s", session_message(z));
	session_close(z);
	if (!is_lost)
		return err;
	device_file_discard(o->home);
	return ZT_ERR_NOT_FOUND;
}

/* The server has answered that it did not take the genesis: the device is nobody's. Without an
 * answer it may have taken it. */
static bool
is_refusal(enum zt_err err)
{
	return err == ZT_ERR_FORBIDDEN || err == ZT_ERR_EXISTS || err == ZT_ERR_INVALID ||
	       err == ZT_ERR_CLOCK || err == ZT_ERR_CORRUPT;
}

enum zt_err
join_bootstrap(const struct zt_options *o, const struct zt_bootstrap *b, char *message)
{
	struct calls_options co = { .server = b->server,
		.ca_file = o->ca_file,
		.operator_token = b->operator_token,
		.in_clear = o->in_clear,
		.translate = o->translate,
		.stop = session_stop(o) };
	struct founding f = { .handle = buf_init(4096), .label = buf_init(1024) };
	struct new_device d;
	struct calls *c = NULL;
	struct entry *e = NULL;
	char detail[SESSION_MESSAGE] = "";
	enum zt_err err;

	if ((err = suite_init()))
		return err;
	if ((err = device_file_may_begin(o->home)) == ZT_ERR_EXISTS) {
		if ((err = go_on(o, message)) == ZT_ERR_EXISTS)
			err = device_may_begin(o, message);
		if (err != ZT_ERR_NOT_FOUND)
			return err;
	} else if (err) {
		return err;
	}
	if ((err = calls_new(&co, &c)) ||
	    (err = b->founding_code != NULL ? read_code(b->founding_code, &f, detail)
					    : reserve(c, b->slug, &f, detail)) ||
	    (err = make_keys(b, &f)) || (err = sign_genesis(b, &f, &e)))
		goto out;
	sign_free(f.root); /* wiped: nothing else is ever signed with it */
	f.root = NULL;
	d = (struct new_device){ .server = b->server,
		.slug = b->slug,
		.email = b->email,
		.org = f.org,
		.user = f.user,
		.device = f.device,
		.sign = f.sign,
		.seal = f.seal,
		.user_keys = { secret_bytes(f.user_key) },
		.user_key_count = 1 };
	memcpy(d.root_key, f.root_public, sizeof d.root_key);
	/* The device first: an organization whose only keys were lost would be of no use. */
	if ((err = device_write(o, &d)) == ZT_OK &&
	    (err = keep_handle(o, &f, detail)) == ZT_OK &&
	    (err = send_genesis(c, &f, e, detail)) != ZT_OK && is_refusal(err))
		device_file_discard(o->home);
out:
	if (err && message != NULL)
		(void)snprintf(message, SESSION_MESSAGE, "%s", detail);
	sign_free(f.root);
	sign_free(f.sign);
	secret_free(f.seal);
	entry_free(e);
	calls_free(c);
	if (err == ZT_OK)
		err = open_and_settle(o, message);
	secret_free(f.user_key);
	buf_free(&f.handle);
	buf_free(&f.label);
	return err;
}
