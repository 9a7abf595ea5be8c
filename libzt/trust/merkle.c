/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/merkle.h"

#include <stdlib.h>

#include "base/vec.h"

/* level[k] holds the hashes of the complete subtrees of 2^k leaves, left to right. */
struct merkle {
	struct {
		struct hash *node;
		size_t count, cap;
	} level[64];
};

static void
join(const struct hash *left, const struct hash *right, struct hash *out)
{
	hash_sha256(0x01, bytes_of(left->b, HASH_BYTES), bytes_of(right->b, HASH_BYTES), out);
}

enum zt_err
merkle_new(struct merkle **out)
{
	struct merkle *t = calloc(1, sizeof *t);

	if (t == NULL)
		return ZT_ERR_MEMORY;
	*out = t;
	return ZT_OK;
}

void
merkle_free(struct merkle *t)
{
	if (t == NULL)
		return;
	for (size_t k = 0; k < 64; k++)
		free(t->level[k].node);
	free(t);
}

enum zt_err
merkle_add(struct merkle *t, const struct hash *leaf)
{
	struct hash h = *leaf;

	for (size_t k = 0; k < 64; k++) { /* room first, so that a failure changes nothing */
		if (vec_room(&t->level[k].node, t->level[k].count, &t->level[k].cap, sizeof h))
			return ZT_ERR_MEMORY;
		if (t->level[k].count % 2 == 0)
			break;
	}
	for (size_t k = 0; k < 64; k++) {
		size_t n = t->level[k].count++;

		t->level[k].node[n] = h;
		if (n % 2 == 0)
			break;
		join(&t->level[k].node[n - 1], &h, &h);
	}
	return ZT_OK;
}

void
merkle_trim(struct merkle *t, uint64_t size)
{
	for (size_t k = 0; k < 64 && size < t->level[k].count; k++, size /= 2)
		t->level[k].count = (size_t)size;
}

uint64_t
merkle_size(const struct merkle *t)
{
	return t->level[0].count;
}

const struct hash *
merkle_leaf(const struct merkle *t, uint64_t i)
{
	return &t->level[0].node[i];
}

/* The largest power of two below N, as its exponent; N > 1. */
static unsigned
split(uint64_t n)
{
	return 63u - (unsigned)__builtin_clzll(n - 1);
}

/* The hash of leaves [LO, LO + N), where LO is a multiple of the size of each complete part. */
static void
range(const struct merkle *t, uint64_t lo, uint64_t n, struct hash *out)
{
	if ((n & (n - 1)) == 0) {
		unsigned k = (unsigned)__builtin_ctzll(n);

		*out = t->level[k].node[lo >> k];
	} else {
		unsigned k = split(n);
		struct hash right;

		range(t, lo + (UINT64_C(1) << k), n - (UINT64_C(1) << k), &right);
		join(&t->level[k].node[lo >> k], &right, out);
	}
}

enum zt_err
merkle_root(const struct merkle *t, uint64_t size, struct hash *out)
{
	if (size > merkle_size(t))
		return ZT_ERR_INVALID;
	if (size > 0) {
		range(t, 0, size, out);
		return ZT_OK;
	}
	memset(out->b, 0, sizeof out->b); /* ours starts with its genesis: no head has size 0 */
	return ZT_OK;
}

static void
push(struct merkle_proof *p, const struct merkle *t, uint64_t lo, uint64_t n)
{
	range(t, lo, n, &p->node[p->count++]);
}

enum zt_err
merkle_inclusion(
    const struct merkle *t, uint64_t index, uint64_t size, struct merkle_proof *out)
{
	struct merkle_proof p = { .count = 0 };
	uint64_t lo[MERKLE_PROOF], len[MERKLE_PROOF], at = 0, n = size;
	size_t depth = 0;

	if (size > merkle_size(t) || index >= size)
		return ZT_ERR_INVALID;
	for (; n > 1; depth++) {
		uint64_t k = UINT64_C(1) << split(n);

		if (index < at + k) {
			lo[depth] = at + k;
			len[depth] = n - k;
			n = k;
		} else {
			lo[depth] = at;
			len[depth] = k;
			at += k;
			n -= k;
		}
	}
	while (depth-- > 0)
		push(&p, t, lo[depth], len[depth]);
	*out = p;
	return ZT_OK;
}

enum zt_err
merkle_consistency(
    const struct merkle *t, uint64_t first, uint64_t second, struct merkle_proof *out)
{
	struct merkle_proof p = { .count = 0 };
	uint64_t lo[MERKLE_PROOF], len[MERKLE_PROOF], at = 0, m = first, n = second;
	size_t depth = 0;
	bool whole = true;

	if (second > merkle_size(t) || first > second || first == 0)
		return ZT_ERR_INVALID;
	for (; m != n; depth++) {
		uint64_t k = UINT64_C(1) << split(n);

		if (m <= k) {
			lo[depth] = at + k;
			len[depth] = n - k;
			n = k;
		} else {
			lo[depth] = at;
			len[depth] = k;
			at += k;
			m -= k;
			n -= k;
			whole = false;
		}
	}
	if (!whole)
		push(&p, t, at, m);
	while (depth-- > 0)
		push(&p, t, lo[depth], len[depth]);
	*out = p;
	return ZT_OK;
}

enum zt_err
merkle_proof_of(size_t n, const ProtobufCBinaryData *nodes, struct merkle_proof *out)
{
	if (n > MERKLE_PROOF)
		return ZT_ERR_PROOF;
	out->count = n;
	for (size_t i = 0; i < n; i++)
		if (pb_hash(nodes[i], &out->node[i]))
			return ZT_ERR_PROOF;
	return ZT_OK;
}

enum zt_err
merkle_check_inclusion(uint64_t index, uint64_t size, const struct hash *leaf,
    const struct merkle_proof *proof, const struct hash *root)
{
	uint64_t fn = index, sn = size - 1;
	struct hash r = *leaf;

	if (index >= size)
		return ZT_ERR_PROOF;
	for (size_t i = 0; i < proof->count; i++) {
		if (sn == 0)
			return ZT_ERR_PROOF;
		if ((fn & 1) != 0 || fn == sn) {
			join(&proof->node[i], &r, &r);
			while ((fn & 1) == 0 && fn != 0) {
				fn >>= 1;
				sn >>= 1;
			}
		} else {
			join(&r, &proof->node[i], &r);
		}
		fn >>= 1;
		sn >>= 1;
	}
	return sn == 0 && hash_equal(&r, root) ? ZT_OK : ZT_ERR_PROOF;
}

enum zt_err
merkle_check_consistency(uint64_t first, uint64_t second, const struct hash *first_root,
    const struct hash *second_root, const struct merkle_proof *proof)
{
	uint64_t fn = first - 1, sn = second - 1;
	struct hash fr, sr;
	size_t i = 0;

	if (first == 0 || first > second)
		return ZT_ERR_PROOF;
	if (first == second)
		return proof->count == 0 && hash_equal(first_root, second_root) ? ZT_OK
										: ZT_ERR_PROOF;
	while ((fn & 1) != 0) {
		fn >>= 1;
		sn >>= 1;
	}
	if ((first & (first - 1)) == 0) {
		fr = sr = *first_root;
	} else {
		if (proof->count == 0)
			return ZT_ERR_PROOF;
		fr = sr = proof->node[i++];
	}
	for (; i < proof->count; i++) {
		if (sn == 0)
			return ZT_ERR_PROOF;
		if ((fn & 1) != 0 || fn == sn) {
			join(&proof->node[i], &fr, &fr);
			join(&proof->node[i], &sr, &sr);
			while ((fn & 1) == 0 && fn != 0) {
				fn >>= 1;
				sn >>= 1;
			}
		} else {
			join(&sr, &proof->node[i], &sr);
		}
		fn >>= 1;
		sn >>= 1;
	}
	return sn == 0 && hash_equal(&fr, first_root) && hash_equal(&sr, second_root)
		   ? ZT_OK
		   : ZT_ERR_PROOF;
}
