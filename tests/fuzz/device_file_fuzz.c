/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A device file: what decodes as one with passkeys has one encoding, and opens by no wrong key.
 */
#include "fuzz.h"

#include "format/pb.h"
#include "store/passkeys.h"

static void
look(const Zt__DeviceFile *m, struct bytes in)
{
	struct buf header = buf_init(PASSKEYS_FILE_MAX), again = buf_init(PASSKEYS_FILE_MAX);
	const uint8_t output[PASSKEY_OUTPUT] = { 1 };
	struct secret *under = NULL, *key = NULL;

	fuzz_demand(m->n_passkeys > 0 && m->n_passkeys <= PASSKEYS_MAX);
	fuzz_demand(pb_encode(m, &again) == ZT_OK && bytes_equal(buf_bytes(&again), in));
	passkeys_header(m, &header);
	fuzz_demand(buf_err(&header) == ZT_OK);
	for (size_t i = 0; i < m->n_passkeys; i++) {
		const Zt__Passkey *p = passkeys_find(m, m->passkeys[i]->credential);

		fuzz_demand(p == m->passkeys[i]);
		fuzz_demand(passkeys_key(p, bytes_of(output, sizeof output), &under) == ZT_OK);
		fuzz_demand(passkeys_unwrap(m, p, under, &key) == ZT_ERR_PASSWORD);
		fuzz_demand(passkeys_unwrap(m, NULL, under, &key) == ZT_ERR_PASSWORD);
		secret_free(under);
	}
	buf_free(&header);
	buf_free(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Zt__DeviceFile *m = NULL;

	fuzz_start();
	if (passkeys_decode(bytes_of(data, size), &m) == ZT_OK &&
	    m->version == PASSKEYS_FILE_VERSION)
		look(m, bytes_of(data, size));
	pb_free(m);
	return 0;
}
