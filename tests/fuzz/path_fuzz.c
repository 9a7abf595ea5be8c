/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A path as a person writes it, and any bytes as a name or as text to show. */
#include "fuzz.h"

#include "base/utf8.h"
#include "files/path.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	struct buf shown = buf_init(1 << 20), normal = buf_init(1 << 20);
	struct path p;
	const char *message;

	if (path_parse(text, &p, &message) == ZT_OK)
		for (size_t i = 0; i < p.count; i++)
			fuzz_demand(path_name_check(p.name[i], &message) == ZT_OK);
	if (path_name_check(bytes_of(data, size), &message) == ZT_OK) {
		fuzz_demand(memchr(data, '/', size) == NULL && memchr(data, 0, size) == NULL);
		fuzz_demand(utf8_normal(bytes_of(data, size), &normal) == ZT_OK);
		fuzz_demand(bytes_equal(buf_bytes(&normal), bytes_of(data, size)));
	}
	utf8_show(bytes_of(data, size), &shown);
	for (size_t i = 0; i < shown.n; i++)
		fuzz_demand(shown.p[i] >= 0x20 && shown.p[i] != 0x7f);
	fuzz_demand(utf8_valid(buf_bytes(&shown)));
	buf_free(&shown);
	buf_free(&normal);
	free(text);
	return 0;
}
