/* SPDX-License-Identifier: Apache-2.0 */
/* settings.h - what binds of an organization's encoded Settings (trust/policy.h says when). */
#ifndef ZT_FORMAT_SETTINGS_H
#define ZT_FORMAT_SETTINGS_H

#include "base/bytes.h"
#include "base/err.h"

enum org_browsers { ORG_BROWSERS_EVERYBODY, ORG_BROWSERS_NOT_ADMINS, ORG_BROWSERS_NOBODY };
enum org_creators { ORG_CREATORS_STANDARD, ORG_CREATORS_ADMINS };

struct org_policy {
	uint64_t index;          /* of the entry that states it */
	uint64_t deletion_delay; /* milliseconds; at least LIMIT_DELETION_MS */
	enum org_browsers browsers;
	enum org_creators creators;
};

/* What SETTINGS say; the index is 0. Errors: CORRUPT (they are none, or a value is unknown or
 * out of bounds), TOO_BIG, CRITICAL, MEMORY. */
ZT_CHECKED enum zt_err policy_read(struct bytes settings, struct org_policy *out);

#endif
