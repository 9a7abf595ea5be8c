/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* fuzz.h - what every fuzz target begins with. */
#ifndef ZT_FUZZ_H
#define ZT_FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "crypto/suite.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The input as a text with a zero byte; the caller frees. */
static inline char *
fuzz_text(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (text == NULL)
		abort();
	if (size > 0)
		memcpy(text, data, size);
	text[size] = 0;
	return text;
}

static inline void
fuzz_start(void)
{
	if (suite_init())
		abort();
}

#define fuzz_demand(holds) fuzz_demand_at((holds), #holds, __FILE__, __LINE__)

static inline void
fuzz_demand_at(bool holds, const char *what, const char *file, int line)
{
	if (holds)
		return;
	(void)fprintf(stderr, "%s:%d: this does not hold: %s\n", file, line, what);
	abort();
}

#endif
