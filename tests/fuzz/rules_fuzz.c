/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Sequences of acts of trust, chosen by the fuzzer and signed by their authors: the validator
 * must judge each as the independent model does (tests/model). */
#include "fuzz.h"

#include "play.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct chance c = { .p = data, .n = size };
	struct org g;

	fuzz_start();
	play_begin(&g, &c);
	for (uint64_t n = 0; c.n > 0 && n < 300; n++)
		(void)play(&g, n);
	play_end(&g);
	return 0;
}
