/* SPDX-License-Identifier: Apache-2.0 */
/* vouch.c - a manager's or owner's word for a long chain, so that newcomers need not read it
 * from its beginning: a checkpoint, made from a chain that this device has verified whole. */
#include <stdlib.h>

#include "base/vec.h"
#include "chain/chain.h"
#include "chain/objects.h"
#include "chain/records.h"
#include "chain/workspace.h"
#include "files/checkpoint.h"
#include "session/session.h"

enum {
	EVERY = 1000, /* changesets between two checkpoints */
};

/* What is current: everything that the folders lead to, from the root on; of a damaged folder
 * its newest version that opens. */
struct making {
	struct workspace *s;
	struct checkpoint_entry *entries;
	size_t count, cap;
	struct idmap seen;
	struct workspace_object *folders; /* of the level at hand, and of the next one */
	size_t folder_count, folder_cap;
};

/* The newest version of VLOB that counts, and those left out behind it. */
static enum zt_err
add_object(struct making *k, const struct id *vlob, bool is_folder)
{
	struct workspace_version v;
	enum zt_err err;

	if (idmap_get(&k->seen, vlob) != NULL)
		return ZT_OK;
	if ((err = idmap_put(&k->seen, vlob, k)) || (err = workspace_newest(k->s, vlob, &v)))
		return err == ZT_ERR_NOT_FOUND ? ZT_OK : err;
	for (;;) {
		if ((err = vec_room(&k->entries, k->count, &k->cap, sizeof *k->entries)))
			return err;
		k->entries[k->count++] =
		    (struct checkpoint_entry){ *vlob, v.version, v.position };
		if (!v.excluded || v.version == 1)
			break;
		if ((err = chain_version(k->s, vlob, v.version - 1, &v)))
			return err;
	}
	if (!is_folder || v.excluded)
		return ZT_OK;
	if ((err = vec_room(
		 &k->folders, k->folder_count, &k->folder_cap, sizeof *k->folders)) == ZT_OK)
		k->folders[k->folder_count++] =
		    (struct workspace_object){ .vlob = *vlob, .is_folder = true };
	return err;
}

static enum zt_err
add_folder(void *ctx, size_t i, Zt__Manifest **m)
{
	struct making *k = ctx;
	enum zt_err err = ZT_OK;

	(void)i;
	for (size_t n = 0; err == ZT_OK && *m != NULL && n < (*m)->folder->n_entries; n++) {
		const Zt__FolderEntry *e = (*m)->folder->entries[n];
		struct id vlob;

		if ((err = pb_id(e->vlob, &vlob)) == ZT_OK)
			err = add_object(k, &vlob, e->folder);
	}
	return err;
}

static enum zt_err
gather(struct making *k)
{
	enum zt_err err = add_object(k, &k->s->w->id, true);

	while (err == ZT_OK && k->folder_count > 0) {
		struct workspace_object *level = k->folders;
		size_t count = k->folder_count;

		k->folders = NULL;
		k->folder_count = k->folder_cap = 0;
		err = workspace_read(k->s, level, count, add_folder, k);
		free(level);
	}
	return err;
}

static int
by_position(const void *a, const void *b)
{
	return checkpoint_order(a, b);
}

static enum zt_err
send(struct making *k, struct bytes entries)
{
	struct workspace *s = k->s;
	struct zt *z = s->z;
	struct route_params p = { .org = z->org, .id = s->w->id };
	struct checkpoint c = { .org = z->org,
		.workspace = s->w->id,
		.author = z->device,
		.position = s->chain.position,
		.link = s->chain.link,
		.count = k->count,
		.seen_size = merkle_size(z->state->tree),
		.time = session_now_ms() };
	Zt__CheckpointRequest m = ZT__CHECKPOINT_REQUEST__INIT;
	Zt__Statement message;
	struct statement st;
	struct buf stmt = buf_init(4096), body = buf_init(LIMIT_CHECKPOINT + 8192),
		   answer = buf_init(64);
	enum zt_err err;

	if ((err = merkle_root(z->state->tree, c.seen_size, &c.seen_root)) ||
	    (err = checkpoint_root(entries, c.position, &c.root)) ||
	    (err = checkpoint_sign(z->sign, &c, &stmt, &st)))
		goto out;
	message = statement_message(&st);
	m.statement = &message;
	m.entries = pb_field(entries.p, entries.n);
	if ((err = pb_encode(&m, &body)) == ZT_OK)
		err =
		    session_call(z, ROUTE_CHECKPOINT_PUT, &p, NULL, buf_bytes(&body), &answer);
out:
	buf_free(&stmt);
	buf_free(&body);
	buf_free(&answer);
	return err;
}

static enum zt_err
make(struct workspace *s)
{
	struct making k = { .s = s };
	struct buf packed = buf_init(LIMIT_CHECKPOINT);
	enum zt_err err = gather(&k);

	if (err == ZT_OK &&
	    (err = buf_reserve(&packed, k.count * CHECKPOINT_ENTRY_BYTES)) == ZT_OK) {
		qsort(k.entries, k.count, sizeof *k.entries, by_position);
		for (size_t i = 0; i < k.count; i++)
			checkpoint_pack(
			    &k.entries[i], buf_room(&packed, CHECKPOINT_ENTRY_BYTES));
		err = send(&k, buf_bytes(&packed));
	}
	free(k.entries);
	free(k.folders);
	idmap_free(&k.seen, NULL);
	buf_free(&packed);
	return err;
}

/* Only who has seen all of the chain vouches for it: no word rests on another's. What is too
 * large is not tried each time. */
static enum zt_err
offer(struct workspace *s)
{
	enum zt_err err = make(s);

	if (err == ZT_OK || err == ZT_ERR_TOO_BIG)
		s->chain.checkpoint = s->chain.position;
	return err == ZT_ERR_TOO_BIG ? ZT_OK : err;
}

static enum zt_err
offer_when_due(struct workspace *s)
{
	const struct org_user *me = org_state_user(s->z->state, &s->z->user);
	struct checkpoint last;
	enum zt_err err;

	if (me == NULL || org_state_role(s->w, me, ORG_NEVER) < ROLE_MANAGER ||
	    s->chain.target > 0 || s->chain.anchor_position > 0 ||
	    s->chain.position < s->chain.checkpoint + EVERY)
		return ZT_OK;
	if ((err = checkpoint_find(s, &last)) == ZT_OK && last.position > s->chain.checkpoint)
		s->chain.checkpoint = last.position;
	if ((err == ZT_OK || err == ZT_ERR_NOT_FOUND) &&
	    s->chain.position >= s->chain.checkpoint + EVERY)
		err = offer(s);
	return err ? err : chain_note(s);
}

enum zt_err
workspace_background(struct workspace *s, unsigned ms)
{
	enum zt_err err = s->chain.anchor_position > 0 ? workspace_backfill(s, ms) : ZT_OK;

	return err ? err : offer_when_due(s);
}
