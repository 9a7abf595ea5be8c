/* SPDX-License-Identifier: Apache-2.0 */
/* pki.c - the functions of zt/pki.h that take a device, or begin one. */
#include "zt/pki.h"

#include "join/verbs.h"
#include "log/enter.h"

enum zt_err
zt_pki_trust(struct zt *z, const char *const *files, size_t count)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = join_pki_trust(z, files, count);
	return log_leave(z, err);
}

enum zt_err
zt_pki_show(struct zt *z, void (*each)(void *ctx, const struct zt_pki_item *i), void *ctx)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = join_pki_show(z, each, ctx);
	return log_leave(z, err);
}

enum zt_err
zt_pki_state(struct zt *z, const char **state)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = join_pki_state(z, state);
	return log_leave(z, err);
}

enum zt_err
zt_pki_requests(struct zt *z, void (*each)(void *ctx, const struct zt_pki_open *r), void *ctx)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = join_pki_requests(z, each, ctx);
	return log_leave(z, err);
}

enum zt_err
zt_pki_accept(struct zt *z, const char *id, const char *profile)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = join_pki_accept(z, id, profile);
	return log_leave(z, err);
}

enum zt_err
zt_pki_reject(struct zt *z, const char *id)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = join_pki_reject(z, id);
	return log_leave(z, err);
}

/* ---- without a device ---- */

enum zt_err
zt_pki_request(const struct zt_options *o, const struct zt_pki_ask *a, char *id, char *message)
{
	return join_pki_request(o, a, id, message);
}
