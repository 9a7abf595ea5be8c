/* SPDX-License-Identifier: Apache-2.0 */
#include "format/settings.h"

#include "format/limits.h"
#include "format/pb.h"
#include "proto/trust.pb-c.h"

enum zt_err
policy_read(struct bytes settings, struct org_policy *out)
{
	Zt__Settings *m = NULL;
	enum zt_err err = pb_decode(&zt__settings__descriptor, settings, LIMIT_SETTINGS, &m);

	if (err)
		return err;
	if ((m->deletion_delay != 0 && m->deletion_delay < LIMIT_DELETION_MS) ||
	    m->deletion_delay > LIMIT_DELETION_DELAY_MS || (int)m->browser_devices < 0 ||
	    m->browser_devices > ZT__BROWSER_DEVICES__NOBODY || (int)m->workspaces_by < 0 ||
	    m->workspaces_by > ZT__WORKSPACES_BY__ADMINS_ONLY)
		err = ZT_ERR_CORRUPT;
	else
		*out = (struct org_policy){
			.deletion_delay =
			    m->deletion_delay != 0 ? m->deletion_delay : LIMIT_DELETION_MS,
			.browsers = (enum org_browsers)m->browser_devices,
			.creators = (enum org_creators)m->workspaces_by,
		};
	pb_free(m);
	return err;
}
