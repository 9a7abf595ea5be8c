/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "auth/tally.h"

#include <stdlib.h>

enum { DAY_MS = 24 * 60 * 60 * 1000, DEVICES_A_DAY = 20, RENEWALS_A_DAY = 50 };

struct tally {
	uint64_t since; /* of what is counted */
	unsigned devices, renewals;
};

static const struct org_user *
author_of(const struct org_state *o, const struct entry *e)
{
	const struct org_device *d = org_state_device(o, &e->author);

	return d != NULL ? d->user : NULL;
}

static bool
is_over(const struct tally *t, const struct entry *e)
{
	return e->body->time >= t->since + DAY_MS;
}

/* A renewal that a revoked device asks for is never too much. */
static bool
is_asked_for(const struct org_user *u)
{
	return org_state_user_key_needs_rotation(u);
}

enum zt_err
tally_take(struct idmap *tallies, const struct org_state *o, const struct entry *e)
{
	bool is_device = e->body->action_case == ZT__ENTRY_BODY__ACTION_DEVICE_ADDED;
	const struct org_user *u = author_of(o, e);
	struct tally *t;
	enum zt_err err;

	if (u == NULL ||
	    (!is_device && e->body->action_case != ZT__ENTRY_BODY__ACTION_USER_KEY_ROTATED))
		return ZT_OK;
	if ((t = idmap_get(tallies, &u->id)) == NULL) {
		if ((t = calloc(1, sizeof *t)) == NULL)
			return ZT_ERR_MEMORY;
		if ((err = idmap_put(tallies, &u->id, t))) {
			free(t);
			return err;
		}
	}
	if (is_over(t, e))
		*t = (struct tally){ .since = e->body->time };
	t->devices += is_device;
	t->renewals += !is_device;
	return ZT_OK;
}

enum zt_err
tally_check(const struct idmap *tallies, const struct org_state *o, const struct entry *e,
    const char **message)
{
	const struct org_user *u = author_of(o, e);
	const struct tally *t = u != NULL ? idmap_get(tallies, &u->id) : NULL;

	if (t == NULL || is_over(t, e))
		return ZT_OK;
	if (e->body->action_case == ZT__ENTRY_BODY__ACTION_DEVICE_ADDED &&
	    t->devices >= DEVICES_A_DAY) {
		*message =
		    N_("the user has added as many devices as this server takes in a day");
		return ZT_ERR_LIMIT;
	}
	if (e->body->action_case == ZT__ENTRY_BODY__ACTION_USER_KEY_ROTATED &&
	    t->renewals >= RENEWALS_A_DAY && !is_asked_for(u)) {
		*message =
		    N_("the user's key was renewed as often as this server takes in a day");
		return ZT_ERR_LIMIT;
	}
	return ZT_OK;
}
