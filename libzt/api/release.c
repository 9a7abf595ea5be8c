/* SPDX-License-Identifier: Apache-2.0 */
/* release.c - the functions of zt/release.h about settings and releases. */
#include "zt/release.h"

#include "log/enter.h"
#include "release/verbs.h"

enum zt_err
zt_settings(struct zt *z, struct zt_settings *out)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = release_settings(z, out);
	return log_leave(z, err);
}

enum zt_err
zt_settings_change(struct zt *z, const enum zt_browsers *browsers,
    const enum zt_creators *creators, const uint64_t *deletion_delay)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = release_settings_change(z, browsers, creators, deletion_delay);
	return log_leave(z, err);
}

enum zt_err
zt_releases(struct zt *z, void (*each)(void *ctx, const char *release), void *ctx)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = release_list(z, each, ctx);
	return log_leave(z, err);
}

enum zt_err
zt_release_pin(struct zt *z, const char *const *releases, size_t count, enum zt_pin how)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = release_pin(z, releases, count, how);
	return log_leave(z, err);
}
