/* SPDX-License-Identifier: Apache-2.0 */
/* enrol.c - the functions of zt/enrol.h that take a device, or begin one. */
#include "zt/enrol.h"

#include "join/verbs.h"
#include "log/enter.h"
#include "people/verbs.h"

enum zt_err
zt_invite(struct zt *z, enum zt_invitation_kind kind, char *link)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = people_invite(z, kind, link);
	return log_leave(z, err);
}

enum zt_err
zt_invite_mail(struct zt *z, const char *link, const char *email)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = people_invite_mail(z, link, email);
	return log_leave(z, err);
}

enum zt_err
zt_invitations(struct zt *z, void (*each)(void *ctx, const struct zt_invitation *i), void *ctx)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = people_invitations(z, each, ctx);
	return log_leave(z, err);
}

enum zt_err
zt_invite_cancel(struct zt *z, const char *id)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = people_invite_cancel(z, id);
	return log_leave(z, err);
}

enum zt_err
zt_greet(struct zt *z, const char *link, const struct zt_codes *codes, struct zt_greeted *out)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = join_greet(z, link, codes, out);
	return log_leave(z, err);
}

/* ---- without a device ---- */

enum zt_err
zt_claim(const struct zt_options *o, const struct zt_claim *c, const struct zt_codes *codes,
    char *message)
{
	return join_claim(o, c, codes, message);
}

bool
zt_is_link(const char *link)
{
	return join_is_link(link);
}

bool
zt_is_joining(const char *home)
{
	return join_is_joining(home);
}
