/* SPDX-License-Identifier: Apache-2.0 */
/* spill.c - parts that are written again and again wait on the device's disk, not at the
 * server.
 *
 * A block that was sent stays there, whether or not a version comes to name it. So a part that
 * gives up its place here is sent only if it is whole and was written from its beginning to its
 * end, as by a stream, and once: else it waits, sealed as it would be sent, until the commit.
 * Then at most one block of each part is sent, between two commits, that no version names. */
#include <stdlib.h>
#include <string.h>

#include "content/send.h"
#include "crypto/hash.h"
#include "crypto/suite.h"
#include "files/block.h"
#include "files/manifest.h"
#include "format/limits.h"
#include "format/pb.h"
#include "handles/writer.h"
#include "session/session.h"
#include "store/scratch.h"

bool
writer_is_stream(const struct zt_writer *w, const struct writer_part *p)
{
	uint64_t end = p->from + p->size;
	bool is_whole = end < w->size || end >= writer_room_end(p->from);

	return is_whole && p->run == p->size && !p->is_sent && p->from >= w->sent_to;
}

void
writer_part_block(const struct writer_part *p, struct block_part *out)
{
	Zt__BlockRef *ref = p->ref;
	Zt__BlockList list = ZT__BLOCK_LIST__INIT;
	Zt__FileManifest f;

	zt__file_manifest__init(&f);
	list.blocks = &ref;
	list.n_blocks = 1;
	f.blocks = &list;
	manifest_part(&f, 0, out);
}

enum zt_err
writer_reference(const struct block_ref *r, Zt__BlockRef **out)
{
	Zt__BlockRef *b = malloc(sizeof *b);
	enum zt_err err;

	if (b == NULL)
		return ZT_ERR_MEMORY;
	zt__block_ref__init(b);
	b->size = r->size;
	if ((err = pb_copy(pb_field(r->id.b, ID_BYTES), &b->id)) ||
	    (err = pb_copy(pb_field(r->key, AEAD_KEY_BYTES), &b->key)) ||
	    (err = pb_copy(pb_field(r->hash.b, HASH_BYTES), &b->hash))) {
		pb_wipe(b);
		return err;
	}
	*out = b;
	return ZT_OK;
}

/* ERR of the scratch file, with its sentence. */
static enum zt_err
explain(struct zt_writer *w, enum zt_err err)
{
	if (err != ZT_ERR_FULL && err != ZT_ERR_IO)
		return err;
	return session_refuse(w->z, err, "%.180s: %s", w->z->home,
	    session_translate(w->z, strerror(scratch_number(w->scratch))));
}

enum zt_err
writer_spill(struct zt_writer *w, struct writer_block *b)
{
	struct writer_part *p = &w->parts[writer_part_at(w, b->from)];
	struct block_ref r = { .size = 0 };
	Zt__BlockRef *ref = NULL;
	enum zt_err err = ZT_OK;

	buf_empty(&w->sealed);
	if (w->scratch == NULL)
		err = scratch_new(w->z->home, &w->scratch);
	if (err == ZT_OK && (err = block_seal(buf_bytes(&b->clear), &r, &w->sealed)) == ZT_OK &&
	    (err = writer_reference(&r, &ref)) == ZT_OK &&
	    (err = scratch_put(w->scratch, buf_bytes(&w->sealed), &p->spilled)) == ZT_OK) {
		p->ref = ref;
		ref = NULL;
		p->is_kept = false;
	}
	pb_wipe(ref);
	wipe(r.key, sizeof r.key);
	return explain(w, err);
}

/* P's block, as R says, into W->sealed. */
static enum zt_err
read_back(struct zt_writer *w, const struct writer_part *p, const struct block_ref *r)
{
	struct hash is;
	enum zt_err err;

	buf_empty(&w->sealed);
	if ((err = scratch_get(w->scratch, &p->spilled, &w->sealed)))
		return explain(w, err);
	hash_block(buf_bytes(&w->sealed), &is);
	return hash_equal(&is, &r->hash) ? ZT_OK : ZT_ERR_STORE;
}

enum zt_err
writer_unspill(struct zt_writer *w, const struct writer_part *p, struct buf *clear)
{
	struct block_part part;
	enum zt_err err;

	writer_part_block(p, &part);
	if ((err = read_back(w, p, &part.block)) == ZT_OK)
		err = block_open(&part.block, buf_bytes(&w->sealed), clear);
	wipe(part.block.key, sizeof part.block.key);
	return err;
}

enum zt_err
writer_send_spilled(struct zt_writer *w, struct writer_part *p)
{
	struct block_part part;
	enum zt_err err;

	if (p->spilled.n == 0)
		return ZT_OK;
	writer_part_block(p, &part);
	if ((err = writer_begin(w)) == ZT_OK && (err = read_back(w, p, &part.block)) == ZT_OK &&
	    (err = send_sealed(&w->t, &part.block, &w->sealed)) == ZT_OK) {
		scratch_forget(w->scratch, &p->spilled);
		p->is_new = p->is_sent = true;
	}
	wipe(part.block.key, sizeof part.block.key);
	return err;
}
