/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/shamir.h"

#include "crypto/suite.h"

static uint8_t
times(uint8_t a, uint8_t b)
{
	uint8_t product = 0;

	for (int i = 0; i < 8; i++) {
		product ^= (uint8_t)(a & (uint8_t) - (b & 1));
		a = (uint8_t)((a << 1) ^ (0x1b & (uint8_t) - (a >> 7)));
		b >>= 1;
	}
	return product;
}

/* a^254, which is 1/a. */
static uint8_t
inverse(uint8_t a)
{
	uint8_t power = a, product = 1;

	for (int i = 1; i < 8; i++) {
		power = times(power, power);
		product = times(product, power);
	}
	return product;
}

enum zt_err
shamir_split(const struct secret *s, unsigned need, unsigned count, struct shamir_part *out)
{
	uint8_t coefficient[SHAMIR_MAX][SECRET_BYTES];

	if (need < 2 || need > count || count > SHAMIR_MAX)
		return ZT_ERR_INVALID;
	memcpy(coefficient[0], secret_bytes(s).p, SECRET_BYTES);
	random_bytes(coefficient[1], (need - 1) * sizeof coefficient[0]);
	for (unsigned k = 0; k < count; k++) {
		out[k].x = (uint8_t)(k + 1);
		memcpy(out[k].y, coefficient[need - 1], SECRET_BYTES);
		for (unsigned c = need - 1; c-- > 0;) /* Horner */
			for (unsigned i = 0; i < SECRET_BYTES; i++)
				out[k].y[i] =
				    (uint8_t)(times(out[k].y[i], out[k].x) ^ coefficient[c][i]);
	}
	wipe(coefficient, sizeof coefficient);
	return ZT_OK;
}

/* What part K weighs in the value at 0: the product of x_j / (x_j - x_k). */
static uint8_t
weight(const struct shamir_part *parts, unsigned count, unsigned k)
{
	uint8_t w = 1;

	for (unsigned j = 0; j < count; j++)
		if (j != k)
			w = times(w, times(parts[j].x, inverse(parts[j].x ^ parts[k].x)));
	return w;
}

enum zt_err
shamir_join(const struct shamir_part *parts, unsigned count, struct secret **out)
{
	uint8_t joined[SECRET_BYTES] = { 0 };
	enum zt_err err;

	if (count == 0 || count > SHAMIR_MAX)
		return ZT_ERR_INVALID;
	for (unsigned k = 0; k < count; k++)
		for (unsigned j = 0; j <= k; j++)
			if (parts[k].x == 0 || (j < k && parts[j].x == parts[k].x))
				return ZT_ERR_INVALID;
	for (unsigned k = 0; k < count; k++) {
		uint8_t w = weight(parts, count, k);

		for (unsigned i = 0; i < SECRET_BYTES; i++)
			joined[i] ^= times(parts[k].y[i], w);
	}
	err = secret_from(bytes_of(joined, sizeof joined), out);
	wipe(joined, sizeof joined);
	return err;
}
