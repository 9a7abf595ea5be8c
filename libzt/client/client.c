/* SPDX-License-Identifier: Apache-2.0 */
#include "client/client.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/utf8.h"
#include "crypto/suite.h"
#include "format/head_text.h"
#include "format/pb.h"
#include "port/clock.h"
#include "store/device_file.h"

enum zt_err
client_refuse(struct zt *z, enum zt_err err, const char *format, ...)
{
	char text[4 * CLIENT_WHY];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof text, client_words(z, format), args);
	va_end(args);
	/* The sentence may contain others' names and addresses: make it safe to show here,
	 * once for all callers. */
	utf8_show_text(text, z->why, sizeof z->why);
	return err;
}

bool
client_goes_on(struct zt *z, struct client_failure *f, enum zt_err err)
{
	if (err && f->err == ZT_OK) {
		f->err = err;
		memcpy(f->why, z->why, sizeof f->why);
	}
	z->why[0] = 0;
	return err != ZT_ERR_NETWORK && err != ZT_ERR_UNAVAILABLE && err != ZT_ERR_TIMEOUT &&
	       err != ZT_ERR_DATABASE && err != ZT_ERR_RATE;
}

enum zt_err
client_failed(struct zt *z, const struct client_failure *f)
{
	memcpy(z->why, f->why, sizeof z->why);
	return f->err;
}

const char *
client_words(const struct zt *z, const char *text)
{
	return z->translate != NULL ? z->translate(text) : text;
}

uint64_t
client_now_ms(void)
{
	return port_wall_ms();
}

enum zt_err
client_call(struct zt *z, enum route r, const struct route_params *p, const char *query,
    struct bytes body, struct buf *answer)
{
	char detail[200];
	enum zt_err err = calls_run(z->calls, r, p, query, body, answer, detail);

	return err ? client_refuse(z, err, "%s", detail) : ZT_OK;
}

static enum zt_err
take_secrets(struct zt *z, const Zt__DeviceSecrets *m)
{
	enum zt_err err;

	z->server = strdup(m->server);
	z->slug = strdup(m->slug);
	z->email = strdup(m->email);
	if (z->server == NULL || z->slug == NULL || z->email == NULL)
		return ZT_ERR_MEMORY;
	if ((err = pb_id(m->org, &z->org)) || (err = pb_id(m->user, &z->user)) ||
	    (err = pb_id(m->device, &z->device)) ||
	    (m->root_key.len > 0 &&
		(err = pb_exact(m->root_key, z->root_key, sizeof z->root_key))) ||
	    (err = sign_from_seed(pb_bytes(m->sign_seed), &z->sign)) ||
	    (err = secret_from(pb_bytes(m->seal_key), &z->seal)) ||
	    (err = secret_from(pb_bytes(m->local_key), &z->local)))
		return err;
	if (m->n_user_keys == 0 || m->n_user_keys > CLIENT_USER_KEYS)
		return ZT_ERR_CORRUPT;
	for (size_t i = 0; i < m->n_user_keys; i++) {
		struct secret *key = NULL;

		if ((err = secret_from(pb_bytes(m->user_keys[i]), &key)) ||
		    (err = client_add_user_key(z, key)))
			return err;
	}
	z->root_by_id = m->root_key.len == 0;
	z->vouched_size = m->tree_size;
	if (m->tree_size > 0 && (err = pb_hash(m->root_hash, &z->vouched_root)))
		return err;
	id_print(&z->org, z->org_text);
	id_print(&z->user, z->user_text);
	id_print(&z->device, z->device_text);
	return ZT_OK;
}

void
client_working(const struct zt *z, enum zt_work what, uint64_t done, uint64_t total)
{
	if (z->working != NULL)
		z->working(z->working_ctx, what, done, total);
}

enum zt_err
client_connect(struct zt *z)
{
	struct calls_options o = { .server = z->server,
		.ca_file = z->ca_file,
		.in_clear = z->in_clear,
		.translate = z->translate,
		.org = z->org,
		.device = z->device,
		.key = z->sign };

	return calls_new(&o, &z->calls);
}

static void
set_why(char *why, const char *text)
{
	if (why != NULL)
		(void)snprintf(why, CLIENT_WHY, "%s", text);
}

static struct bytes
password_of(const struct zt_options *o)
{
	return o->password != NULL ? bytes_text(o->password) : bytes_of(NULL, 0);
}

/* The sentence TEXT in the caller's language; "" leaves it to the error. */
static void
say(const struct zt_options *o, const char *text, char *why)
{
	set_why(why, o->translate != NULL && text[0] != 0 ? o->translate(text) : text);
}

static const char no_token[] = "the token that opens this device is not there";
static const char no_item[] = "the desktop's secret service does not hold this device's key";
static const char no_service[] =
    "the desktop's secret service cannot be reached; it is there in a desktop session";
static const char no_answer[] =
    "the desktop asked for its keyring's password, or was busy, and nobody answered for two "
    "minutes; try again and look for its window";

/* Why the device of HOME, which is there, does not open. */
static const char *
closed(const char *home, enum zt_err err)
{
	enum protector by = device_file_protector(home);

	if (err == ZT_ERR_NOT_FOUND && by == BY_TOKEN)
		return no_token;
	if (err == ZT_ERR_NOT_FOUND && by == BY_DESKTOP)
		return no_item;
	if (err == ZT_ERR_TIMEOUT && by == BY_DESKTOP)
		return no_answer;
	return err == ZT_ERR_UNAVAILABLE && by == BY_DESKTOP ? no_service : "";
}

static const char token_module[] = "a token's URI is pkcs11:token=...;object=..., of a module "
				   "that p11-kit knows, without a PIN";
static const char token_rsa[] = "the token's certificate needs an RSA key that decrypts";
static const char none_held[] = "no session of yours holds this device's key";
static const char still_held[] = "another session of yours still holds this device's key";
static const char desktop_holds[] =
    "the desktop opens this device while you are logged in; zt password ends that";
static const char no_keyring[] = "this system keeps no keys for a session";

enum zt_err
zt_unlock(const struct zt_options *o, unsigned seconds, char *why)
{
	enum zt_err err = suite_start();

	if (err == ZT_OK)
		err = device_file_hold(o->home, password_of(o), seconds);
	say(o, err == ZT_ERR_IO ? no_keyring : closed(o->home, err), why);
	return err;
}

enum zt_err
zt_lock(const struct zt_options *o, char *why)
{
	enum protector by = device_file_protector(o->home);
	enum zt_err err = suite_start();

	if (err == ZT_OK)
		err = device_file_release(o->home);
	if (err == ZT_OK && by == BY_DESKTOP)
		err = ZT_ERR_NOT_FOUND; /* what it opens by is there as before */
	say(o,
	    err == ZT_ERR_IO                              ? still_held
	    : err == ZT_ERR_NOT_FOUND && by == BY_DESKTOP ? desktop_holds
	    : err == ZT_ERR_NOT_FOUND && by != BY_NOTHING ? none_held
							  : "",
	    why);
	return err;
}

enum zt_err
zt_change_password(const struct zt_options *o, const char *new_password, char *why)
{
	enum zt_err err = suite_start();

	if (err == ZT_OK)
		err = device_file_change(o->home, password_of(o), bytes_text(new_password));
	say(o, closed(o->home, err), why);
	return err;
}

enum zt_err
zt_protect_by_token(const struct zt_options *o, const char *uri, const char *pin, char *why)
{
	enum zt_err err = suite_start();

	if (err == ZT_OK)
		err = device_file_protect(o->home, password_of(o), uri, pin);
	say(o,
	    err == ZT_ERR_INVALID ? token_module
	    : err == ZT_ERR_KEY   ? token_rsa
				  : closed(o->home, err),
	    why);
	return err;
}

enum zt_err
zt_protect_by_desktop(const struct zt_options *o, char *why)
{
	enum zt_err err = suite_start();

	if (err == ZT_OK)
		err = device_file_protect_by_desktop(o->home, password_of(o));
	say(o,
	    err == ZT_ERR_UNAVAILABLE ? no_service
	    : err == ZT_ERR_TIMEOUT   ? no_answer
				      : closed(o->home, err),
	    why);
	return err;
}

int
zt_has_device(const char *home)
{
	return !device_file_is_missing(home);
}

int
zt_is_by_token(const char *home)
{
	return device_file_protector(home) == BY_TOKEN;
}

int
zt_is_unlocked(const char *home)
{
	return suite_start() == ZT_OK &&
	       (device_file_protector(home) == BY_DESKTOP || device_file_is_held(home));
}

void
client_explain(const struct zt_options *o, enum zt_err err, char *why)
{
	if (why != NULL && why[0] == 0 &&
	    (err == ZT_ERR_IO || err == ZT_ERR_FOLDER || err == ZT_ERR_STORE))
		device_file_explain(o->home, why, CLIENT_WHY);
	if (why != NULL && why[0] == 0 && err == ZT_ERR_FULL)
		(void)snprintf(why, CLIENT_WHY, "%.200s: %s", o->home, strerror(ENOSPC));
	if (why != NULL && why[0] == 0 && err == ZT_ERR_CORRUPT)
		say(o,
		    "device.zt or joining.zt there is empty or damaged: put a copy back, or "
		    "come "
		    "back by zt recover in another folder",
		    why);
}

enum zt_err
client_may_begin(const struct zt_options *o, char *why)
{
	enum zt_err err = device_file_may_begin(o->home);

	if (err == ZT_ERR_EXISTS)
		say(o, "this state folder holds a device already; zt status says whose", why);
	return err;
}

void
client_take_options(struct zt *z, const struct zt_options *o)
{
	z->in_clear = o->in_clear;
	z->overwrites = o->overwrite;
	z->keeps_both = o->keep_both;
	z->stop = o->stop;
	z->rereads = o->checksum;
	z->translate = o->translate;
	z->working = o->working;
	z->working_ctx = o->working_ctx;
	z->damaged = o->damaged;
	z->damaged_ctx = o->damaged_ctx;
}

enum zt_err
zt_open(const struct zt_options *o, struct zt **out, char *why)
{
	Zt__DeviceSecrets *m = NULL;
	struct zt *z = calloc(1, sizeof *z);
	enum zt_err err = ZT_ERR_MEMORY;

	set_why(why, "");
	if (z == NULL)
		return err;
	if ((err = suite_start()))
		goto out;
	client_take_options(z, o);
	z->home = strdup(o->home);
	z->ca_file = o->ca_file != NULL ? strdup(o->ca_file) : NULL;
	err = ZT_ERR_MEMORY;
	if (z->home == NULL)
		goto out;
	if ((err = device_file_open(o->home, password_of(o), &m))) {
		const char *said = closed(o->home, err);

		if (said[0] != 0)
			(void)client_refuse(z, err, "%s", said);
		else if (err == ZT_ERR_NOT_FOUND)
			(void)client_refuse(z, err, "there is no device in %.200s", o->home);
		goto out;
	}
	if ((err = take_secrets(z, m)) || (err = store_open(o->home, z->local, &z->store)) ||
	    (err = client_connect(z)) || (err = client_load_log(z)))
		goto out;
	*out = z;
	z = NULL;
out:
	pb_wipe(m);
	if (z != NULL) {
		set_why(why, zt_why(z));
		client_explain(o, err, why);
	}
	zt_close(z);
	return err;
}

void
zt_close(struct zt *z)
{
	if (z == NULL)
		return;
	idmap_free(&z->spaces, space_free);
	org_state_free(z->state);
	calls_free(z->calls);
	store_close(z->store);
	idmap_free(&z->named, NULL);
	sign_free(z->sign);
	secret_free(z->seal);
	secret_free(z->local);
	for (size_t i = 0; i < z->user_key_count; i++)
		secret_free(z->user_keys[i].key);
	free(z->user_keys);
	free(z->noted);
	free(z->home);
	free(z->server);
	free(z->slug);
	free(z->email);
	free(z->ca_file);
	free(z);
}

const char *
zt_why(const struct zt *z)
{
	return z->why[0] == 0 && z->store != NULL ? store_why(z->store) : z->why;
}

void
zt_whoami(const struct zt *z, struct zt_identity *out)
{
	const struct org_user *me = org_state_user(z->state, &z->user);
	struct hash root = { { 0 } };

	*out = (struct zt_identity){ .server = z->server,
		.slug = z->slug,
		.org = z->org_text,
		.user = z->user_text,
		.device = z->device_text,
		.email = z->email,
		.log_size = merkle_size(z->state->tree),
		.log_marked = z->marked };
	if (merkle_root(z->state->tree, out->log_size, &root) == ZT_OK)
		hex_print(root.b, HASH_BYTES, out->log_root);
	head_text_print(out->log_size, &root, out->log_head);
	if (me != NULL)
		client_fingerprint(me, out->fingerprint);
}

enum zt_err
zt_sync(struct zt *z)
{
	z->why[0] = 0;
	return client_sync_log(z);
}

enum zt_err
zt_check_store(struct zt *z, uint64_t *records)
{
	return store_verify(z->store, records);
}

_Static_assert(ZT_SHOWN >= UTF8_SHOWN, "0 is the end of a text");

size_t
zt_show(const char **text, enum zt_shown how, char out[ZT_SHOWN])
{
	struct bytes left = bytes_text(*text);
	enum utf8_shown as = how == ZT_SHOW_JSON ? UTF8_JSON : UTF8_PLAIN;
	size_t n = 0, one;

	while (n + UTF8_SHOWN <= ZT_SHOWN && (one = utf8_show_next(&left, as, out + n)) > 0)
		n += one;
	*text = (const char *)left.p;
	return n;
}

const char *
zt_version(void)
{
	return ZT_VERSION; /* of the file VERSION; mk/rules.mk gives it */
}

const char *
zt_err_words(enum zt_err err)
{
	return err_words(err);
}

const char *
zt_err_name(enum zt_err err)
{
	return err_name(err);
}

int
zt_err_exit(enum zt_err err)
{
	return err_exit(err);
}

bool
zt_err_retry(enum zt_err err)
{
	return err_retry(err);
}

enum zt_err
client_write_device(const struct zt_options *o, const struct client_new_device *d)
{
	Zt__DeviceSecrets m = ZT__DEVICE_SECRETS__INIT;
	ProtobufCBinaryData keys[CLIENT_USER_KEYS];
	struct secret *local = NULL;
	enum zt_err err = secret_generate(&local);

	if (err)
		return err;
	m.server = (char *)(uintptr_t)d->server;
	m.slug = (char *)(uintptr_t)d->slug;
	m.email = (char *)(uintptr_t)d->email;
	m.org = pb_field(d->org.b, ID_BYTES);
	m.user = pb_field(d->user.b, ID_BYTES);
	m.device = pb_field(d->device.b, ID_BYTES);
	if (!d->root_by_id)
		m.root_key = pb_field(d->root_key, SIGN_PUBLIC_BYTES);
	m.sign_seed = pb_field(sign_seed(d->sign).p, SIGN_SEED_BYTES);
	m.seal_key = pb_field(secret_bytes(d->seal).p, SECRET_BYTES);
	m.local_key = pb_field(secret_bytes(local).p, SECRET_BYTES);
	for (size_t i = 0; i < d->user_key_count; i++)
		keys[i] = pb_field(d->user_keys[i].p, d->user_keys[i].n);
	m.user_keys = keys;
	m.n_user_keys = d->user_key_count;
	m.tree_size = d->tree_size;
	m.root_hash = pb_field(d->root.b, HASH_BYTES);
	if ((err = device_file_create(o->home, &m, bytes_text(o->password))) == ZT_OK)
		device_file_end_joining(
		    o->home); /* its keys are this device's now, or nobody's */
	secret_free(local);
	return err;
}
