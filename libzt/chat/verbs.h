/* SPDX-License-Identifier: Apache-2.0 */
/* verbs.h - what the public functions call in this room: each is the zt_ function of its last
 * words, as include/zt says, with the device taken (libzt/api). */
#ifndef ZT_CHAT_VERBS_H
#define ZT_CHAT_VERBS_H

#include "base/err.h"
#include "zt/chat.h"

ZT_CHECKED enum zt_err channel_create(struct zt *z, const char *name, char *id);
ZT_CHECKED enum zt_err channel_direct(struct zt *z, const char *user, char *id);
ZT_CHECKED enum zt_err channel_id(struct zt *z, const char *channel, char *id);
ZT_CHECKED enum zt_err channel_each(
    struct zt *z, bool fresh, void (*each)(void *ctx, const struct zt_channel *c), void *ctx);
ZT_CHECKED enum zt_err channel_members(struct zt *z, const char *channel,
    void (*each)(void *ctx, const struct zt_member *m), void *ctx);
ZT_CHECKED enum zt_err channel_share(
    struct zt *z, const char *channel, const char *user, const char *role);
ZT_CHECKED enum zt_err channel_unshare(struct zt *z, const char *channel, const char *user);
ZT_CHECKED enum zt_err chat_send(struct zt *z, const char *channel, const char *text,
    const char *reply_to, struct zt_chat_sent *out);
ZT_CHECKED enum zt_err chat_edit(struct zt *z, const char *channel, const char *message,
    const char *text, struct zt_chat_sent *out);
ZT_CHECKED enum zt_err chat_delete(
    struct zt *z, const char *channel, const char *message, struct zt_chat_sent *out);
ZT_CHECKED enum zt_err chat_react(struct zt *z, const char *channel, const char *message,
    const char *emoji, bool removes, struct zt_chat_sent *out);
ZT_CHECKED enum zt_err chat_flush(struct zt *z, uint64_t *sent, uint64_t *left);
ZT_CHECKED enum zt_err chat_read_before(struct zt *z, const char *channel, uint64_t before,
    unsigned most, void (*each)(void *ctx, const struct zt_message *m), void *ctx);
ZT_CHECKED enum zt_err chat_read_after(struct zt *z, const char *channel, uint64_t after,
    uint64_t *end, void (*each)(void *ctx, const struct zt_message *m), void *ctx);
ZT_CHECKED enum zt_err chat_mark(struct zt *z, const char *channel, uint64_t position);
ZT_CHECKED enum zt_err chat_search(struct zt *z, const char *channel, const char *words,
    unsigned most, void (*each)(void *ctx, const struct zt_message *m), void *ctx);

#endif
