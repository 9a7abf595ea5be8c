/* SPDX-License-Identifier: Apache-2.0 */
/* fetch.c - content down: blocks fetched, opened and given to the files they belong to. A block
 * that small files share is fetched once for all of them. */
#include "content/fetch.h"

#include <stdlib.h>

#include "base/vec.h"
#include "chain/objects.h"
#include "content/file_writer.h"
#include "content/send.h"
#include "content/slot.h"
#include "content/transfer.h"
#include "crypto/suite.h"
#include "format/limits.h"
#include "format/pb.h"
#include "session/session.h"

/* A shared block and those who wait for it. */
struct group {
	struct block_ref ref;
	struct extent *extents;
	size_t count, cap;
};

/* ---- one block ---- */

enum zt_err
fetch_lost(struct zt *z, const struct calls_transfer *call)
{
	if (call->err == ZT_ERR_INTERRUPTED)
		return session_interrupted(z);
	return session_refuse(z,
	    call->err == ZT_ERR_NOT_FOUND ? ZT_ERR_MISSING_BLOCK : call->err,
	    "a block of the file: %s",
	    call->detail[0] != 0 ? call->detail : err_text(call->err));
}

enum zt_err
fetch_altered(struct zt *z, enum zt_err err)
{
	return session_refuse(z, err, "a block of the file is damaged or was altered");
}

/* A file that gets all of itself from one shared block is made, written and named at once. */
static void
give(struct transfer_slot *slot, const struct extent *p)
{
	struct file_writer *k = p->to;
	bool is_all = k->fd < 0 && p->offset == 0 && p->size == k->size;

	if (is_all)
		file_writer_open(k);
	file_writer_write(k, p->offset, bytes_of(slot->clear.p + p->from, p->size));
	if (is_all)
		file_writer_name(k);
}

/* Runs on a thread of the pool: opens the block and writes it to its places. */
static void
open_and_give(struct pool_job *job)
{
	struct transfer_slot *slot = (struct transfer_slot *)job;

	buf_empty(&slot->clear);
	if ((slot->err = block_open(&slot->ref, buf_bytes(&slot->call.answer), &slot->clear)))
		return;
	for (size_t i = 0; i < slot->extent_count; i++)
		give(slot, &slot->extents[i]);
}

/* The end of SLOT's block, with ERR about all of its files or none. */
static void
end_block(struct transfer_slot *slot, enum zt_err err)
{
	struct transfer *t = slot->t;

	for (size_t i = 0; i < slot->extent_count; i++) {
		struct extent *p = &slot->extents[i];

		t->done += p->size;
		if (err && p->to->err == ZT_OK)
			p->to->err = err;
		file_writer_end(p->to);
	}
	wipe(slot->ref.key, sizeof slot->ref.key);
	transfer_release(slot);
}

static void
given(struct transfer_slot *slot)
{
	struct transfer *t = slot->t;
	enum zt_err err = slot->err;

	if (err)
		err = fetch_altered(t->z, err);
	t->blocks++;
	end_block(slot, err);
	transfer_report(t, "");
}

static void
fetched(struct calls_transfer *call)
{
	struct transfer_slot *slot = call->ctx;

	if (call->err == ZT_OK)
		transfer_requeue(slot, open_and_give, given);
	else
		end_block(slot, fetch_lost(slot->t->z, call));
}

/* Starts to fetch REF for SLOT's pieces. */
static enum zt_err
start(struct transfer_slot *slot, const struct block_ref *ref)
{
	struct transfer *t = slot->t;
	enum zt_err err;

	slot->ref = *ref;
	slot->call.route = ROUTE_BLOCK_GET;
	slot->call.done = fetched;
	slot->call.ctx = slot;
	slot->call.params =
	    (struct route_params){ .org = t->z->org, .id = t->workspace, .block = ref->id };
	buf_empty(&slot->call.answer);
	if ((err = buf_reserve(&slot->call.answer, block_sealed_size(ref->size))) == ZT_OK)
		err = calls_start(t->z->calls, &slot->call);
	if (err)
		end_block(slot, err);
	return err;
}

/* ---- a large file: its blocks at once ---- */

static enum zt_err
fetch_own(struct transfer *t, const struct block_part *p, const struct extent *extent)
{
	struct transfer_slot *slot;
	enum zt_err err = transfer_slot(t, p->block.size, &slot);

	if (err)
		return err;
	slot->extent_count = 0;
	if ((err = vec_room(&slot->extents, 0, &slot->extent_cap, sizeof *slot->extents))) {
		transfer_release(slot);
		return err;
	}
	slot->extents[slot->extent_count++] = *extent;
	extent->to->pending++;
	return start(slot, &p->block);
}

/* ---- small files: one fetch for all that share a block ---- */

static bool
same_block(const struct block_ref *a, const struct block_ref *b)
{
	return id_equal(&a->id, &b->id) &&
	       ct_equal(bytes_of(a->key, sizeof a->key), bytes_of(b->key, sizeof b->key)) &&
	       hash_equal(&a->hash, &b->hash) && a->size == b->size;
}

static enum zt_err
group_of(struct transfer *t, const struct block_ref *ref, struct group **out)
{
	struct group *g = idmap_get(&t->by_block, &ref->id);
	enum zt_err err;

	/* A member could write two references that differ: then each is fetched by itself. */
	if (g != NULL && same_block(&g->ref, ref)) {
		*out = g;
		return ZT_OK;
	}
	if ((err = vec_room(&t->groups, t->group_count, &t->group_cap, sizeof(struct group *))))
		return err;
	if ((g = calloc(1, sizeof *g)) == NULL)
		return ZT_ERR_MEMORY;
	g->ref = *ref;
	t->groups[t->group_count++] = g;
	*out = g;
	return idmap_put(&t->by_block, &ref->id, g);
}

static enum zt_err
wait_for_shared(struct transfer *t, const struct block_part *p, const struct extent *extent)
{
	struct group *g;
	enum zt_err err = group_of(t, &p->block, &g);

	if (err || (err = vec_room(&g->extents, g->count, &g->cap, sizeof *g->extents)))
		return err;
	g->extents[g->count++] = *extent;
	extent->to->pending++;
	return ZT_OK;
}

static void
group_free(struct group *g)
{
	wipe(g->ref.key, sizeof g->ref.key);
	free(g->extents);
	free(g);
}

/* Gives all of G to a slot. */
static enum zt_err
fetch_group(struct transfer *t, struct group *g)
{
	struct transfer_slot *slot;
	enum zt_err err = transfer_slot(t, g->ref.size, &slot);

	if (err)
		return err;
	free(slot->extents);
	slot->extents = g->extents;
	slot->extent_count = g->count;
	slot->extent_cap = g->cap;
	g->extents = NULL;
	g->count = 0;
	return start(slot, &g->ref);
}

enum zt_err
fetch_shared(struct transfer *t)
{
	enum zt_err err = ZT_OK;

	for (size_t i = 0; err == ZT_OK && i < t->group_count; i++)
		err = fetch_group(t, t->groups[i]);
	fetch_forget(t);
	return err;
}

void
fetch_forget(struct transfer *t)
{
	for (size_t i = 0; i < t->group_count; i++) {
		for (size_t k = 0; k < t->groups[i]->count; k++) {
			struct file_writer *to = t->groups[i]->extents[k].to;

			to->err = t->err ? t->err : ZT_ERR_INTERRUPTED;
			file_writer_end(to);
		}
		group_free(t->groups[i]);
	}
	free(t->groups);
	t->groups = NULL;
	t->group_count = t->group_cap = 0;
	idmap_free(&t->by_block, NULL);
}

/* ---- a file ---- */

enum zt_err
fetch_content(struct transfer *t, const Zt__FileManifest *f, struct file_writer *k)
{
	size_t n =
	    f->content_case == ZT__FILE_MANIFEST__CONTENT_BLOCKS ? f->blocks->n_blocks : 0;
	struct extent extent = { .to = k };
	struct block_part part;
	enum zt_err err = ZT_OK;

	for (size_t i = 0; err == ZT_OK && k->err == ZT_OK && i < n; i++) {
		manifest_part(f, i, &part);
		if (part.hole > 0) {
			if (i == 0)
				file_writer_open(k);
			k->is_sparse = true;
			extent.offset += part.hole;
			t->done += part.hole;
			continue;
		}
		extent.from = part.offset;
		extent.size = part.size;
		if (n == 1 && part.size < part.block.size) {
			err = wait_for_shared(t, &part, &extent);
		} else {
			if (i == 0)
				file_writer_open(k);
			file_writer_reserve(k, extent.offset + part.size);
			err = k->err ? ZT_OK : fetch_own(t, &part, &extent);
		}
		extent.offset += part.size;
		wipe(part.block.key, sizeof part.block.key);
	}
	if (n == 0) {
		file_writer_open(k);
		if (f->content_case == ZT__FILE_MANIFEST__CONTENT_INLINE_CONTENT)
			file_writer_write(k, 0, pb_bytes(f->inline_content));
		t->done += f->size;
	}
	if (err && k->err == ZT_OK)
		k->err = err;
	file_writer_end(k);
	return err ? err : t->err;
}

bool
fetch_is_later(size_t held, size_t weight)
{
	enum { HELD_BYTES = 16 * 1024 * 1024 };

	return held > 0 && held + weight > HELD_BYTES;
}

enum zt_err
fetch_block(struct transfer *t, const struct block_ref *ref, struct buf *clear)
{
	struct route_params p = { .org = t->z->org, .id = t->workspace, .block = ref->id };
	struct buf sealed = buf_init(LIMIT_BLOCK_WIRE);
	enum zt_err err =
	    session_call(t->z, ROUTE_BLOCK_GET, &p, NULL, bytes_of(NULL, 0), &sealed);

	if (err == ZT_OK && (err = block_open(ref, buf_bytes(&sealed), clear)))
		err = fetch_altered(t->z, err);
	buf_free(&sealed);
	return err;
}

/* ---- what a manifest says of content ---- */

/* The block REF into T->looked, where it may be already: files share blocks. */
static enum zt_err
look_into(struct transfer *t, const struct block_ref *ref)
{
	enum zt_err err;

	if (t->looked.n > 0 && same_block(&t->looked_at, ref))
		return ZT_OK;
	buf_free(&t->looked);
	t->looked = buf_init(BLOCK_CLEAR_MAX);
	t->looked_at = *ref;
	if ((err = fetch_block(t, ref, &t->looked)))
		buf_empty(&t->looked);
	return err;
}

/* Whether part I of F is what F says of its content. What is lost or damaged is not. */
static enum zt_err
check_part(struct transfer *t, const Zt__FileManifest *f, size_t i, bool *is_so)
{
	const Zt__BlockRef *b = f->blocks->blocks[i];
	struct block_part part;
	struct hash is;
	enum zt_err err;

	manifest_part(f, i, &part);
	if (part.hole > 0)
		return ZT_OK;
	if ((err = look_into(t, &part.block)) == ZT_OK && b->whole > 0) {
		hash_content(bytes_of(t->looked.p + part.offset, part.size), &is);
		*is_so = bytes_equal(pb_bytes(b->content), bytes_of(is.b, HASH_BYTES));
	} else if (err == ZT_ERR_NOT_FOUND || workspace_is_damage(err)) {
		*is_so = false;
		t->z->message[0] = 0;
		err = ZT_OK;
	}
	wipe(part.block.key, sizeof part.block.key);
	return err;
}

/* Whether F says the truth of its content: AUTHOR, a live device of this user, had it. */
static bool
believes(const struct zt *z, const Zt__FileManifest *f, const struct id *author)
{
	const struct org_device *d = org_state_device(z->state, author);

	return !f->restored && d != NULL && id_equal(&d->user->id, &z->user) &&
	       org_state_device_live(d, ORG_NEVER);
}

enum zt_err
fetch_is_same(
    struct transfer *t, int fd, const Zt__FileManifest *f, const struct id *author, bool *same)
{
	enum zt_err err = send_is_same(fd, f, same);
	bool looks =
	    f->content_case == ZT__FILE_MANIFEST__CONTENT_BLOCKS && !believes(t->z, f, author);

	for (size_t i = 0; looks && err == ZT_OK && *same && i < f->blocks->n_blocks; i++)
		err = check_part(t, f, i, same);
	return err;
}
