/* SPDX-License-Identifier: Apache-2.0 */
/* device_file.c - the device's secrets: made, opened, held for a session, and protected
 * otherwise. */
#include "store/device_file.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "crypto/labels.h"
#include "crypto/secret.h"
#include "crypto/suite.h"
#include "format/pb.h"
#include "port/held_key.h"
#include "port/protect_desktop.h"
#include "port/protect_token.h"
#include "store/device_folder.h"
#include "store/device_parts.h"
#include "store/passkeys.h"
#include "store/sealed_file.h"

enum { FILE_MAX = PASSKEYS_FILE_MAX };

static const struct sealed_file device = { "device.zt", LABEL_DEVICE_FILE,
	&zt__device_secrets__descriptor, true };

enum zt_err
device_seal(Zt__DeviceFile *m, const Zt__DeviceSecrets *secrets, const struct secret *key,
    struct buf *out)
{
	return sealed_file_seal(&device, secrets, key, m, out);
}

enum zt_err
device_compose(const Zt__DeviceSecrets *secrets, struct bytes password, struct buf *out)
{
	return sealed_file_compose(&device, secrets, password, out);
}

/* A device's secrets under a token. */
static enum zt_err
compose_by_token(
    const Zt__DeviceSecrets *secrets, const char *uri, const char *pin, struct buf *out)
{
	Zt__DeviceFile m = ZT__DEVICE_FILE__INIT;
	struct buf wrapped = buf_init(FILE_MAX);
	struct secret *key = NULL;
	enum zt_err err = protect_token_new(uri, pin, &wrapped, &key);

	m.protector = BY_TOKEN;
	m.token = (char *)(uintptr_t)uri;
	m.wrapped = pb_field(wrapped.p, wrapped.n);
	if (err == ZT_OK)
		err = sealed_file_seal(&device, secrets, key, &m, out);
	secret_free(key);
	buf_free(&wrapped);
	return err;
}

/* The same under the key that the desktop's secret service holds under ITEM from now on. */
static enum zt_err
compose_by_desktop(const Zt__DeviceSecrets *secrets, struct id *item, struct buf *out)
{
	Zt__DeviceFile m = ZT__DEVICE_FILE__INIT;
	struct secret *key = NULL;
	enum zt_err err = protect_desktop_new(item, DESKTOP_SECONDS, &key);

	m.protector = BY_DESKTOP;
	m.item = pb_field(item->b, ID_BYTES);
	if (err == ZT_OK)
		err = sealed_file_seal(&device, secrets, key, &m, out);
	secret_free(key);
	return err;
}

enum zt_err
device_file_create(const char *folder, const Zt__DeviceSecrets *secrets, struct bytes password)
{
	struct buf file = buf_init(FILE_MAX);
	enum zt_err err;

	if ((err = device_folder_make(folder)) == ZT_OK &&
	    (err = sealed_file_compose(&device, secrets, password, &file)) == ZT_OK)
		err = sealed_file_write(folder, &device, buf_bytes(&file), false);
	buf_free(&file);
	return err;
}

enum zt_err
device_file_may_begin(const char *folder)
{
	char path[DEVICE_FILE_PATH];
	enum zt_err err = device_folder_check(folder);

	if (err)
		return err == ZT_ERR_NOT_FOUND ? ZT_OK : err;
	(void)snprintf(path, sizeof path, "%s/%s", folder, device.name);
	return access(path, F_OK) == 0 ? ZT_ERR_EXISTS : ZT_OK;
}

enum zt_err
device_open(const struct buf *file, const Zt__DeviceFile *m, const struct device_opener *by,
    Zt__DeviceSecrets **out, struct secret **key)
{
	return sealed_file_open_decoded(&device, file, m, by, out, key);
}

enum zt_err
device_file_open_by(const char *folder, const struct device_opener *by, Zt__DeviceSecrets **out)
{
	struct buf file = buf_init(FILE_MAX);
	struct secret *key = NULL;
	enum zt_err err = sealed_file_read(folder, &device, &file);

	if (err == ZT_OK)
		err = sealed_file_open(&device, &file, by, out, &key);
	secret_free(key);
	buf_free(&file);
	return err;
}

enum zt_err
device_file_open(const char *folder, struct bytes password, Zt__DeviceSecrets **out)
{
	return device_file_open_by(
	    folder, &(struct device_opener){ .password = password }, out);
}

enum zt_err
device_file_hold(const char *folder, struct bytes password, unsigned seconds)
{
	const struct device_opener by = { .password = password };
	struct buf file = buf_init(FILE_MAX);
	Zt__DeviceSecrets *m = NULL;
	struct secret *key = NULL;
	struct hash name;
	enum zt_err err = sealed_file_read(folder, &device, &file);

	if (err == ZT_OK && (err = sealed_file_open(&device, &file, &by, &m, &key)) == ZT_OK) {
		sealed_file_held_name(&file, &name);
		err = held_key_put(&name, key, seconds);
	}
	pb_wipe(m);
	secret_free(key);
	buf_free(&file);
	return err;
}

enum zt_err
device_file_release(const char *folder)
{
	struct buf file = buf_init(FILE_MAX);
	struct hash name;
	enum zt_err err = sealed_file_read(folder, &device, &file);

	if (err == ZT_OK) {
		sealed_file_held_name(&file, &name);
		err = held_key_drop(&name);
	}
	buf_free(&file);
	return err;
}

bool
device_file_is_held(const char *folder)
{
	struct buf file = buf_init(FILE_MAX);
	struct secret *key = NULL;
	struct hash name;
	bool held = false;

	if (sealed_file_read(folder, &device, &file) == ZT_OK) {
		sealed_file_held_name(&file, &name);
		held = held_key_get(&name, &key) == ZT_OK;
	}
	buf_free(&file);
	secret_free(key);
	return held;
}

/* The item of FILE's key in the desktop's secret service, if that is where it is. */
static bool
desktop_item(const struct buf *file, struct id *item)
{
	Zt__DeviceFile *m = NULL;
	bool is =
	    pb_decode(&zt__device_file__descriptor, buf_bytes(file), FILE_MAX, &m) == ZT_OK &&
	    m->protector == BY_DESKTOP && pb_id(m->item, item) == ZT_OK;

	pb_free(m);
	return is;
}

enum zt_err
device_read(const char *folder, struct buf *out)
{
	return sealed_file_read(folder, &device, out);
}

/* Held keys open the old file only. */
enum zt_err
device_replace(const char *folder, const struct buf *file)
{
	struct buf old = buf_init(FILE_MAX);
	struct id item;
	struct hash name;
	enum zt_err err = sealed_file_read(folder, &device, &old);

	if (err == ZT_OK &&
	    (err = sealed_file_write(folder, &device, buf_bytes(file), true)) == ZT_OK) {
		sealed_file_held_name(&old, &name);
		(void)!held_key_drop(&name);
		if (desktop_item(&old, &item))
			protect_desktop_forget(&item, DESKTOP_SECONDS);
	}
	buf_free(&old);
	return err;
}

enum zt_err
device_file_protect(const char *folder, struct bytes password, const char *uri, const char *pin)
{
	struct buf file = buf_init(FILE_MAX);
	Zt__DeviceSecrets *m = NULL;
	enum zt_err err;

	if ((err = device_file_open(folder, password, &m)) == ZT_OK &&
	    (err = compose_by_token(m, uri, pin, &file)) == ZT_OK)
		err = device_replace(folder, &file);
	pb_wipe(m);
	buf_free(&file);
	return err;
}

enum zt_err
device_file_protect_by_desktop(const char *folder, struct bytes password)
{
	struct buf file = buf_init(FILE_MAX);
	Zt__DeviceSecrets *m = NULL;
	struct id item;
	enum zt_err err;

	random_bytes(item.b, ID_BYTES);
	if ((err = device_file_open(folder, password, &m)) == ZT_OK &&
	    (err = compose_by_desktop(m, &item, &file)) == ZT_OK &&
	    (err = device_replace(folder, &file)))
		protect_desktop_forget(&item, DESKTOP_SECONDS);
	pb_wipe(m);
	buf_free(&file);
	return err;
}

enum protector
device_file_protector(const char *folder)
{
	struct buf file = buf_init(FILE_MAX);
	Zt__DeviceFile *m = NULL;
	enum protector by = BY_NOTHING;

	if (sealed_file_read(folder, &device, &file) == ZT_OK &&
	    pb_decode(&zt__device_file__descriptor, buf_bytes(&file), FILE_MAX, &m) == ZT_OK &&
	    m->protector >= BY_PASSWORD && m->protector <= BY_DESKTOP)
		by = (enum protector)m->protector;
	pb_free(m);
	buf_free(&file);
	return by;
}

void
device_file_discard(const char *folder)
{
	sealed_file_remove(folder, &device);
}

bool
device_file_is_missing(const char *folder)
{
	char path[DEVICE_FILE_PATH];

	(void)snprintf(path, sizeof path, "%s/%s", folder, device.name);
	return access(path, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR);
}
