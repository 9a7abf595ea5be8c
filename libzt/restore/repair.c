/* SPDX-License-Identifier: Apache-2.0 */
/* repair.c - the server went back in time; this device did not. Entries and changesets go back
 * as they were signed, so the server, and everybody after it, judges them as the first time. */
#include "zt/repair.h"
#include "base/wire.h"
#include "chain/objects.h"
#include "chain/positions.h"
#include "chain/records.h"
#include "chain/workspace.h"
#include "format/limits.h"
#include "format/pb.h"
#include "log/handles.h"
#include "log/sync.h"
#include "proto/auth.pb-c.h"
#include "proto/device.pb-c.h"
#include "proto/metadata.pb-c.h"
#include "session/session.h"
#include "trust/head.h"
#include "zt/workspace.h"

#include <stdio.h>
#include <stdlib.h>

#include "crypto/labels.h"
#include "restore/verbs.h"
#include "workspace/verbs.h"

struct repair {
	struct zt *z;
	void (*lost)(void *ctx, const struct zt_loss *l);
	void *ctx;
	struct zt_repaired *out;
};

static void
name_loss(const struct repair *r, struct workspace *s, uint64_t first, uint64_t last,
    const char *what)
{
	char name[260];
	struct zt_loss l = { .what = what, .first = first, .last = last };

	if (s != NULL) {
		workspace_name(s, name);
		l.workspace = name;
	}
	r->out->is_whole = false;
	r->lost(r->ctx, &l);
}

/* ---- the trust log ---- */

/* How long the server's log is; FORK when it is not the beginning of this device's. */
static enum zt_err
server_log(struct repair *r, uint64_t *size)
{
	struct zt *z = r->z;
	struct route_params p = { .org = z->org };
	struct buf answer = buf_init(LIMIT_PAGE);
	Zt__LogPage *page = NULL;
	struct statement st;
	struct head head;
	struct hash root;
	enum zt_err err;

	if ((err = session_call(z, ROUTE_LOG_READ, &p, "from=0", bytes_of(NULL, 0), &answer)) ||
	    (err = pb_decode(&zt__log_page__descriptor, buf_bytes(&answer), LIMIT_PAGE, &page)))
		goto out;
	if ((err = statement_of(page->head, &st)) ||
	    (err = head_check(z->state->log_key, &z->org, &st, &head)))
		goto out;
	*size = head.size;
	if (head.size <= merkle_size(z->state->tree) &&
	    ((err = merkle_root(z->state->tree, head.size, &root)) ||
		!hash_equal(&root, &head.root)))
		err = session_refuse(z, err ? err : ZT_ERR_FORK,
		    "the server's trust log was continued in another way than this device has "
		    "verified: it cannot be repaired; compare heads with a colleague");
out:
	pb_free(page);
	buf_free(&answer);
	return err;
}

/* Entry INDEX as it was signed, appended to M, which takes over *KEPT. NOT_FOUND: only its hash
 * is known here. */
static enum zt_err
add_entry(struct zt *z, uint64_t index, Zt__LogRepair *m, Zt__StoredEntry **kept)
{
	struct buf b = buf_init(LIMIT_ENTRY + 256);
	enum zt_err err = store_get(z->store, STORE_LOG, bytes_of(NULL, 0), index, &b);

	if (err == ZT_OK)
		err = pb_decode(
		    &zt__stored_entry__descriptor, buf_bytes(&b), LIMIT_ENTRY + 256, kept);
	buf_free(&b);
	if (err)
		return err;
	if ((*kept)->body.len == 0)
		return ZT_ERR_NOT_FOUND;
	zt__statement__init(m->entries[m->n_entries]);
	m->entries[m->n_entries]->body = (*kept)->body;
	m->entries[m->n_entries]->signature = (*kept)->signature;
	m->n_entries++;
	return ZT_OK;
}

/* The newest head that is kept here is over all entries of the log as it is here: that those of
 * M lead to it. M borrows NODES and PROOF. */
static enum zt_err
prove(struct zt *z, Zt__LogRepair *m, ProtobufCBinaryData nodes[MERKLE_PROOF],
    struct merkle_proof *proof)
{
	enum zt_err err = merkle_consistency(
	    z->state->tree, m->from + m->n_entries, merkle_size(z->state->tree), proof);

	for (size_t i = 0; err == ZT_OK && i < proof->count; i++)
		nodes[i] = pb_field(proof->node[i].b, HASH_BYTES);
	m->consistency = nodes;
	m->n_consistency = err ? 0 : proof->count;
	return err;
}

/* Sends what is held from *FROM on, up to a number that fits. *FROM moves on by what came back;
 * NOT_FOUND: the next one is not held here. */
static enum zt_err
send_entries(struct repair *r, uint64_t *from)
{
	enum { AT_ONCE = 100, BYTES_AT_ONCE = 4 * 1024 * 1024 };
	struct zt *z = r->z;
	struct route_params p = { .org = z->org };
	Zt__Statement statements[AT_ONCE], *list[AT_ONCE];
	Zt__StoredEntry *kept[AT_ONCE] = { NULL };
	Zt__LogRepair m = ZT__LOG_REPAIR__INIT;
	ProtobufCBinaryData nodes[MERKLE_PROOF];
	struct merkle_proof proof;
	Zt__Statement *head = NULL;
	struct buf body = buf_init(BYTES_AT_ONCE + LIMIT_ENTRY + 64 * 1024),
		   answer = buf_init(64);
	uint64_t size = merkle_size(z->state->tree);
	size_t bytes = 0;
	enum zt_err err = ZT_OK, end = ZT_OK;

	m.from = *from;
	m.entries = list;
	if ((err = log_kept_head(z, &head)))
		goto out;
	m.head = head;
	for (size_t i = 0; i < AT_ONCE; i++)
		list[i] = &statements[i];
	while (end == ZT_OK && m.n_entries < AT_ONCE && bytes < BYTES_AT_ONCE &&
	       *from + m.n_entries < size)
		if ((end = add_entry(z, *from + m.n_entries, &m, &kept[m.n_entries])) == ZT_OK)
			bytes += m.entries[m.n_entries - 1]->body.len;
	if (m.n_entries > 0 && (err = prove(z, &m, nodes, &proof)) == ZT_OK &&
	    (err = pb_encode(&m, &body)) == ZT_OK &&
	    (err = session_call(z, ROUTE_LOG_REPAIR, &p, NULL, buf_bytes(&body), &answer)) ==
		ZT_OK) {
		*from += m.n_entries;
		r->out->entries += m.n_entries;
	}
out:
	for (size_t i = 0; i < AT_ONCE; i++)
		pb_free(kept[i]);
	pb_free(head);
	buf_free(&body);
	buf_free(&answer);
	return err ? err : end;
}

/* *FROM: the length of the server's log before. */
static enum zt_err
repair_log(struct repair *r, uint64_t *from)
{
	uint64_t size = merkle_size(r->z->state->tree), at = 0;
	enum zt_err err = server_log(r, &at);

	*from = at;
	while (err == ZT_OK && at < size)
		err = send_entries(r, &at);
	if (err != ZT_ERR_NOT_FOUND)
		return err;
	name_loss(r, NULL, at, at,
	    "this entry belongs to a workspace that this device cannot see: a member of it "
	    "must repair next");
	return ZT_OK;
}

/* ---- a workspace ---- */

static enum zt_err
held_push(struct workspace *s, uint64_t position, Zt__PushRequest **out)
{
	struct buf b = buf_init(LIMIT_PUSH + LIMIT_MANIFEST);
	enum zt_err err =
	    store_get(s->z->store, STORE_PUSH, bytes_of(s->w->id.b, ID_BYTES), position, &b);

	if (err == ZT_OK)
		err = pb_decode(&zt__push_request__descriptor, buf_bytes(&b), b.n, out);
	if (err == ZT_OK &&
	    ((*out)->changeset == NULL || (*out)->changeset->statement == NULL)) {
		pb_free(*out);
		*out = NULL;
		err = ZT_ERR_STORE;
	}
	buf_free(&b);
	return err;
}

/* Whether the server's newest changeset, NEWEST of the chain, is the one that stood there. */
static enum zt_err
is_my_chain(struct workspace *s, uint64_t newest, bool *same)
{
	Zt__PushRequest *mine = NULL;
	Zt__ChainPage *page = NULL;
	enum zt_err err = newest == 0 ? ZT_OK : held_push(s, newest, &mine);

	*same = true;
	if (err == ZT_ERR_NOT_FOUND) /* from before devices kept them: the server will judge */
		return ZT_OK;
	if (err == ZT_OK && mine != NULL && (err = chain_page(s, newest, &page)) == ZT_OK)
		*same = page->n_changesets > 0 && page->changesets[0]->statement != NULL &&
			bytes_equal(pb_bytes(page->changesets[0]->statement->body),
			    pb_bytes(mine->changeset->statement->body));
	pb_free(mine);
	pb_free(page);
	return err;
}

/* A folder's manifest that this device has read, sealed as it came. */
static void
held_object(struct workspace *s, const struct change *c, struct buf *kept, Zt__Object *out)
{
	uint8_t at[2 * ID_BYTES];
	struct wire_reader r;
	struct bytes wrap, object;
	struct hash is;

	if (store_get(s->z->store, STORE_FOLDER, workspace_object_key(s, &c->vlob, at),
		c->version, kept) != ZT_OK)
		return;
	r = wire_read(buf_bytes(kept));
	out->generation = wire_u32(&r);
	wrap = wire_counted(&r, ENVELOPE_WRAP_BYTES);
	object = wire_counted(&r, LIMIT_MANIFEST + 1024);
	hash_blake2b(LABEL_OBJECT, object, &is);
	if (wire_end(&r) == ZT_OK && hash_equal(&is, &c->pins.object)) {
		out->wrap = pb_field(wrap.p, wrap.n);
		out->object = pb_field(object.p, object.n);
	}
}

/* PUSH to the server, with OBJECTS in the order of its changes. */
static enum zt_err
send_changeset(struct workspace *s, uint64_t position, Zt__PushRequest *push,
    Zt__Object **objects, size_t count, uint64_t *missing, uint64_t *blocks)
{
	struct route_params p = { .org = s->z->org, .id = s->w->id };
	struct buf body = buf_init(LIMIT_PUSH + LIMIT_MANIFEST), answer = buf_init(64);
	Zt__PushRequest with = ZT__PUSH_REQUEST__INIT;
	Zt__RepairRequest m = ZT__REPAIR_REQUEST__INIT;
	Zt__RepairAnswer *got = NULL;
	enum zt_err err;

	with.changeset = push->changeset;
	with.objects = objects;
	with.n_objects = count;
	m.position = position;
	m.push = &with;
	if ((err = pb_encode(&m, &body)) == ZT_OK &&
	    (err = session_call(s->z, ROUTE_REPAIR, &p, NULL, buf_bytes(&body), &answer)) ==
		ZT_OK &&
	    (err = pb_decode(&zt__repair_answer__descriptor, buf_bytes(&answer), 64, &got)) ==
		ZT_OK)
		*missing = got->missing, *blocks = got->missing_blocks;
	pb_free(got);
	buf_free(&body);
	buf_free(&answer);
	return err;
}

/* What this device brought must open as the server holds it now: somebody may have brought keys
 * of rubbish before. */
static enum zt_err
check_brought(struct repair *r, struct workspace *s, uint64_t position,
    const struct change *changes, Zt__Object *const *list, size_t count)
{
	struct workspace_object *objects = calloc(count + 1, sizeof *objects);
	size_t n = 0, bad = 0;
	enum zt_err err = objects != NULL ? ZT_OK : ZT_ERR_MEMORY;

	for (size_t i = 0; err == ZT_OK && i < count; i++)
		if (list[i]->object.len > 0 && workspace_version(s, &changes[i].vlob,
						   changes[i].version, &objects[n].v) == ZT_OK)
			n++;
	if (err == ZT_OK && n > 0)
		err = workspace_check_there(s, objects, n, &bad);
	if (err == ZT_OK && bad > 0)
		name_loss(r, s, position, position,
		    "objects of this changeset do not open: a device of its author can bring "
		    "their keys");
	free(objects);
	return err;
}

/* Brings changeset POSITION to its place, with every object of it that is held here. */
static enum zt_err
bring_back(struct repair *r, struct workspace *s, uint64_t position, bool is_there)
{
	Zt__PushRequest *push = NULL;
	struct changeset cs;
	struct change *changes = NULL;
	Zt__Object *objects = NULL, **list = NULL;
	struct buf *kept = NULL;
	uint64_t missing = 0, blocks = 0, before;
	enum zt_err err = held_push(s, position, &push);

	if (err)
		return err;
	if ((err = changeset_read(push->changeset, &cs, &changes)))
		goto out;
	err = ZT_ERR_MEMORY;
	objects = calloc(cs.count, sizeof *objects);
	list = calloc(cs.count, sizeof *list);
	kept = calloc(cs.count, sizeof *kept);
	if (objects == NULL || list == NULL || kept == NULL)
		goto out;
	for (size_t i = 0; i < cs.count; i++) {
		zt__object__init(list[i] = &objects[i]);
		kept[i] = buf_init(LIMIT_MANIFEST + 4096);
	}
	/* For a changeset already in the chain, asks first which objects are missing: mostly
	 * none. */
	before = cs.count;
	if (is_there &&
	    (err = send_changeset(s, position, push, list, cs.count, &before, &blocks)))
		goto out;
	for (size_t i = 0; before > 0 && i < cs.count; i++)
		if (push->n_objects == cs.count)
			list[i] = push->objects[i];
		else
			held_object(s, &changes[i], &kept[i], list[i]);
	err = before > 0 ? send_changeset(s, position, push, list, cs.count, &missing, &blocks)
			 : ZT_OK;
	if (err == ZT_OK && before > 0)
		err = check_brought(r, s, position, changes, list, cs.count);
	if (err == ZT_OK) {
		r->out->changesets += !is_there;
		r->out->objects += before - missing;
		if (missing > 0)
			name_loss(r, s, position, position,
			    "objects of this changeset are not held here: a device of its "
			    "author can bring them");
		if (blocks > 0 && !is_there)
			name_loss(r, s, position, position,
			    "blocks of this changeset are not on the server: files that it "
			    "wrote are lost, unless somebody puts them again");
	}
out:
	for (size_t i = 0; kept != NULL && i < cs.count; i++)
		buf_free(&kept[i]);
	free(kept);
	free(list);
	free(objects);
	free(changes);
	pb_free(push);
	return err;
}

static enum zt_err
repair_chain(struct repair *r, struct workspace *s, uint64_t newest)
{
	uint64_t p = newest + 1, last = s->chain.position;
	enum zt_err err = positions_show(s, newest, &last);

	if (err == ZT_ERR_PROOF) {
		name_loss(r, s, p, s->chain.position,
		    "nothing that the server signed or noted says that these changesets stood "
		    "there: another member's device may bring them");
		return ZT_OK;
	}
	while (err == ZT_OK && p <= last)
		if ((err = bring_back(r, s, p, false)) == ZT_OK)
			p++;
	if (err == ZT_OK && last < s->chain.position)
		name_loss(r, s, last + 1, s->chain.position,
		    "nothing that the server signed or noted says that these changesets stood "
		    "there: another member's device may bring them");
	if (err == ZT_ERR_NOT_FOUND) {
		name_loss(r, s, p, s->chain.position,
		    "these changesets are not held here: another member's device may bring "
		    "them");
		err = ZT_OK;
	}
	return err;
}

/* Restores the objects of this device's own changesets that another device restored without
 * them. */
static enum zt_err
fill_own(struct repair *r, struct workspace *s, uint64_t newest)
{
	enum zt_err err = ZT_OK;

	for (uint64_t p = s->chain.anchor_position + 1;
	     err == ZT_OK && p <= newest && p <= s->chain.position; p++) {
		Zt__PushRequest *push = NULL;
		bool own = held_push(s, p, &push) == ZT_OK && push->n_objects > 0;

		pb_free(push);
		if (own)
			err = bring_back(r, s, p, true);
	}
	return err;
}

/* The chain was continued in another way up to NEWEST: from where on? */
static enum zt_err
name_other_chain(struct repair *r, struct workspace *s, uint64_t newest)
{
	bool same = false;
	enum zt_err err = ZT_OK;

	while (err == ZT_OK && !same)
		err = is_my_chain(s, --newest, &same);
	if (err == ZT_OK)
		name_loss(r, s, newest + 1, s->chain.position,
		    "the workspace was written to in another way after the older backup was "
		    "restored: these changesets cannot come back");
	return err;
}

static enum zt_err
repair_workspace(struct repair *r, struct org_workspace *w)
{
	Zt__ChainPage *page = NULL;
	struct workspace *s;
	uint64_t newest = 0, common;
	bool same = true;
	enum zt_err err;

	if ((err = workspace_of(r->z, w, &s)) || (err = chain_page(s, 1, &page)))
		goto out;
	newest = page->newest;
	common = newest < s->chain.position ? newest : s->chain.position;
	if ((err = is_my_chain(s, common, &same)))
		goto out;
	if (!same) {
		err = name_other_chain(r, s, common);
		goto out;
	}
	if ((err = fill_own(r, s, common)) == ZT_OK)
		err =
		    newest < s->chain.position ? repair_chain(r, s, newest) : workspace_sync(s);
out:
	pb_free(page);
	return err;
}

/* ---- what stood beside the log ---- */

/* Seals again all keys that this device had sealed to members. */
static enum zt_err
seal_again(struct zt *z)
{
	struct org_workspace *w;
	size_t at = 0;
	enum zt_err err = ZT_OK;

	while (err == ZT_OK && (w = idmap_next(&z->state->workspaces, &at)) != NULL)
		for (size_t i = 0; err == ZT_OK && i < w->member_count; i++) {
			uint8_t key[2 * ID_BYTES];

			memcpy(key, w->id.b, ID_BYTES);
			memcpy(key + ID_BYTES, w->members[i]->user->id.b, ID_BYTES);
			err = store_delete(z->store, STORE_SEALED, bytes_of(key, sizeof key),
			    w->generation_count);
		}
	return err ? err : workspace_maintain_keys(z, NULL);
}

/* Repairs each workspace of this user, and its data outside the log. */
static enum zt_err
repair_workspaces(struct repair *r, const struct org_user *me, uint64_t from)
{
	struct zt *z = r->z;
	struct session_failure failure = { .err = ZT_OK };
	struct org_workspace *w;
	size_t at = 0;
	bool goes_on = true;

	while (goes_on && (w = idmap_next(&z->state->workspaces, &at)) != NULL)
		if (me != NULL && org_state_role(w, me, ORG_NEVER) != ROLE_NONE &&
		    !workspace_is_gone(w))
			goes_on = session_goes_on(z, &failure, repair_workspace(r, w));
	if (goes_on && r->out->entries > 0 && me != NULL &&
	    org_state_profile(me, ORG_NEVER) == PROFILE_ADMIN)
		goes_on = session_goes_on(z, &failure, log_disclose(z, NULL, NULL, from));
	if (goes_on)
		(void)session_goes_on(z, &failure, seal_again(z));
	return session_failed(z, &failure);
}

enum zt_err
restore_repair(struct zt *z, void (*lost)(void *ctx, const struct zt_loss *l), void *ctx,
    struct zt_repaired *out)
{
	struct repair r = { z, lost, ctx, out };
	uint64_t from = 0;
	enum zt_err err;

	z->message[0] = 0;
	*out = (struct zt_repaired){ .is_whole = true };
	if ((err = repair_log(&r, &from)))
		return err;
	if (!out->is_whole)
		return ZT_OK; /* the log first: all else is judged by it */
	if ((err = log_fetch(z)))
		return err;
	return repair_workspaces(&r, org_state_user(z->state, &z->user), from);
}
