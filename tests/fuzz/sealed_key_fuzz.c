/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A sealed workspace key as a server keeps and sends it. */
#include "fuzz.h"

#include "trust/keyring.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct statement s = { .body = bytes_of(data, size) };
	struct keyring_subject subject;
	struct id author;

	(void)!keyring_read(&s, &subject, &author);
	return 0;
}
