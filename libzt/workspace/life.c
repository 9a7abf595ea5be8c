/* SPDX-License-Identifier: Apache-2.0 */
/* workspace_life.c - what an owner does with a whole workspace, and how one without an owner
 * gets one again. */
#include "chain/keys.h"
#include "chain/workspace.h"
#include "format/limits.h"
#include "format/pb.h"
#include "log/append.h"
#include "log/sync.h"
#include "session/session.h"
#include "trust/keyring.h"
#include "trust/policy.h"
#include "workspace/verbs.h"
#include "workspace/workspace.h"
#include "zt/workspace.h"

struct life {
	struct id workspace;
	const char *name;
	struct buf sealed;
	Zt__WorkspaceRenamed renamed;
	Zt__WorkspaceArchived archived;
	Zt__WorkspaceDeletion deletion;
	Zt__OwnershipClaimed claimed;
};

/* Signs and appends what FILL says about WORKSPACE. */
static enum zt_err
act(struct zt *z, const char *workspace, log_fill *fill, struct life *l)
{
	struct workspace *s;
	enum zt_err err;

	z->message[0] = 0;
	if ((err = log_fetch(z)) || (err = workspace_find(z, workspace, &s)))
		return err;
	l->workspace = s->w->id;
	return log_append(z, &l->workspace, fill, l);
}

static enum zt_err
fill_name(struct zt *z, void *ctx, Zt__EntryBody *b)
{
	struct life *l = ctx;
	const struct secret *key;
	struct workspace *s;
	unsigned generation;
	enum zt_err err;

	if ((err = workspace_refuse_second(z, l->name,
		 org_state_workspace(z->state, &l->workspace)->kind, &l->workspace)) ||
	    (err = workspace_of(z, org_state_workspace(z->state, &l->workspace), &s)))
		return err;
	generation = (unsigned)s->w->generation_count;
	buf_free(&l->sealed);
	if ((err = workspace_key(s, generation, &key)) ||
	    (err = keyring_seal_name(
		 key, &l->workspace, generation, bytes_text(l->name), &l->sealed)))
		return err;
	zt__workspace_renamed__init(&l->renamed);
	l->renamed.sealed_name = pb_field(l->sealed.p, l->sealed.n);
	l->renamed.generation = generation;
	b->action_case = ZT__ENTRY_BODY__ACTION_WORKSPACE_RENAMED;
	b->workspace_renamed = &l->renamed;
	return ZT_OK;
}

enum zt_err
workspace_rename(struct zt *z, const char *workspace, const char *name)
{
	char normal[LIMIT_NAME + 1];
	struct life l = { .name = normal, .sealed = buf_init(1024) };
	enum zt_err err = workspace_check_name(z, name, normal);

	if (err == ZT_OK)
		err = act(z, workspace, fill_name, &l);
	buf_free(&l.sealed);
	return err;
}

static enum zt_err
fill_archived(struct zt *z, void *ctx, Zt__EntryBody *b)
{
	struct life *l = ctx;

	(void)z;
	b->action_case = ZT__ENTRY_BODY__ACTION_WORKSPACE_ARCHIVED;
	b->workspace_archived = &l->archived;
	return ZT_OK;
}

enum zt_err
workspace_archive(struct zt *z, const char *workspace, bool archived)
{
	struct life l = { .archived = ZT__WORKSPACE_ARCHIVED__INIT };

	l.archived.archived = archived;
	return act(z, workspace, fill_archived, &l);
}

static enum zt_err
fill_deletion(struct zt *z, void *ctx, Zt__EntryBody *b)
{
	struct life *l = ctx;
	uint64_t min = b->time + policy_at(z->state, ORG_NEVER).deletion_delay;

	/* What was as early as it may be when it was asked for is so when it is signed. */
	if (l->deletion.due < min && l->deletion.due + LIMIT_CLOCK_MS >= min)
		l->deletion.due = min;
	b->action_case = ZT__ENTRY_BODY__ACTION_WORKSPACE_DELETION;
	b->workspace_deletion = &l->deletion;
	return ZT_OK;
}

enum zt_err
workspace_delete(struct zt *z, const char *workspace, uint64_t due)
{
	struct life l = { .deletion = ZT__WORKSPACE_DELETION__INIT };

	l.deletion.due = due;
	return act(z, workspace, fill_deletion, &l);
}

static enum zt_err
fill_claim(struct zt *z, void *ctx, Zt__EntryBody *b)
{
	struct life *l = ctx;

	(void)z;
	b->action_case = ZT__ENTRY_BODY__ACTION_OWNERSHIP_CLAIMED;
	b->ownership_claimed = &l->claimed;
	return ZT_OK;
}

enum zt_err
workspace_claim(struct zt *z, const char *workspace)
{
	struct life l = { .claimed = ZT__OWNERSHIP_CLAIMED__INIT };
	enum zt_err err = act(z, workspace, fill_claim, &l);

	return err ? err : workspace_maintain_keys(z, NULL);
}
