/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* An invitation link; one that is understood prints as it was. */
#include "fuzz.h"

#include "format/invite_link.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	struct invite_link l, again;
	struct buf out = buf_init(2048);

	if (invite_link_parse(text, &l) == ZT_OK) {
		invite_link_print(&l, &out);
		fuzz_demand(invite_link_parse(buf_text(&out), &again) == ZT_OK);
		fuzz_demand(
		    strcmp(l.server, again.server) == 0 && id_equal(&l.org, &again.org));
	}
	buf_free(&out);
	free(text);
	return 0;
}
