/* SPDX-License-Identifier: Apache-2.0 */
/* policy.h - the settings of an organization that bind: what the validator refuses because its
 * admins said so. Each is in force from right behind the entry that states it. */
#ifndef ZT_TRUST_POLICY_H
#define ZT_TRUST_POLICY_H

#include "format/settings.h"
#include "trust/org.h"

/* What is in force just before entry AT (ORG_NEVER: now). */
struct org_policy policy_at(const struct org_state *o, uint64_t at);
/* Whether P lets a user of PROFILE have a device that was made in a browser. */
bool policy_lets_browser(const struct org_policy *p, enum profile profile);
/* Takes in the settings that entry INDEX states. Errors: those of
 * policy_read. */
ZT_CHECKED enum zt_err policy_add(struct org_state *o, struct bytes settings, uint64_t index);

#endif
