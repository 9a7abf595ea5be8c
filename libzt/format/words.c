/* SPDX-License-Identifier: Apache-2.0 */
#include "format/words.h"

#include "crypto/hash.h"
#include "crypto/labels.h"

static const char consonants[] = "bdfghjklmnprstvz", vowels[] = "aiou";

static unsigned
check_of(struct bytes in)
{
	struct hash h;

	hash_one(LABEL_WORDS, in, &h);
	return (unsigned)h.b[0] << 8 | h.b[1];
}

static void
print_one(unsigned v, struct buf *out)
{
	if (out->n > 0)
		buf_add_byte(out, ' ');
	buf_add_byte(out, (uint8_t)consonants[v >> 12 & 15]);
	buf_add_byte(out, (uint8_t)vowels[v >> 10 & 3]);
	buf_add_byte(out, (uint8_t)consonants[v >> 6 & 15]);
	buf_add_byte(out, (uint8_t)vowels[v >> 4 & 3]);
	buf_add_byte(out, (uint8_t)consonants[v & 15]);
}

void
words_print(struct bytes in, struct buf *out)
{
	for (size_t i = 0; i + 1 < in.n; i += 2)
		print_one((unsigned)in.p[i] << 8 | in.p[i + 1], out);
	print_one(check_of(in), out);
}

/* The place of C in LETTERS, or -1. */
static int
place(const char *letters, uint8_t c)
{
	uint8_t low = c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;

	for (int i = 0; letters[i] != 0; i++)
		if ((uint8_t)letters[i] == low)
			return i;
	return -1;
}

/* What may stand between words: also what people and programs write around them. */
static bool
is_between(uint8_t c)
{
	static const char list[] = " -\t\r\n0123456789.,:;)(\xEF\xBB\xBF";

	return c != 0 && memchr(list, c, sizeof list - 1) != NULL;
}

enum zt_err
words_parse(struct bytes text, uint8_t *out, size_t n, size_t *wrong)
{
	unsigned value = 0, letter = 0;
	size_t words = 0;

	*wrong = 0;
	for (size_t i = 0; i < text.n; i++) {
		int v;

		if (is_between(text.p[i]) && letter == 0)
			continue;
		if ((v = place(letter % 2 == 0 ? consonants : vowels, text.p[i])) < 0) {
			*wrong = words + 1;
			return ZT_ERR_CORRUPT;
		}
		if (words > n / 2)
			return ZT_ERR_CORRUPT;
		value = value << (letter % 2 == 0 ? 4 : 2) | (unsigned)v;
		if (++letter < 5)
			continue;
		if (words < n / 2) {
			out[2 * words] = (uint8_t)(value >> 8);
			out[2 * words + 1] = (uint8_t)value;
		} else if (value != check_of(bytes_of(out, n))) {
			return ZT_ERR_CORRUPT;
		}
		words++;
		value = letter = 0;
	}
	return letter == 0 && words == n / 2 + 1 ? ZT_OK : ZT_ERR_CORRUPT;
}
