/* SPDX-License-Identifier: Apache-2.0 */
/* overview.c - the functions of zt/overview.h. */
#include "zt/overview.h"

#include "log/enter.h"
#include "people/verbs.h"

enum zt_err
zt_overview(struct zt *z, struct zt_overview *out, const struct zt_overview_lists *l)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = people_overview(z, out, l);
	return log_leave(z, err);
}

enum zt_err
zt_freeze(struct zt *z, const char *user, bool frozen)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = people_freeze(z, user, frozen);
	return log_leave(z, err);
}
