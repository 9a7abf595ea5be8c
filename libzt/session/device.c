/* SPDX-License-Identifier: Apache-2.0 */
/* device.c - how the device file opens: by a password, a token, the desktop, a held key. */
#include "session/device.h"

#include <errno.h>
#include <stdio.h>

#include "crypto/suite.h"
#include "format/pb.h"
#include "session/session.h"
#include "session/verbs.h"
#include "store/device_file.h"
#include "store/device_folder.h"
#include "store/joining_file.h"
#include "store/store.h"
#include "zt/protect.h"

static void
set_message(char *message, const char *text)
{
	if (message != NULL)
		(void)snprintf(message, SESSION_MESSAGE, "%s", text);
}

struct bytes
device_password(const struct zt_options *o)
{
	return o->password != NULL ? bytes_text(o->password) : bytes_of(NULL, 0);
}

struct device_opener
device_opener(const struct zt_options *o, const struct zt_passkey_output *p)
{
	struct device_opener by = { .password = device_password(o) };

	if (p != NULL) {
		by.credential = p->credential;
		by.output = bytes_of(p->output, p->n);
	}
	return by;
}

/* The sentence TEXT in the caller's language; "" leaves it to the error. */
static void
report(const struct zt_options *o, const char *text, char *message)
{
	set_message(message, o->translate != NULL && text[0] != 0 ? o->translate(text) : text);
}

static const char no_token[] = N_("the token that opens this device is not there");
static const char no_item[] =
    N_("the desktop's secret service does not hold this device's key");
static const char no_service[] =
    N_("the desktop's secret service cannot be reached; it is there in a desktop session");
static const char no_answer[] =
    N_("the desktop asked for its keyring's password, or was busy, and nobody answered for two "
       "minutes; try again and look for its window");

static const char wrong_passkey[] = N_("this passkey does not open the device");
static const char no_passkey[] =
    N_("this passkey does not open the device any more; use the password");

const char *
device_closed(const char *home, const struct device_opener *with, enum zt_err err)
{
	enum protector by = device_file_protector(home);

	if (with->credential != NULL && err == ZT_ERR_PASSWORD)
		return wrong_passkey;
	if (with->credential != NULL && err == ZT_ERR_NOT_FOUND && by != BY_NOTHING)
		return no_passkey;
	if (err == ZT_ERR_NOT_FOUND && by == BY_TOKEN)
		return no_token;
	if (err == ZT_ERR_NOT_FOUND && by == BY_DESKTOP)
		return no_item;
	if (err == ZT_ERR_TIMEOUT && by == BY_DESKTOP)
		return no_answer;
	return err == ZT_ERR_UNAVAILABLE && by == BY_DESKTOP ? no_service : "";
}

static const char token_module[] =
    N_("a token's URI is pkcs11:token=...;object=..., of a module "
       "that p11-kit knows, without a PIN");
static const char token_rsa[] = N_("the token's certificate needs an RSA key that decrypts");
static const char none_held[] = N_("no session of yours holds this device's key");
static const char still_held[] = N_("another session of yours still holds this device's key");
static const char desktop_holds[] = N_("the desktop opens this device while you are logged in");
static const char no_keyring[] = N_("this system keeps no keys for a session");

/* The same, by O's password. */
static const char *
closed(const struct zt_options *o, enum zt_err err)
{
	const struct device_opener by = { .password = device_password(o) };

	return device_closed(o->home, &by, err);
}

enum zt_err
device_unlock(const struct zt_options *o, unsigned seconds, char *message)
{
	enum zt_err err = suite_init();

	if (err == ZT_OK)
		err = device_file_hold(o->home, device_password(o), seconds);
	report(o, err == ZT_ERR_IO ? no_keyring : closed(o, err), message);
	return err;
}

enum zt_err
device_lock(const struct zt_options *o, char *message)
{
	enum protector by = device_file_protector(o->home);
	enum zt_err err = suite_init();

	if (err == ZT_OK)
		err = device_file_release(o->home);
	if (err == ZT_OK && by == BY_DESKTOP)
		err = ZT_ERR_NOT_FOUND; /* what it opens by is there as before */
	report(o,
	    err == ZT_ERR_IO                              ? still_held
	    : err == ZT_ERR_NOT_FOUND && by == BY_DESKTOP ? desktop_holds
	    : err == ZT_ERR_NOT_FOUND && by != BY_NOTHING ? none_held
							  : "",
	    message);
	return err;
}

enum zt_err
device_check_password(const struct zt_options *o, char *message)
{
	Zt__DeviceSecrets *m = NULL;
	enum zt_err err = suite_init();

	if (o->password != NULL && device_file_protector(o->home) == BY_DESKTOP) {
		report(o, desktop_holds, message); /* any password would do */
		return ZT_ERR_PASSWORD;
	}
	if (err == ZT_OK)
		err = device_file_open(o->home, device_password(o), &m);
	pb_wipe(m);
	report(o, closed(o, err), message);
	return err;
}

enum zt_err
device_change_password(const struct zt_options *o, const char *new_password, char *message)
{
	enum zt_err err = suite_init();

	if (err == ZT_OK)
		err = device_file_change(o->home, device_password(o), bytes_text(new_password));
	report(o, closed(o, err), message);
	return err;
}

enum zt_err
device_protect_by_token(
    const struct zt_options *o, const char *uri, const char *pin, char *message)
{
	enum zt_err err = suite_init();

	if (err == ZT_OK)
		err = device_file_protect(o->home, device_password(o), uri, pin);
	report(o,
	    err == ZT_ERR_INVALID ? token_module
	    : err == ZT_ERR_KEY   ? token_rsa
				  : closed(o, err),
	    message);
	return err;
}

enum zt_err
device_protect_by_desktop(const struct zt_options *o, char *message)
{
	enum zt_err err = suite_init();

	if (err == ZT_OK)
		err = device_file_protect_by_desktop(o->home, device_password(o));
	report(o,
	    err == ZT_ERR_UNAVAILABLE ? no_service
	    : err == ZT_ERR_TIMEOUT   ? no_answer
				      : closed(o, err),
	    message);
	return err;
}

/* ---- passkeys ---- */

static const char no_password[] = N_("a passkey opens a device beside its password alone");
static const char is_known[] = N_("this passkey opens the device already");
static const char too_many[] = N_("sixteen passkeys open this device; remove one first");

enum zt_err
device_add_passkey(const struct zt_options *o, const struct zt_passkey *p, const void *output,
    size_t n, char *message)
{
	Zt__Passkey row = ZT__PASSKEY__INIT;
	enum zt_err err = suite_init();

	row.relying_party = (char *)(uintptr_t)p->relying_party;
	row.credential = (char *)(uintptr_t)p->credential;
	row.salt = (char *)(uintptr_t)p->salt;
	row.label = (char *)(uintptr_t)p->label;
	row.added = session_now_ms();
	if (err == ZT_OK)
		err = device_file_add_passkey(
		    o->home, device_password(o), &row, bytes_of(output, n));
	report(o,
	    err == ZT_ERR_INVALID && device_file_protector(o->home) != BY_PASSWORD ? no_password
	    : err == ZT_ERR_EXISTS                                                 ? is_known
	    : err == ZT_ERR_TOO_BIG                                                ? too_many
				    : closed(o, err),
	    message);
	return err;
}

enum zt_err
device_remove_passkey(const struct zt_options *o, const char *credential, char *message)
{
	enum zt_err err = suite_init();

	if (err == ZT_OK)
		err = device_file_remove_passkey(o->home, device_password(o), credential);
	report(o, closed(o, err), message);
	return err;
}

enum zt_err
device_check_passkey(
    const struct zt_options *o, const struct zt_passkey_output *p, char *message)
{
	const struct device_opener by = device_opener(o, p);
	Zt__DeviceSecrets *m = NULL;
	enum zt_err err = suite_init();

	if (err == ZT_OK)
		err = device_file_open_by(o->home, &by, &m);
	pb_wipe(m);
	report(o, device_closed(o->home, &by, err), message);
	return err;
}

struct showing {
	void (*each)(void *ctx, const struct zt_passkey *p);
	void *ctx;
};

static void
show(void *ctx, const Zt__Passkey *p)
{
	const struct showing *s = ctx;

	s->each(s->ctx, &(struct zt_passkey){ .relying_party = p->relying_party,
			    .credential = p->credential,
			    .salt = p->salt,
			    .label = p->label,
			    .added = p->added });
}

enum zt_err
device_passkeys(
    const char *home, void (*each)(void *ctx, const struct zt_passkey *p), void *ctx)
{
	struct showing s = { each, ctx };

	return device_file_passkeys(home, show, &s);
}

int
device_is_there(const char *home)
{
	return !device_file_is_missing(home);
}

int
device_is_by_token(const char *home)
{
	return device_file_protector(home) == BY_TOKEN;
}

int
device_is_unlocked(const char *home)
{
	return suite_init() == ZT_OK &&
	       (device_file_protector(home) == BY_DESKTOP || device_file_is_held(home));
}

void
device_explain(const struct zt_options *o, enum zt_err err, char *message)
{
	if (message != NULL && message[0] == 0 &&
	    (err == ZT_ERR_IO || err == ZT_ERR_FOLDER || err == ZT_ERR_STORE))
		device_folder_explain(o->home, message, SESSION_MESSAGE);
	if (message != NULL && message[0] == 0 && err == ZT_ERR_FULL)
		(void)snprintf(
		    message, SESSION_MESSAGE, "%.200s: %s", o->home, strerror(ENOSPC));
	if (message != NULL && message[0] == 0 && err == ZT_ERR_CORRUPT)
		report(o, N_("the file with this device's keys is empty or damaged"), message);
}

enum zt_err
device_may_begin(const struct zt_options *o, char *message)
{
	enum zt_err err = device_file_may_begin(o->home);

	if (err == ZT_ERR_EXISTS)
		report(o, N_("this state folder holds a device already"), message);
	return err;
}

enum zt_err
device_write(const struct zt_options *o, const struct new_device *d)
{
	Zt__DeviceSecrets m = ZT__DEVICE_SECRETS__INIT;
	ProtobufCBinaryData keys[SESSION_USER_KEYS_MAX];
	struct secret *local = NULL;
	enum zt_err err = store_discard(o->home); /* of a founding that the server refused */

	if ((err && err != ZT_ERR_NOT_FOUND) || (err = secret_generate(&local)))
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
		joining_file_end(o->home); /* its keys are this device's now, or nobody's */
	secret_free(local);
	return err;
}
