/* SPDX-License-Identifier: Apache-2.0 */
#include "format/words.h"

#include <assert.h>

#include "base/utf8.h"
#include "crypto/hash.h"
#include "crypto/suite.h"

enum { BITS = 11, LETTERS_MIN = 4 };

static const char (*const lists[WORDS_LANGUAGES])[12] = { words_english, words_french };

/* Three words for 32 bits, with one bit of check for each. */
static size_t
count_of(size_t n)
{
	return n / 4 * 3;
}

/* The bits that words are made of, and the check that follows them. */
struct sheet {
	uint8_t b[WORDS_BYTES_MAX + HASH_BYTES];
};

static unsigned
get_word(const struct sheet *s, size_t i)
{
	const uint8_t *p = s->b + i * BITS / 8;

	return ((unsigned)p[0] << 16 | (unsigned)p[1] << 8 | p[2]) >>
		   (24 - BITS - i * BITS % 8) &
	       (WORDS_LIST - 1);
}

static void
put_word(struct sheet *s, size_t i, unsigned word)
{
	uint8_t *p = s->b + i * BITS / 8;
	unsigned bits = word << (24 - BITS - i * BITS % 8);

	p[0] |= (uint8_t)(bits >> 16);
	p[1] |= (uint8_t)(bits >> 8);
	p[2] |= (uint8_t)bits;
}

static void
sheet_of(struct bytes in, struct sheet *out)
{
	struct hash h;

	assert(in.n >= 4 && in.n % 4 == 0 && in.n <= WORDS_BYTES_MAX);
	/* The prefix is the first byte: this is SHA-256 of IN and nothing else. */
	hash_sha256(in.p[0], bytes_of(in.p + 1, in.n - 1), bytes_of(NULL, 0), &h);
	memcpy(out->b, in.p, in.n);
	memcpy(out->b + in.n, h.b, sizeof h.b);
}

void
words_print(struct bytes in, enum words_language language, struct buf *out)
{
	struct sheet s;

	sheet_of(in, &s);
	for (size_t i = 0; i < count_of(in.n); i++)
		buf_printf(out, "%s%s", i > 0 ? " " : "", lists[language][get_word(&s, i)]);
	wipe(&s, sizeof s);
}

/* ---- reading ---- */

/* A text as words of one language. */
struct reading {
	struct sheet sheet;
	size_t count, known, wrong; /* wrong: the number of the first that is not known, or 0 */
};

/* Whether WORD of a list is TYPED, which has no accents, or begins with it. */
static bool
is_word(const char *word, struct bytes typed)
{
	size_t i = 0;

	for (; i < typed.n && *word != 0; i++, word++) {
		if ((uint8_t)*word == 0xc3) /* é and è, all that the lists have */
			word++;
		if (typed.p[i] != ((uint8_t)*word < 0x80 ? (uint8_t)*word : 'e'))
			return false;
	}
	return i == typed.n && (*word == 0 || i >= LETTERS_MIN);
}

static void
take_word(struct reading *r, enum words_language language, struct bytes typed, size_t n)
{
	unsigned v = 0;

	while (v < WORDS_LIST && !is_word(lists[language][v], typed))
		v++;
	r->count++;
	if (v < WORDS_LIST)
		r->known++;
	else if (r->wrong == 0)
		r->wrong = r->count;
	if (v < WORDS_LIST && r->count <= count_of(n))
		put_word(&r->sheet, r->count - 1, v);
}

/* Whether R is N bytes and their check. */
static bool
is_whole(const struct reading *r, size_t n)
{
	struct sheet s;
	bool is = r->wrong == 0 && r->count == count_of(n);

	sheet_of(bytes_of(r->sheet.b, n), &s);
	for (size_t i = 0; i < count_of(n); i++)
		is = is && get_word(&s, i) == get_word(&r->sheet, i);
	wipe(&s, sizeof s);
	return is;
}

/* The next word of *TEXT, which moves behind it: what is between spaces and points,
 * without its number. False: there is none. */
static bool
next_word(struct bytes *text, struct bytes *out)
{
	static const char between[] = " -\t\r\n.,:;)(", digits[] = "0123456789";
	size_t n = 0;

	while (text->n > 0 && text->p[0] != 0 &&
	       (strchr(between, text->p[0]) != NULL || strchr(digits, text->p[0]) != NULL)) {
		text->p++;
		text->n--;
	}
	while (n < text->n && (text->p[n] == 0 || strchr(between, text->p[n]) == NULL))
		n++;
	*out = bytes_of(text->p, n);
	text->p += n;
	text->n -= n;
	return n > 0;
}

enum zt_err
words_parse(struct bytes text, uint8_t *out, size_t n, size_t *wrong)
{
	struct reading r[WORDS_LANGUAGES] = { 0 };
	struct buf bare = buf_init(4 * text.n + 1); /* a sign may mean several letters */
	struct bytes left, word;
	unsigned whole = 0, best = 0;
	enum zt_err err = utf8_bare(text, &bare);

	*wrong = 0;
	if (err)
		goto out;
	for (left = buf_bytes(&bare); next_word(&left, &word);)
		for (unsigned l = 0; l < WORDS_LANGUAGES; l++)
			take_word(&r[l], l, word, n);
	for (unsigned l = 0; l < WORDS_LANGUAGES; l++) {
		whole += is_whole(&r[l], n);
		if (is_whole(&r[l], n) || (whole == 0 && r[l].known > r[best].known))
			best = l;
	}
	*wrong = r[best].wrong;
	if (whole != 1) /* no language; or both, once in 10^20 sheets */
		err = ZT_ERR_CORRUPT;
	else
		memcpy(out, r[best].sheet.b, n);
out:
	wipe(r, sizeof r);
	buf_free(&bare);
	return err == ZT_OK || err == ZT_ERR_MEMORY ? err : ZT_ERR_CORRUPT;
}
