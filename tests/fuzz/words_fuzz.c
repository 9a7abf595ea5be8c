/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Words from a person: what is accepted prints as the same words again. */
#include "fuzz.h"

#include "format/words.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf again = buf_init(1024);
	uint8_t out[48], back[48];
	size_t wrong;

	fuzz_start();
	if (words_parse(bytes_of(data, size), out, sizeof out, &wrong) == ZT_OK) {
		words_print(bytes_of(out, sizeof out), size % WORDS_LANGUAGES, &again);
		fuzz_demand(words_parse(buf_bytes(&again), back, sizeof back, &wrong) == ZT_OK);
		fuzz_demand(memcmp(out, back, sizeof out) == 0);
	}
	buf_free(&again);
	return 0;
}
