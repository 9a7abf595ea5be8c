/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What an origin says that its page is made of: no name that is taken leads out of the origin,
 * or is there twice. */
#include "fuzz.h"

#include "format/origin.h"
#include "release/manifest.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	struct manifest m;
	bool has_index = false;

	if (origin_is_good(text))
		fuzz_demand(strpbrk(text + 8, "/@?# ") == NULL && strlen(text) <= 255);
	if (manifest_read(bytes_of(data, size), &m) == ZT_OK) {
		for (size_t i = 0; i < m.count; i++) {
			const char *name = m.file[i].name;

			has_index |= strcmp(name, "index.html") == 0;
			fuzz_demand(name[0] != '/' && name[0] != '.' && name[0] != 0);
			fuzz_demand(strstr(name, "/.") == NULL);
			fuzz_demand(strpbrk(name, ":?#%\\ ") == NULL);
			for (size_t k = 0; k < i && k < 8; k++)
				fuzz_demand(strcmp(m.file[k].name, name) != 0);
		}
		fuzz_demand(has_index);
		manifest_free(&m);
	}
	free(text);
	return 0;
}
