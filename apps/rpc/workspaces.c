/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* workspaces.c - methods about workspaces, their members and keys. */
#include "encode/encode.h"
#include "rpc/call.h"

EACH(workspace, zt_workspace)
EACH(member, zt_member)
PAGED(workspaces_list, "workspaces", zt_workspaces(c->z, each_workspace, &p))

PAGED(workspaces_members, "members",
    zt_workspace_members(c->z, call_text(c, "workspace"), each_member, &p))

enum zt_err
method_workspaces_create(struct call *c)
{
	char id[33] = "";
	enum zt_err err =
	    zt_workspace_make(c->z, call_text(c, "name"), call_flag(c, "second"), id);

	return call_answer(c, err, json_pack("{s:o}", "id", encode_text(id)));
}

enum zt_err
method_workspaces_share(struct call *c)
{
	return zt_workspace_share(
	    c->z, call_text(c, "workspace"), call_text(c, "user"), call_text(c, "role"));
}

enum zt_err
method_workspaces_unshare(struct call *c)
{
	return zt_workspace_unshare(c->z, call_text(c, "workspace"), call_text(c, "user"));
}

enum zt_err
method_workspaces_rename(struct call *c)
{
	return zt_workspace_rename(c->z, call_text(c, "workspace"), call_text(c, "name"));
}

enum zt_err
method_workspaces_archive(struct call *c)
{
	return zt_workspace_archive(c->z, call_text(c, "workspace"), call_flag(c, "archived"));
}

enum zt_err
method_workspaces_delete(struct call *c)
{
	return zt_workspace_delete(c->z, call_text(c, "workspace"), call_number(c, "due", 0));
}

enum zt_err
method_workspaces_claim(struct call *c)
{
	return zt_workspace_claim(c->z, call_text(c, "workspace"));
}

enum zt_err
method_workspaces_rotate(struct call *c)
{
	return zt_workspace_rotate(c->z, call_text(c, "workspace"));
}

enum zt_err
method_workspaces_rewrap(struct call *c)
{
	uint64_t done = 0, lost = 0;
	enum zt_err err = zt_workspace_rewrap(c->z, call_text(c, "workspace"), &done, &lost);

	return call_answer(c, err,
	    json_pack(
		"{s:o,s:o}", "rewrapped", encode_number(done), "lost", encode_number(lost)));
}

enum zt_err
method_workspaces_finish_rewrap(struct call *c)
{
	uint64_t done = 0, lost = 0;
	enum zt_err err =
	    zt_workspace_rewrap_finish(c->z, call_text(c, "workspace"), &done, &lost);

	return call_answer(c, err,
	    json_pack(
		"{s:o,s:o}", "finished", encode_number(done), "lost", encode_number(lost)));
}

enum zt_err
method_workspaces_void_pin(struct call *c)
{
	return zt_workspace_void_pin(
	    c->z, call_text(c, "workspace"), call_number(c, "entry", 0));
}

enum zt_err
method_workspaces_void_changeset(struct call *c)
{
	return zt_workspace_void_changeset(
	    c->z, call_text(c, "workspace"), call_number(c, "position", 0));
}

enum zt_err
method_keys_maintain(struct call *c)
{
	struct zt_maintained m = { 0 };
	enum zt_err err = zt_maintain_keys(c->z, &m);

	return call_answer(c, err,
	    json_pack("{s:o,s:o,s:o}", "rotated", encode_number(m.rotated), "madeReachable",
		encode_number(m.made_reachable), "sealed", encode_number(m.sealed)));
}
