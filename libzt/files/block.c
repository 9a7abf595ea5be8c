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
header(const struct id *id, const uint8_t nonce[AEAD_NONCE_BYTES], struct buf *out)
{
	wire_put_u32(out, MAGIC);
	wire_put_u16(out, SUITE_1);
	wire_put_u16(out, 0);
	buf_add(out, bytes_of(id->b, ID_BYTES));
	buf_add(out, bytes_of(nonce, AEAD_NONCE_BYTES));
}

enum zt_err
block_seal(struct bytes clear, struct block_ref *ref, struct buf *out)
{
	uint8_t nonce[AEAD_NONCE_BYTES], head[BLOCK_HEADER_BYTES];
	struct block_ref r = { .size = (uint32_t)clear.n };
	struct buf whole = buf_init(BLOCK_CLEAR_MOST); /* the last block and its padding */
	size_t n = padded(clear.n);
	enum zt_err err;

	if (clear.n == 0 || clear.n > BLOCK_CLEAR_MOST || n > BLOCK_CLEAR_MOST)
		return ZT_ERR_TOO_BIG;
	suite_random(r.id.b, ID_BYTES);
	suite_random(r.key, sizeof r.key);
	suite_random(nonce, sizeof nonce);
	header(&r.id, nonce, out);
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
	if ((err = aead_x_seal(r.key, nonce, bytes_of(head, sizeof head), clear, out)))
		goto out;
	hash_block(buf_bytes(out), &r.hash);
	*ref = r;
out:
	suite_wipe(r.key, sizeof r.key);
	buf_free(&whole);
	return err;
}

enum zt_err
block_open(const struct block_ref *ref, struct bytes sealed, struct buf *out)
{
	struct wire_reader r = wire_read(sealed);
	struct hash is;
	struct id id;
	uint16_t suite, flags;
	uint8_t nonce[AEAD_NONCE_BYTES];
	size_t start = out->n, n = padded(ref->size);
	enum zt_err err;

	hash_block(sealed, &is);
	if (!hash_equal(&is, &ref->hash) || ref->size == 0 || sealed.n != n + BLOCK_OVERHEAD)
		return ZT_ERR_CORRUPT;
	wire_expect_u32(&r, MAGIC);
	suite = wire_u16(&r);
	flags = wire_u16(&r);
	wire_copy(&r, id.b, ID_BYTES);
	wire_copy(&r, nonce, sizeof nonce);
	if (r.bad || flags != 0 || !id_equal(&id, &ref->id))
		return ZT_ERR_CORRUPT;
	if ((err = suite_check(suite)))
		return err;
	if ((err = aead_x_open(ref->key, nonce, bytes_of(sealed.p, BLOCK_HEADER_BYTES),
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
