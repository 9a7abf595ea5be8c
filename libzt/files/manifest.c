/* SPDX-License-Identifier: Apache-2.0 */
#include "files/manifest.h"

#include <stdlib.h>

#include "base/wire.h"
#include "crypto/padding.h"
#include "files/path.h"
#include "format/limits.h"
#include "format/pb.h"

enum { MAGIC = 0x5a544d46 }; /* "ZTMF" */

Zt__Manifest *
manifest_new_file(void)
{
	Zt__Manifest *m = malloc(sizeof *m);

	if (m == NULL)
		return NULL;
	zt__manifest__init(m);
	if ((m->file = malloc(sizeof *m->file)) == NULL) {
		free(m);
		return NULL;
	}
	m->kind_case = ZT__MANIFEST__KIND_FILE;
	zt__file_manifest__init(m->file);
	return m;
}

enum zt_err
manifest_begin_blocks(Zt__FileManifest *f, size_t room, uint32_t block_size)
{
	if ((f->blocks = malloc(sizeof *f->blocks)) == NULL)
		return ZT_ERR_MEMORY;
	zt__block_list__init(f->blocks);
	f->content_case = ZT__FILE_MANIFEST__CONTENT_BLOCKS;
	f->blocks->block_size = block_size;
	f->blocks->blocks = calloc(room, sizeof(Zt__BlockRef *));
	return f->blocks->blocks != NULL ? ZT_OK : ZT_ERR_MEMORY;
}

enum zt_err
manifest_add_block(Zt__FileManifest *f, const Zt__BlockRef *from)
{
	Zt__BlockRef *b = malloc(sizeof *b);
	enum zt_err err;

	if (b == NULL)
		return ZT_ERR_MEMORY;
	zt__block_ref__init(b);
	f->blocks->blocks[f->blocks->n_blocks++] = b;
	b->hole = from->hole;
	b->size = from->size;
	b->offset = from->offset;
	b->whole = from->whole;
	if ((err = pb_copy(from->id, &b->id)) || (err = pb_copy(from->key, &b->key)) ||
	    (err = pb_copy(from->hash, &b->hash)))
		return err;
	return pb_copy(from->content, &b->content);
}

static struct bytes
header(const struct manifest_place *p, uint8_t out[MANIFEST_HEADER_BYTES])
{
	wire_store_u32(out, MAGIC);
	wire_store_u32(out + 4, SUITE_1 << 16);
	memcpy(out + 8, p->workspace.b, ID_BYTES);
	memcpy(out + 24, p->vlob.b, ID_BYTES);
	wire_store_u64(out + 40, p->version);
	return bytes_of(out, MANIFEST_HEADER_BYTES);
}

/* The encoding of M followed by a padding field that makes its size a Padmé size. */
static enum zt_err
encode_padded(const Zt__Manifest *m, struct buf *out)
{
	static const uint8_t zeros[4096];
	enum { TAG_AND_LENGTH = 4 };
	size_t want;
	enum zt_err err = pb_encode(m, out);

	if (err)
		return err;
	want = (size_t)padding_size(out->n + TAG_AND_LENGTH);
	if (want < out->n + TAG_AND_LENGTH || want > LIMIT_MANIFEST)
		return ZT_OK;
	/* field 3, length-delimited, its length in exactly three bytes of varint */
	size_t fill = want - out->n - TAG_AND_LENGTH;

	wire_put_u8(out, 3 << 3 | 2);
	wire_put_u8(out, (uint8_t)(0x80 | (fill & 0x7f)));
	wire_put_u8(out, (uint8_t)(0x80 | (fill >> 7 & 0x7f)));
	wire_put_u8(out, (uint8_t)(fill >> 14 & 0x7f));
	for (size_t n; fill > 0; fill -= n) {
		n = fill < sizeof zeros ? fill : sizeof zeros;
		buf_add(out, bytes_of(zeros, n));
	}
	return buf_err(out);
}

enum zt_err
manifest_seal(const struct secret *kek, const struct manifest_place *place,
    const Zt__Manifest *m, struct buf *object, struct buf *wrap, struct envelope_pins *pins)
{
	struct buf clear = buf_init(LIMIT_MANIFEST);
	uint8_t head[MANIFEST_HEADER_BYTES];
	enum zt_err err = encode_padded(m, &clear);

	if (err == ZT_OK)
		err = envelope_seal(
		    kek, header(place, head), buf_bytes(&clear), object, wrap, pins);
	buf_free(&clear);
	return err;
}

/* A hole has nothing but its size. */
static bool
is_hole(const Zt__BlockRef *b)
{
	return b->id.len == 0 && b->key.len == 0 && b->hash.len == 0 && b->content.len == 0 &&
	       b->size == 0 && b->offset == 0 && b->whole == 0;
}

/* A part lies within its block; a file that has a block for itself has all of it. */
static bool
is_part(const Zt__BlockRef *b)
{
	if (b->hole > 0)
		return is_hole(b);
	if (b->id.len != ID_BYTES || b->key.len != AEAD_KEY_BYTES ||
	    b->hash.len != HASH_BYTES || b->size == 0 || b->size > BLOCK_CLEAR_MAX)
		return false;
	if (b->whole == 0)
		return b->offset == 0 && b->content.len == 0;
	return b->content.len == HASH_BYTES && b->whole <= BLOCK_CLEAR_MAX &&
	       b->size < b->whole && b->offset <= b->whole - b->size;
}

/* Else a small manifest could claim a file larger than any disk. */
static enum zt_err
check_differ(const Zt__BlockList *l)
{
	struct buf ids = buf_init(LIMIT_MANIFEST);
	enum zt_err err;

	for (size_t i = 0; i < l->n_blocks; i++)
		if (l->blocks[i]->hole == 0)
			buf_add(&ids, pb_bytes(l->blocks[i]->id));
	if ((err = buf_err(&ids)) == ZT_OK)
		err = id_all_differ(buf_bytes(&ids));
	buf_free(&ids);
	return err;
}

static enum zt_err
check_file(const Zt__FileManifest *f, const char **message)
{
	uint64_t sum = 0;

	*message = N_("the file's manifest is not well formed");
	if (strlen(f->media_type) > LIMIT_TEXT || strlen(f->label) > LIMIT_TEXT ||
	    f->mode > 07777 || f->modified_ns >= 1000000000 || f->size > INT64_MAX)
		return ZT_ERR_CORRUPT;
	if (f->content_case == ZT__FILE_MANIFEST__CONTENT_INLINE_CONTENT)
		return f->inline_content.len == f->size ? ZT_OK : ZT_ERR_CORRUPT;
	if (f->content_case != ZT__FILE_MANIFEST__CONTENT_BLOCKS || f->blocks == NULL)
		return f->size == 0 ? ZT_OK : ZT_ERR_CORRUPT;
	for (size_t i = 0; i < f->blocks->n_blocks; i++) {
		const Zt__BlockRef *b = f->blocks->blocks[i];
		uint64_t n = b->hole > 0 ? b->hole : b->size;

		if (!is_part(b) || n > f->size - sum)
			return ZT_ERR_CORRUPT;
		sum += n;
	}
	if (sum != f->size)
		return ZT_ERR_CORRUPT;
	*message = N_("the file's manifest names a block twice");
	return f->blocks->n_blocks > 1 ? check_differ(f->blocks) : ZT_OK;
}

static enum zt_err
check_folder(const Zt__FolderManifest *f, const char **message)
{
	enum zt_err err;

	if (f->mode > 07777 || f->modified_ns >= 1000000000) {
		*message = N_("the folder's manifest is not well formed");
		return ZT_ERR_CORRUPT;
	}
	if (f->n_entries > LIMIT_FOLDER) {
		*message = N_("the folder has more entries than are allowed");
		return ZT_ERR_TOO_BIG;
	}
	for (size_t i = 0; i < f->n_entries; i++) {
		struct bytes name = pb_bytes(f->entries[i]->name), before;

		if ((err = path_name_check(name, message)))
			return err;
		*message = N_("the folder's entries are not in order, or one is there twice");
		if (f->entries[i]->vlob.len != ID_BYTES)
			return ZT_ERR_CORRUPT;
		if (i == 0)
			continue;
		before = pb_bytes(f->entries[i - 1]->name);
		if (bytes_order(before, name) >= 0)
			return ZT_ERR_CORRUPT;
	}
	return ZT_OK;
}

enum zt_err
manifest_check(const Zt__Manifest *m, const char **message)
{
	*message = N_("the manifest is neither a file nor a folder");
	switch (m->kind_case) {
	case ZT__MANIFEST__KIND_FILE:
		return check_file(m->file, message);
	case ZT__MANIFEST__KIND_FOLDER:
		return check_folder(m->folder, message);
	case ZT__MANIFEST__KIND__NOT_SET:
	case _ZT__MANIFEST__KIND__CASE_IS_INT_SIZE:
		break;
	}
	return ZT_ERR_CORRUPT;
}

enum zt_err
manifest_rewrap(const struct secret *from, const struct secret *to,
    const struct manifest_place *place, struct bytes wrap, const struct hash *commitment,
    struct buf *out)
{
	uint8_t head[MANIFEST_HEADER_BYTES];

	return envelope_rewrap(from, to, header(place, head), wrap, commitment, out);
}

enum zt_err
manifest_open(const struct secret *kek, const struct manifest_place *place, struct bytes object,
    struct bytes wrap, const struct envelope_pins *pins, Zt__Manifest **out,
    const char **message)
{
	struct buf clear = buf_init(LIMIT_MANIFEST);
	uint8_t head[MANIFEST_HEADER_BYTES];
	Zt__Manifest *m = NULL;
	enum zt_err err;

	*message = N_("the manifest does not open");
	if ((err = envelope_open(kek, header(place, head), object, wrap, pins, &clear)) ||
	    (err = pb_decode(
		 &zt__manifest__descriptor, buf_bytes(&clear), LIMIT_MANIFEST, &m)) ||
	    (err = manifest_check(m, message)))
		goto out;
	*out = m;
	m = NULL;
out:
	pb_wipe(m);
	buf_free(&clear);
	return err;
}

void
manifest_part(const Zt__FileManifest *f, size_t i, struct block_part *out)
{
	const Zt__BlockRef *b = f->blocks->blocks[i];

	*out = (struct block_part){ .hole = b->hole };
	if (b->hole > 0)
		return;
	memcpy(out->block.id.b, b->id.data, ID_BYTES);
	memcpy(out->block.key, b->key.data, AEAD_KEY_BYTES);
	memcpy(out->block.hash.b, b->hash.data, HASH_BYTES);
	out->block.size = b->whole > 0 ? b->whole : b->size;
	out->offset = b->offset;
	out->size = b->size;
}

bool
manifest_find(const Zt__FolderManifest *f, struct bytes name, size_t *i)
{
	size_t lo = 0, hi = f->n_entries;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int order = bytes_order(pb_bytes(f->entries[mid]->name), name);

		if (order == 0) {
			*i = mid;
			return true;
		}
		if (order < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return false;
}
