/* SPDX-License-Identifier: Apache-2.0 */
#include "files/block.h"

#include "base/wire.h"
#include "crypto/padding.h"
#include "format/limits.h"

enum { MAGIC = 0x5a54424b }; /* "ZTBK" */

static size_t
padded(size_t n)
{
	return n == LIMIT_BLOCK ? n : (size_t)padding_size(n);
}

size_t
block_sealed_size(size_t n)
{
	return padded(n) + BLOCK_OVERHEAD;
}

static void
header(const struct id *id, struct buf *out)
{
	wire_put_u32(out, MAGIC);
	wire_put_u16(out, SUITE_1);
	wire_put_u16(out, 0);
	buf_add(out, bytes_of(id->b, ID_BYTES));
}

/* CLEAR under REF's id and key into OUT, an empty buffer; fills REF's hash. */
static enum zt_err
seal(struct bytes clear, struct block_ref *ref, struct buf *out)
{
	uint8_t head[BLOCK_HEADER_BYTES];
	struct buf whole = buf_init(BLOCK_CLEAR_MAX); /* the last block and its padding */
	size_t n = padded(clear.n);
	enum zt_err err;

	header(&ref->id, out);
	if ((err = buf_err(out)))
		goto out;
	memcpy(head, out->p, sizeof head);
	if (n != clear.n) {
		uint8_t *to = buf_room(&whole, n);

		if ((err = buf_err(&whole)))
			goto out;
		memcpy(to, clear.p, clear.n);
		memset(to + clear.n, 0, n - clear.n);
		clear = buf_bytes(&whole);
	}
	if ((err = aead_x_seal(ref->key, head, bytes_of(head, sizeof head), clear, out)) ==
	    ZT_OK)
		hash_block(buf_bytes(out), &ref->hash);
out:
	buf_free(&whole);
	return err;
}

static bool
fits(struct bytes clear)
{
	return clear.n > 0 && clear.n <= BLOCK_CLEAR_MAX && padded(clear.n) <= BLOCK_CLEAR_MAX;
}

enum zt_err
block_seal(struct bytes clear, struct block_ref *ref, struct buf *out)
{
	struct block_ref r = { .size = (uint32_t)clear.n };
	enum zt_err err;

	if (!fits(clear))
		return ZT_ERR_TOO_BIG;
	random_bytes(r.id.b, ID_BYTES);
	random_bytes(r.key, sizeof r.key);
	if ((err = seal(clear, &r, out)) == ZT_OK)
		*ref = r;
	wipe(r.key, sizeof r.key);
	return err;
}

enum zt_err
block_is(const struct block_ref *ref, struct bytes clear, bool *same)
{
	struct block_ref r = *ref;
	struct buf sealed = buf_init(block_sealed_size(clear.n));
	bool may = clear.n == ref->size && fits(clear);
	enum zt_err err = may ? seal(clear, &r, &sealed) : ZT_OK;

	if (err == ZT_OK)
		*same = may && hash_equal(&r.hash, &ref->hash);
	wipe(r.key, sizeof r.key);
	buf_free(&sealed);
	return err;
}

enum zt_err
block_open(const struct block_ref *ref, struct bytes sealed, struct buf *out)
{
	struct wire_reader r = wire_read(sealed);
	struct hash is;
	struct id id;
	uint16_t suite, flags;
	size_t start = out->n, n = padded(ref->size);
	enum zt_err err;

	hash_block(sealed, &is);
	if (!hash_equal(&is, &ref->hash) || ref->size == 0 || sealed.n != n + BLOCK_OVERHEAD)
		return ZT_ERR_CORRUPT;
	wire_expect_u32(&r, MAGIC);
	suite = wire_u16(&r);
	flags = wire_u16(&r);
	wire_copy(&r, id.b, ID_BYTES);
	if (r.bad || flags != 0 || !id_equal(&id, &ref->id))
		return ZT_ERR_CORRUPT;
	if ((err = suite_check(suite)))
		return err;
	if ((err = aead_x_open(ref->key, sealed.p, bytes_of(sealed.p, BLOCK_HEADER_BYTES),
		 bytes_of(r.p, r.left), out)))
		return err;
	for (size_t i = ref->size; i < n; i++) /* one padding for each content */
		if (out->p[start + i] != 0) {
			out->n = start;
			return ZT_ERR_CORRUPT;
		}
	out->n = start + ref->size;
	return ZT_OK;
}
