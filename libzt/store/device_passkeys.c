/* SPDX-License-Identifier: Apache-2.0 */
/* device_passkeys.c - a device file with passkeys beside its password: they are added, removed
 * and listed, and stay when the password becomes another. */
#include "crypto/suite.h"
#include "format/pb.h"
#include "store/device_file.h"
#include "store/device_parts.h"
#include "store/passkeys.h"
#include "store/sealed_file.h"

/* A device file, opened. */
struct opened {
	Zt__DeviceFile *m;
	Zt__DeviceSecrets *secrets;
	struct secret *key; /* under which they are: of version 1, the password's */
};

static enum zt_err
open_all(const char *folder, struct bytes password, struct opened *o)
{
	struct device_opener by = { .password = password };
	struct buf file = buf_init(PASSKEYS_FILE_MAX);
	enum zt_err err;

	*o = (struct opened){ .m = NULL };
	if ((err = device_read(folder, &file)) == ZT_OK &&
	    (err = passkeys_decode(buf_bytes(&file), &o->m)) == ZT_OK)
		err = device_open(&file, o->m, &by, &o->secrets, &o->key);
	buf_free(&file);
	return err;
}

static void
close_all(struct opened *o)
{
	pb_free(o->m);
	pb_wipe(o->secrets);
	secret_free(o->key);
}

/* Replaces FOLDER's device file, which PASSWORD opens, by what CHANGE appends to FILE. */
static enum zt_err
rewrite(const char *folder, struct bytes password,
    enum zt_err (*change)(
	const struct opened *o, struct bytes password, const void *ctx, struct buf *file),
    const void *ctx)
{
	struct buf file = buf_init(PASSKEYS_FILE_MAX);
	struct opened o = { .m = NULL };
	enum zt_err err;

	if ((err = open_all(folder, password, &o)) == ZT_OK &&
	    (err = change(&o, password, ctx, &file)) == ZT_OK)
		err = device_replace(folder, &file);
	close_all(&o);
	buf_free(&file);
	return err;
}

/* Makes the copy NEXT of O's file one of version 2, whose key it sets. NAME and WRAP hold what
 * NEXT borrows. */
static enum zt_err
begin(const struct opened *o, Zt__DeviceFile *next, uint8_t name[PASSKEY_NAME],
    struct buf *wrap, struct secret **key)
{
	enum zt_err err = secret_generate(key);

	random_bytes(name, PASSKEY_NAME);
	next->version = PASSKEYS_FILE_VERSION;
	next->name = pb_field(name, PASSKEY_NAME);
	if (err == ZT_OK && (err = passkeys_wrap(next, NULL, o->key, *key, wrap)) == ZT_OK)
		next->wrap = pb_field(wrap->p, wrap->n);
	return err;
}

/* Appends O's file to FILE, with the row P behind its others. */
static enum zt_err
with_row(const struct opened *o, const Zt__Passkey *p, struct bytes output, struct buf *file)
{
	Zt__DeviceFile next = *o->m; /* it borrows; nobody frees it */
	Zt__Passkey row = *p, *rows[PASSKEYS_MAX];
	struct buf password_wrap = buf_init(PASSKEYS_FILE_MAX),
		   wrap = buf_init(PASSKEYS_FILE_MAX);
	struct secret *under = NULL, *fresh = NULL;
	uint8_t name[PASSKEY_NAME];
	size_t n = o->m->n_passkeys;
	enum zt_err err = ZT_OK;

	if (o->m->version != PASSKEYS_FILE_VERSION)
		err = begin(o, &next, name, &password_wrap, &fresh);
	if (err || (err = passkeys_key(p, output, &under)) ||
	    (err = passkeys_wrap(&next, p, under, fresh != NULL ? fresh : o->key, &wrap)))
		goto out;
	row.wrap = pb_field(wrap.p, wrap.n);
	for (size_t i = 0; i < n; i++)
		rows[i] = o->m->passkeys[i];
	rows[n] = &row;
	next.passkeys = rows;
	next.n_passkeys = n + 1;
	err = device_seal(&next, o->secrets, fresh != NULL ? fresh : o->key, file);
out:
	secret_free(under);
	secret_free(fresh);
	buf_free(&wrap);
	buf_free(&password_wrap);
	return err;
}

/* A passkey that is added, with what its PRF gave, or one that is removed. */
struct passkey_change {
	const Zt__Passkey *p;
	struct bytes output;
	const char *credential;
};

static enum zt_err
add_row(const struct opened *o, struct bytes password, const void *ctx, struct buf *file)
{
	const struct passkey_change *c = ctx;

	(void)password;
	if (o->m->protector != BY_PASSWORD)
		return ZT_ERR_INVALID;
	if (passkeys_find(o->m, c->p->credential) != NULL)
		return ZT_ERR_EXISTS;
	if (o->m->n_passkeys == PASSKEYS_MAX)
		return ZT_ERR_TOO_BIG;
	return with_row(o, c->p, c->output, file);
}

enum zt_err
device_file_add_passkey(
    const char *folder, struct bytes password, const Zt__Passkey *p, struct bytes output)
{
	const struct passkey_change c = { .p = p, .output = output };
	enum zt_err err = password.p == NULL ? ZT_ERR_PASSWORD : passkeys_check(p);

	return err ? err : rewrite(folder, password, add_row, &c);
}

/* Without any row it is a file of version 1. */
static enum zt_err
remove_row(const struct opened *o, struct bytes password, const void *ctx, struct buf *file)
{
	const struct passkey_change *c = ctx;
	const Zt__Passkey *gone = passkeys_find(o->m, c->credential);
	Zt__DeviceFile next = *o->m;
	Zt__Passkey *rows[PASSKEYS_MAX];
	size_t n = 0;

	if (gone == NULL)
		return ZT_ERR_NOT_FOUND;
	for (size_t i = 0; i < o->m->n_passkeys; i++)
		if (o->m->passkeys[i] != gone)
			rows[n++] = o->m->passkeys[i];
	if (n == 0)
		return device_compose(o->secrets, password, file);
	next.passkeys = rows;
	next.n_passkeys = n;
	return device_seal(&next, o->secrets, o->key, file);
}

enum zt_err
device_file_remove_passkey(const char *folder, struct bytes password, const char *credential)
{
	const struct passkey_change c = { .credential = credential };

	return password.p == NULL ? ZT_ERR_PASSWORD : rewrite(folder, password, remove_row, &c);
}

/* Of version 2 the rows stay: only the wrap under the password is another. */
static enum zt_err
rekey(const struct opened *o, struct bytes password, const void *ctx, struct buf *file)
{
	const struct bytes *fresh = ctx;
	struct buf wrap = buf_init(PASSKEYS_FILE_MAX);
	Zt__DeviceFile next = *o->m;
	uint8_t salt[PASSWORD_SALT_BYTES];
	struct secret *under = NULL;
	enum zt_err err;

	(void)password;
	if (o->m->version != PASSKEYS_FILE_VERSION)
		return device_compose(o->secrets, *fresh, file);
	if ((err = sealed_file_password(&next, *fresh, salt, &under)) == ZT_OK &&
	    (err = passkeys_wrap(&next, NULL, under, o->key, &wrap)) == ZT_OK) {
		next.wrap = pb_field(wrap.p, wrap.n);
		err = device_seal(&next, o->secrets, o->key, file);
	}
	secret_free(under);
	buf_free(&wrap);
	return err;
}

enum zt_err
device_file_change(const char *folder, struct bytes password, struct bytes new_password)
{
	return rewrite(folder, password, rekey, &new_password);
}

enum zt_err
device_file_passkeys(
    const char *folder, void (*each)(void *ctx, const Zt__Passkey *p), void *ctx)
{
	struct buf file = buf_init(PASSKEYS_FILE_MAX);
	Zt__DeviceFile *m = NULL;
	enum zt_err err;

	if ((err = device_read(folder, &file)) == ZT_OK &&
	    (err = passkeys_decode(buf_bytes(&file), &m)) == ZT_OK)
		for (size_t i = 0; i < m->n_passkeys; i++)
			each(ctx, m->passkeys[i]);
	pb_free(m);
	buf_free(&file);
	return err;
}
