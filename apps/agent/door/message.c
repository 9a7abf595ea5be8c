/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "door/message.h"

#include "rpc/rpc.h"

enum { LENGTH = 4 };

bool
message_split(const uint8_t *bytes, size_t n, struct message_parts *out)
{
	size_t json_n = 0;

	if (n < LENGTH)
		return false;
	for (size_t i = 0; i < LENGTH; i++)
		json_n |= (size_t)bytes[i] << 8 * i;
	if (json_n > RPC_REQUEST_MAX || json_n > n - LENGTH ||
	    n - LENGTH - json_n > RPC_CONTENT_MAX)
		return false;
	*out = (struct message_parts){ .json = (const char *)bytes + LENGTH,
		.json_n = json_n,
		.content = bytes + LENGTH + json_n,
		.content_n = n - LENGTH - json_n };
	return true;
}
