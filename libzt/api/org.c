/* SPDX-License-Identifier: Apache-2.0 */
/* org.c - the functions of zt/org.h that take a device, or begin one. */
#include "zt/org.h"

#include <string.h>

#include "format/head_text.h"
#include "join/verbs.h"
#include "log/enter.h"
#include "log/verbs.h"
#include "people/verbs.h"
#include "restore/verbs.h"

enum zt_err
zt_find_person(struct zt *z, const char *user, struct zt_person *out)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = log_find_person(z, user, out);
	return log_leave(z, err);
}

enum zt_err
zt_users(struct zt *z, void (*each)(void *ctx, const struct zt_user *u), void *ctx)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = people_users(z, each, ctx);
	return log_leave(z, err);
}

enum zt_err
zt_devices(struct zt *z, void (*each)(void *ctx, const struct zt_device *d), void *ctx)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = people_devices(z, each, ctx);
	return log_leave(z, err);
}

enum zt_err
zt_log(
    struct zt *z, uint64_t from, void (*each)(void *ctx, const struct zt_entry *e), void *ctx)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = people_log(z, from, each, ctx);
	return log_leave(z, err);
}

enum zt_err
zt_log_verify(struct zt *z, uint64_t *entries)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = log_verify(z, entries);
	return log_leave(z, err);
}

enum zt_err
zt_log_export(struct zt *z, int fd, const char *workspace)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = restore_log_export(z, fd, workspace);
	return log_leave(z, err);
}

enum zt_err
zt_device_revoke(struct zt *z, const char *device)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = people_device_revoke(z, device);
	return log_leave(z, err);
}

enum zt_err
zt_find_device(struct zt *z, const char *device, char id[33])
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = people_find_device(z, device, id);
	return log_leave(z, err);
}

enum zt_err
zt_device_acts(struct zt *z, const char *device,
    void (*each)(void *ctx, const struct zt_act *a), void *ctx)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = people_device_acts(z, device, each, ctx);
	return log_leave(z, err);
}

enum zt_err
zt_new_devices(struct zt *z, void (*each)(void *ctx, const struct zt_device *d), void *ctx)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = people_new_devices(z, each, ctx);
	return log_leave(z, err);
}

enum zt_err
zt_device_acknowledge(struct zt *z, const char *device, unsigned *count)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = people_device_acknowledge(z, device, count);
	return log_leave(z, err);
}

enum zt_err
zt_user_profile(struct zt *z, const char *user, const char *profile)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = people_user_profile(z, user, profile);
	return log_leave(z, err);
}

enum zt_err
zt_user_revoke(struct zt *z, const char *user)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = people_user_revoke(z, user);
	return log_leave(z, err);
}

enum zt_err
zt_log_compare(struct zt *z, uint64_t size, const uint8_t root[32])
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = restore_log_compare(z, size, root);
	return log_leave(z, err);
}

/* ---- without a device ---- */

enum zt_err
zt_head_read(const char *text, uint64_t *size, uint8_t root[32])
{
	struct hash r;
	enum zt_err err = head_text_parse(text, size, &r);

	if (err == ZT_OK)
		memcpy(root, r.b, HASH_BYTES);
	return err;
}

enum zt_err
zt_bootstrap(const struct zt_options *o, const struct zt_bootstrap *b, char *message)
{
	return join_bootstrap(o, b, message);
}
