/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The clear content of a manifest: what is accepted seals and opens again. */
#include "fuzz.h"

#include "files/manifest.h"
#include "format/limits.h"
#include "format/pb.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct manifest_place place = { { { 'w' } }, { { 'v' } }, 1 };
	Zt__Manifest *m = NULL, *back = NULL;
	struct buf object = buf_init(LIMIT_MANIFEST + 4096), wrap = buf_init(256);
	struct envelope_pins pins;
	struct secret *key = NULL;
	const char *message;

	fuzz_start();
	if (pb_decode(&zt__manifest__descriptor, bytes_of(data, size), LIMIT_MANIFEST, &m))
		return 0;
	if (manifest_check(m, &message) == ZT_OK && m->padding.len == 0 &&
	    secret_generate(&key) == ZT_OK) {
		if (m->kind_case == ZT__MANIFEST__KIND_FILE)
			for (size_t i = 0;
			     m->file->content_case == ZT__FILE_MANIFEST__CONTENT_BLOCKS &&
			     m->file->blocks != NULL && i < m->file->blocks->n_blocks;
			     i++) {
				struct block_part part;

				manifest_part(m->file, i, &part);
				fuzz_demand(part.size > 0 && part.size <= part.block.size &&
					    part.offset <= part.block.size - part.size);
			}
		fuzz_demand(manifest_seal(key, &place, m, &object, &wrap, &pins) == ZT_OK);
		fuzz_demand(manifest_open(key, &place, buf_bytes(&object), buf_bytes(&wrap),
				&pins, &back, &message) == ZT_OK);
	}
	secret_free(key);
	buf_free(&object);
	buf_free(&wrap);
	pb_wipe(back);
	pb_wipe(m);
	return 0;
}
