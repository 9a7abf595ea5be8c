/* SPDX-License-Identifier: Apache-2.0 */
/* channel.h - a channel or direct conversation, opened: its topic, and what this device knows
 * of it beside that. */
#ifndef ZT_CHAT_CHANNEL_H
#define ZT_CHAT_CHANNEL_H

#include "message/chat.h"
#include "topic/topic.h"

struct channel {
	struct workspace *s;
	struct topic t;
	/* Of the messages from FROM to TO it is noted which others they are about. */
	uint64_t from, to;
	uint64_t read; /* up to where a person has read, on this device */
};

/* By name, id or @ and an address, by the log as it was fetched last. Errors: NOT_FOUND,
 * NOT_MEMBER. */
ZT_CHECKED enum zt_err channel_find(struct zt *z, const char *name, struct channel *out);
ZT_CHECKED enum zt_err channel_open(struct workspace *s, struct channel *out);
/* Fetches what is new, and notes what it is about. For calls that only read: continues without
 * the servers where those do not answer (session/away.h). */
ZT_CHECKED enum zt_err channel_sync(struct channel *c);
/* The same for what came before. *IS_ALL: there is nothing earlier. */
ZT_CHECKED enum zt_err channel_back(struct channel *c, uint64_t most, bool *is_all);
ZT_CHECKED enum zt_err channel_note(const struct channel *c);
/* Shows the positions of the held messages that are about message ID: its edits, its deletion,
 * reactions and replies, in their order. */
ZT_CHECKED enum zt_err channel_about(const struct channel *c, const struct id *id,
    enum zt_err (*each)(void *ctx, uint64_t position), void *ctx);
/* The payload of M, in *OUT, which the caller gives to pb_wipe. Errors: those of
 * topic_message_open; CORRUPT. */
ZT_CHECKED enum zt_err channel_payload(
    const struct channel *c, const struct topic_message *m, Zt__ChatPayload **out);
/* The name that people see; NAME has 260 bytes. */
void channel_name(const struct channel *c, char name[260]);

#endif
