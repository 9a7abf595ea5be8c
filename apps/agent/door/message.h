/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* message.h - a binary message of a page in its parts: the length of the JSON (4 bytes,
 * little-endian), the JSON, the content. What the JSON is, rpc/message.h says. */
#ifndef ZT_AGENT_MESSAGE_H
#define ZT_AGENT_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct message_parts {
	const char *json;
	size_t json_n;
	const void *content;
	size_t content_n;
};
/* Splits N bytes, which *OUT borrows. False: they are no such message, or one of the parts is
 * larger than it may be. */
bool message_split(const uint8_t *bytes, size_t n, struct message_parts *out);

#endif
