/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Verb and target of a request; a path that is understood prints as it was. */
#include "fuzz.h"

#include "format/route.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), *target = strchr(text, ' ');
	struct route_params params;
	struct buf path = buf_init(2048);
	enum route r;
	uint64_t value;

	if (target != NULL) {
		*target++ = 0;
		if (route_match(text, target, &r, &params) == ZT_OK) {
			size_t n = strcspn(target, "?");

			route_path(r, &params, &path);
			fuzz_demand(path.n == n && memcmp(path.p, target, n) == 0);
			(void)!route_query(target, "from", 0, &value);
		}
	}
	buf_free(&path);
	free(text);
	return 0;
}
