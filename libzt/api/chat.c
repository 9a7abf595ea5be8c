/* SPDX-License-Identifier: Apache-2.0 */
/* chat.c - the functions of zt/chat.h that take a device. */
#include "zt/chat.h"

#include "chat/verbs.h"
#include "log/enter.h"

enum zt_err
zt_channel_create(struct zt *z, const char *name, char *id)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = channel_create(z, name, id);
	return log_leave(z, err);
}

enum zt_err
zt_channel_direct(struct zt *z, const char *user, char *id)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = channel_direct(z, user, id);
	return log_leave(z, err);
}

enum zt_err
zt_channel_id(struct zt *z, const char *channel, char *id)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = channel_id(z, channel, id);
	return log_leave(z, err);
}

enum zt_err
zt_channels(
    struct zt *z, bool fresh, void (*each)(void *ctx, const struct zt_channel *c), void *ctx)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = channel_each(z, fresh, each, ctx);
	return log_leave(z, err);
}

enum zt_err
zt_channel_members(struct zt *z, const char *channel,
    void (*each)(void *ctx, const struct zt_member *m), void *ctx)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = channel_members(z, channel, each, ctx);
	return log_leave(z, err);
}

enum zt_err
zt_channel_share(struct zt *z, const char *channel, const char *user, const char *role)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = channel_share(z, channel, user, role);
	return log_leave(z, err);
}

enum zt_err
zt_channel_unshare(struct zt *z, const char *channel, const char *user)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = channel_unshare(z, channel, user);
	return log_leave(z, err);
}

enum zt_err
zt_chat_send(struct zt *z, const char *channel, const char *text, const char *reply_to,
    struct zt_chat_sent *out)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = chat_send(z, channel, text, reply_to, out);
	return log_leave(z, err);
}

enum zt_err
zt_chat_edit(struct zt *z, const char *channel, const char *message, const char *text,
    struct zt_chat_sent *out)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = chat_edit(z, channel, message, text, out);
	return log_leave(z, err);
}

enum zt_err
zt_chat_delete(struct zt *z, const char *channel, const char *message, struct zt_chat_sent *out)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = chat_delete(z, channel, message, out);
	return log_leave(z, err);
}

enum zt_err
zt_chat_react(struct zt *z, const char *channel, const char *message, const char *emoji,
    bool removes, struct zt_chat_sent *out)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = chat_react(z, channel, message, emoji, removes, out);
	return log_leave(z, err);
}

enum zt_err
zt_chat_flush(struct zt *z, uint64_t *sent, uint64_t *left)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = chat_flush(z, sent, left);
	return log_leave(z, err);
}

enum zt_err
zt_chat_read(struct zt *z, const char *channel, uint64_t before, unsigned most,
    void (*each)(void *ctx, const struct zt_message *m), void *ctx)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = chat_read_before(z, channel, before, most, each, ctx);
	return log_leave(z, err);
}

enum zt_err
zt_chat_after(struct zt *z, const char *channel, uint64_t after, uint64_t *end,
    void (*each)(void *ctx, const struct zt_message *m), void *ctx)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = chat_read_after(z, channel, after, end, each, ctx);
	return log_leave(z, err);
}

enum zt_err
zt_chat_mark(struct zt *z, const char *channel, uint64_t position)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = chat_mark(z, channel, position);
	return log_leave(z, err);
}

enum zt_err
zt_chat_search(struct zt *z, const char *channel, const char *words, unsigned most,
    void (*each)(void *ctx, const struct zt_message *m), void *ctx)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = chat_search(z, channel, words, most, each, ctx);
	return log_leave(z, err);
}
