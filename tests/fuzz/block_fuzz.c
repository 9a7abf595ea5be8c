/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A sealed block whose hash the manifest pins, as the manifest's author could have chosen
 * it. */
#include "fuzz.h"

#include "files/block.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct block_ref ref = { .size = 0 };
	struct buf out = buf_init(BLOCK_CLEAR_MAX);

	fuzz_start();
	if (size < 4)
		return 0;
	memcpy(&ref.size, data, 3);
	data += 4;
	size -= 4;
	if (size >= 24)
		memcpy(ref.id.b, data + 8, ID_BYTES);
	hash_block(bytes_of(data, size), &ref.hash);
	if (block_open(&ref, bytes_of(data, size), &out))
		fuzz_demand(out.n == 0);
	else
		fuzz_demand(out.n == ref.size);
	buf_free(&out);
	return 0;
}
