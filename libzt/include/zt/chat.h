/* SPDX-License-Identifier: Apache-2.0 */
/* zt/chat.h - channels, direct conversations and their messages. */
#ifndef ZT_CHAT_H
#define ZT_CHAT_H

#include <stdbool.h>

#include "zt/workspace.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ZT_UNREAD_MOST 100

/* A CHANNEL is named by its name, its id, or for a direct conversation by @ and the address of
 * the other person. */
struct zt_channel {
	const char *id, *name, *role; /* NAME of a direct conversation: who else is in it */
	bool is_direct, is_archived;
	uint64_t newest; /* position of the newest message held here; 0: none */
	uint64_t
	    unread; /* texts of others behind the last zt_chat_mark; ZT_UNREAD_MOST at most */
};
/* Makes a channel, owned by this user. ID: 33 bytes, or NULL. Errors: INVALID (the name),
 * EXISTS (this user owns one of this name), FORBIDDEN. */
ZT_CALL enum zt_err zt_channel_create(struct zt *z, const char *name, char *id);
/* The direct conversation with USER (e-mail or id), which is made if there is none. */
ZT_CALL enum zt_err zt_channel_direct(struct zt *z, const char *user, char *id);
/* The id of CHANNEL, in 33 bytes. Errors: NOT_FOUND, NOT_MEMBER, INVALID (two are called so).
 */
ZT_CALL enum zt_err zt_channel_id(struct zt *z, const char *channel, char *id);
/* Those in which this user has a role, oldest first. FRESH: asks for new messages of each. */
ZT_CALL enum zt_err zt_channels(
    struct zt *z, bool fresh, void (*each)(void *ctx, const struct zt_channel *c), void *ctx);
/* The members and their roles: a reader does not write. A newcomer reads what was written
 * before. Removing somebody renews the key. */
ZT_CALL enum zt_err zt_channel_members(struct zt *z, const char *channel,
    void (*each)(void *ctx, const struct zt_member *m), void *ctx);
ZT_CALL enum zt_err zt_channel_share(
    struct zt *z, const char *channel, const char *user, const char *role);
ZT_CALL enum zt_err zt_channel_unshare(struct zt *z, const char *channel, const char *user);

/* Where a message that was written is. POSITION 0: it waits on this device, and is sent by the
 * next call of zt_chat_send or zt_chat_flush that reaches the servers. */
#define ZT_MESSAGE_ID 33
struct zt_chat_sent {
	char id[ZT_MESSAGE_ID];
	uint64_t position;
};
/* Writes TEXT (UTF-8, Markdown, 32,768 bytes at most); in the thread of message REPLY_TO,
 * unless that is NULL. Messages are named by their id, or their number in the channel. A member
 * whose address is in it behind @ is mentioned. Errors: FORBIDDEN (a reader), INVALID, TOO_BIG
 * and other refusals: it is not written; INTERRUPTED, and those of a dishonest server: it stays
 * here, and a later call sends it, once. */
ZT_CALL enum zt_err zt_chat_send(struct zt *z, const char *channel, const char *text,
    const char *reply_to, struct zt_chat_sent *out);
/* Replaces the text of one's own message; deletes a message, one's own or as manager or owner;
 * reacts with EMOJI, or takes that back. Members see that there was one before. Errors:
 * NOT_FOUND, FORBIDDEN. */
ZT_CALL enum zt_err zt_chat_edit(struct zt *z, const char *channel, const char *message,
    const char *text, struct zt_chat_sent *out);
ZT_CALL enum zt_err zt_chat_delete(
    struct zt *z, const char *channel, const char *message, struct zt_chat_sent *out);
ZT_CALL enum zt_err zt_chat_react(struct zt *z, const char *channel, const char *message,
    const char *emoji, bool removes, struct zt_chat_sent *out);
/* Sends what waits here, in the order in which it was written. LEFT: how many wait still. */
ZT_CALL enum zt_err zt_chat_flush(struct zt *z, uint64_t *sent, uint64_t *left);

struct zt_reaction {
	const char *emoji;
	unsigned count;
	bool is_mine;
};
struct zt_message {
	const char *id, *channel; /* ids */
	const char *channel_name; /* as zt_channel.name */
	uint64_t position, time;
	const char *user, *email, *name; /* of the author */
	const char *text;                /* "" where it was deleted, or cannot be read */
	const char *reply_to;            /* the id of a message; "" */
	uint64_t reply_position;         /* where that is; 0: not known here */
	bool is_mine, is_deleted, mentions_me;
	bool is_unreadable; /* its author sealed something else */
	unsigned edits, replies;
	const struct zt_reaction *reactions;
	size_t reaction_count;
	bool is_waiting; /* written here, and not sent yet */
};
/* The MOST newest messages before position BEFORE (0: of all), oldest first; what waits here is
 * last. Earlier ones than are held here are fetched. */
ZT_CALL enum zt_err zt_chat_read(struct zt *z, const char *channel, uint64_t before,
    unsigned most, void (*each)(void *ctx, const struct zt_message *m), void *ctx);
/* What came behind position AFTER: new messages, and earlier ones that were edited, deleted or
 * reacted to since, as they are now. *END: where the channel ends; AFTER of the next call. */
ZT_CALL enum zt_err zt_chat_after(struct zt *z, const char *channel, uint64_t after,
    uint64_t *end, void (*each)(void *ctx, const struct zt_message *m), void *ctx);
/* All up to POSITION is read. On this device. */
ZT_CALL enum zt_err zt_chat_mark(struct zt *z, const char *channel, uint64_t position);
/* The MOST newest messages that hold each of WORDS, apart by spaces, in any case and without
 * accents; of all channels if CHANNEL is NULL. The newest first. */
ZT_CALL enum zt_err zt_chat_search(struct zt *z, const char *channel, const char *words,
    unsigned most, void (*each)(void *ctx, const struct zt_message *m), void *ctx);

#ifdef __cplusplus
}
#endif

#endif
