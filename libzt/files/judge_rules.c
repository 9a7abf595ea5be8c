/* SPDX-License-Identifier: Apache-2.0 */
#include "files/judge_rules.h"

#include "trust/merkle.h"

/* What is new must be right as of now too, and not only as of what its author had seen. */
static enum zt_err
check_now(const struct org_state *o, const struct org_workspace *w, const struct changeset *c,
    uint64_t position, const char **message)
{
	const struct org_device *d = org_state_device(o, &c->author);
	const struct org_pin *pin = org_state_furthest_pin(w);

	*message = "";
	if (pin != NULL && pin->position >= position)
		return ZT_ERR_RESTORED; /* the log records a longer chain than there is */
	*message = N_("a member left: the workspace's key must be rotated first");
	if (org_state_needs_rotation(w, ORG_NEVER))
		return ZT_ERR_STALE_KEY;
	*message = N_("the workspace has a newer key");
	if (c->generation != w->generation_count)
		return ZT_ERR_STALE_KEY;
	*message = N_("the workspace is archived");
	if (w->archived)
		return ZT_ERR_FORBIDDEN;
	*message = N_("a changeset's author had no right to write");
	if (d == NULL || !org_state_device_live(d, ORG_NEVER) ||
	    org_state_role(w, d->user, ORG_NEVER) < ROLE_CONTRIBUTOR)
		return ZT_ERR_FORBIDDEN;
	return ZT_OK;
}

/* One that is left out, as signed by someone who had lost access, is never taken by a push; in
 * a chain that is repaired it may have its place. */
enum zt_err
judge_rules(const struct org_state *o, const struct id *workspace, const struct changeset *c,
    const struct judge_place *place, const char **message)
{
	const struct org_workspace *w = org_state_workspace(o, workspace);
	enum zt_err err;

	*message = "";
	if (w == NULL)
		return ZT_ERR_NOT_FOUND;
	if (place->is_push && (err = check_now(o, w, c, place->position, message)))
		return err;
	err = changeset_check(o, w, c,
	    &(struct changeset_place){ place->position, merkle_size(o->tree) }, message);
	if (err && (place->is_push || err != ZT_ERR_REVOKED))
		return err;
	return changeset_check_pin(w, place->position, place->link, message);
}
