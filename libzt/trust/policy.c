/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/policy.h"

#include "base/vec.h"
#include "format/limits.h"

/* A workspace's topic may be judged long after the organization's was, so that the newest is
 * not the one that an entry has to keep. */
struct org_policy
policy_at(const struct org_state *o, uint64_t at)
{
	for (size_t i = o->policy_count; i-- > 0;)
		if (o->policies[i].index < at)
			return o->policies[i];
	return (struct org_policy){ .deletion_delay = LIMIT_DELETION_MS };
}

bool
policy_lets_browser(const struct org_policy *p, enum profile profile)
{
	return p->browsers == ORG_BROWSERS_EVERYBODY ||
	       (p->browsers == ORG_BROWSERS_NOT_ADMINS && profile != PROFILE_ADMIN);
}

enum zt_err
policy_add(struct org_state *o, struct bytes settings, uint64_t index)
{
	struct org_policy p;
	enum zt_err err = policy_read(settings, &p);

	if (err == ZT_OK)
		err = vec_room(&o->policies, o->policy_count, &o->policy_cap, sizeof p);
	if (err)
		return err;
	p.index = index;
	o->policies[o->policy_count++] = p;
	return ZT_OK;
}
