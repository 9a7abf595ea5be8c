/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "terminal/near.h"

#include <stddef.h>
#include <string.h>

#include "terminal/command.h"

enum { WORDS_MAX = 32 };

static unsigned
least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* The slips between A and B, of at most WORDS_MAX bytes: the distance of Damerau and
 * Levenshtein in its restricted form (optimal string alignment). */
static unsigned
slips(const char *a, size_t n, const char *b, size_t m)
{
	unsigned d[WORDS_MAX + 1][WORDS_MAX + 1];

	for (size_t i = 0; i <= n; i++)
		d[i][0] = (unsigned)i;
	for (size_t j = 0; j <= m; j++)
		d[0][j] = (unsigned)j;
	for (size_t i = 1; i <= n; i++)
		for (size_t j = 1; j <= m; j++) {
			d[i][j] = least(d[i - 1][j] + 1, d[i][j - 1] + 1);
			d[i][j] = least(d[i][j], d[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
		}
	return d[n][m];
}

const char *
near_command(const char *typed)
{
	size_t n = strlen(typed);
	unsigned fewest = n <= 4 ? 1 : (unsigned)n / 4;
	const char *near = NULL;

	if (n < 2 || n > WORDS_MAX)
		return NULL;
	for (unsigned i = 0; i < command_count; i++) {
		const char *words = commands[i].words;
		/* A word alone may be the group of a command. */
		size_t m = strchr(typed, ' ') != NULL ? strlen(words) : strcspn(words, " ");
		unsigned here = m <= WORDS_MAX ? slips(typed, n, words, m) : WORDS_MAX;

		if (here < fewest || (here == fewest && near == NULL)) {
			fewest = here;
			near = words;
		}
	}
	return near;
}
