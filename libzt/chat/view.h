/* SPDX-License-Identifier: Apache-2.0 */
/* view.h - a message as people see it: with its edits, reactions and replies, or that it was
 * deleted. */
#ifndef ZT_CHAT_VIEW_H
#define ZT_CHAT_VIEW_H

#include "chat/channel.h"
#include "zt/chat.h"

typedef void view_each_fn(void *ctx, const struct zt_message *m);

/* What the message at POSITION is for readers: a text, what changes another one, or nothing,
 * since it does not count. *OF: the other one. */
enum view_kind { VIEW_NOTHING, VIEW_TEXT, VIEW_CHANGE };
ZT_CHECKED enum zt_err view_kind(
    const struct channel *c, uint64_t position, enum view_kind *kind, struct id *of);
/* Whether this user wrote the message at POSITION, which is held. */
ZT_CHECKED enum zt_err view_is_mine(const struct channel *c, uint64_t position, bool *out);
/* Shows the text at POSITION to EACH. HOLDS, unless it is NULL, is asked whether it is shown,
 * by its text as it is now. */
ZT_CHECKED enum zt_err view_show(const struct channel *c, uint64_t position,
    bool (*holds)(void *ctx, const char *text), void *holds_ctx, view_each_fn *each, void *ctx);

#endif
