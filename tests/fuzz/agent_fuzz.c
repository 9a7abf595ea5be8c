/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a page sends the agent: a binary message in its parts, what kind its JSON is, and the
 * headers of the door. */
#include "door/door.h"
#include "door/message.h"
#include "fuzz.h"
#include "rpc/message.h"

static void
look(const char *json, size_t n)
{
	struct rpc_message m;

	rpc_look(json, n, &m);
	fuzz_demand(m.kind == RPC_REQUEST || m.row == NULL);
	fuzz_demand(memchr(m.device, 0, sizeof m.device) != NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct door d = { .origin = "http://zt-1.localhost:1",
		.cookie = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" };
	struct message_parts m;
	char *text;

	fuzz_start();
	if (message_split(data, size, &m)) {
		fuzz_demand(4 + m.json_n + m.content_n == size);
		look(m.json, m.json_n);
	}
	look((const char *)data, size);
	text = fuzz_text(data, size);
	fuzz_demand(!door_has_cookie(&d, text) || strstr(text, d.cookie) != NULL);
	fuzz_demand(!door_has_host(&d, text) || strchr(text, ':') != NULL);
	free(text);
	return 0;
}
