/* SPDX-License-Identifier: Apache-2.0 */
#include "files/judge_rules.h"

#include "trust/merkle.h"

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
	if (place->is_push && (err = changeset_check_now(o, w, c, place->position, message)))
		return err;
	err = changeset_check(o, w, c,
	    &(struct changeset_place){ place->position, merkle_size(o->tree) }, message);
	if (err && (place->is_push || err != ZT_ERR_REVOKED))
		return err;
	return changeset_check_pin(w, place->position, place->link, message);
}
