/* SPDX-License-Identifier: Apache-2.0 */
/* recover.c - the functions of zt/recover.h that take a device, or begin one. */
#include "zt/recover.h"

#include "log/enter.h"
#include "people/verbs.h"
#include "recovery/verbs.h"

enum zt_err
zt_recovery_create(struct zt *z, enum zt_words language, char words[ZT_RECOVERY_WORDS])
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = recovery_create(z, language, words);
	return log_leave(z, err);
}

enum zt_err
zt_recovery_end_older(struct zt *z, unsigned *ended)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = people_recovery_end_older(z, ended);
	return log_leave(z, err);
}

enum zt_err
zt_recovery_colleagues(struct zt *z, const struct zt_split *split, unsigned *ended)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = recovery_colleagues(z, split, ended);
	return log_leave(z, err);
}

enum zt_err
zt_ways_back(struct zt *z, void (*each)(void *ctx, const struct zt_way *w), void *ctx)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = people_ways_back(z, each, ctx);
	return log_leave(z, err);
}

/* ---- without a device ---- */

enum zt_err
zt_recover(const struct zt_options *o, const struct zt_recovery *r, char *message)
{
	return recovery_recover(o, r, message);
}
