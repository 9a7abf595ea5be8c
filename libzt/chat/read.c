/* SPDX-License-Identifier: Apache-2.0 */
/* read.c - what people read: the end of a channel, what came since, and what holds words. */
#include <stdlib.h>

#include "base/utf8.h"
#include "base/vec.h"
#include "chat/outbox.h"
#include "chat/verbs.h"
#include "chat/view.h"
#include "format/limits.h"
#include "format/pb.h"
#include "log/handles.h"
#include "log/sync.h"
#include "workspace/workspace.h"

enum { BACK = 200 };

static enum zt_err
open_to_read(struct zt *z, const char *channel, struct channel *out)
{
	enum zt_err err;

	z->message[0] = 0;
	if ((err = log_fetch_to_read(z)) || (!z->read_away && (err = log_sync_handles(z))) ||
	    (err = channel_find(z, channel, out)))
		return err;
	return channel_sync(out);
}

struct positions {
	uint64_t *list;
	size_t count, cap;
};

static enum zt_err
add(struct positions *p, uint64_t position)
{
	enum zt_err err = vec_room(&p->list, p->count, &p->cap, sizeof *p->list);

	if (err == ZT_OK)
		p->list[p->count++] = position;
	return err;
}

/* ---- the end ---- */

/* The MOST newest texts before END, newest first. */
static enum zt_err
find_texts(struct channel *c, uint64_t end, unsigned most, struct positions *out)
{
	bool is_all = c->t.first <= 1;
	enum zt_err err = ZT_OK;

	for (uint64_t p = end; err == ZT_OK && p > 1 && out->count < most; p--) {
		enum view_kind kind;
		struct id of;

		while (err == ZT_OK && p - 1 < c->t.first && !is_all)
			err = channel_back(c, BACK, &is_all);
		if (err || p - 1 < c->t.first)
			break;
		if ((err = view_kind(c, p - 1, &kind, &of)) == ZT_OK && kind == VIEW_TEXT)
			err = add(out, p - 1);
	}
	return err;
}

struct showing_waiting {
	const struct channel *c;
	view_each_fn *each;
	void *ctx;
};

/* A text of the outbox, as it will be read. */
static enum zt_err
show_waiting(void *ctx, uint64_t n, const struct id *id, struct bytes clear)
{
	const struct showing_waiting *s = ctx;
	struct zt *z = s->c->s->z;
	char text[ID_TEXT], channel[ID_TEXT];
	Zt__ChatPayload *p = NULL;
	struct log_handle me;

	(void)n;
	if (chat_read(clear, &p))
		return ZT_OK;
	id_print(id, text);
	id_print(&s->c->s->w->id, channel);
	log_handle(z, &z->user, &me);
	if (p->kind_case == ZT__CHAT_PAYLOAD__KIND_TEXT)
		s->each(s->ctx, &(struct zt_message){ .id = text,
				    .channel = channel,
				    .channel_name = "",
				    .user = z->user_text,
				    .email = me.email,
				    .name = me.name,
				    .text = p->text->text,
				    .reply_to = "",
				    .is_mine = true,
				    .is_waiting = true });
	pb_wipe(p);
	return ZT_OK;
}

enum zt_err
chat_read_before(struct zt *z, const char *channel, uint64_t before, unsigned most,
    void (*each)(void *ctx, const struct zt_message *m), void *ctx)
{
	struct channel c;
	struct positions found = { .count = 0 };
	struct showing_waiting w = { &c, each, ctx };
	enum zt_err err = open_to_read(z, channel, &c);

	if (err)
		return err;
	err = find_texts(
	    &c, before > 0 && before <= c.t.position ? before : c.t.position + 1, most, &found);
	for (size_t i = found.count; err == ZT_OK && i-- > 0;)
		err = view_show(&c, found.list[i], NULL, NULL, each, ctx);
	if (err == ZT_OK && before == 0)
		err = outbox_each(&c, show_waiting, &w);
	free(found.list);
	return err;
}

/* ---- what came since ---- */

/* The text that the message at P is, or is about; each once, in the order of what happened
 * last.
 */
static enum zt_err
changed_by(const struct channel *c, uint64_t p, struct positions *out)
{
	enum view_kind kind;
	struct id of;
	uint64_t at = p;
	enum zt_err err = view_kind(c, p, &kind, &of);

	if (err || kind == VIEW_NOTHING)
		return err;
	if (kind == VIEW_CHANGE && topic_find(&c->t, &of, &at))
		return ZT_OK; /* of a message that is not held: it is seen when that is read */
	for (size_t i = 0; i < out->count; i++)
		if (out->list[i] == at)
			return ZT_OK;
	return add(out, at);
}

enum zt_err
chat_read_after(struct zt *z, const char *channel, uint64_t after, uint64_t *end,
    void (*each)(void *ctx, const struct zt_message *m), void *ctx)
{
	struct channel c;
	struct positions found = { .count = 0 };
	bool is_all = false;
	enum zt_err err = open_to_read(z, channel, &c);

	while (err == ZT_OK && after + 1 < c.t.first && !is_all)
		err = channel_back(&c, BACK, &is_all);
	for (uint64_t p = after + 1; err == ZT_OK && p <= c.t.position; p++)
		err = changed_by(&c, p, &found);
	for (size_t i = 0; err == ZT_OK && i < found.count; i++)
		err = view_show(&c, found.list[i], NULL, NULL, each, ctx);
	free(found.list);
	if (err == ZT_OK)
		*end = c.t.position;
	return err;
}

enum zt_err
chat_mark(struct zt *z, const char *channel, uint64_t position)
{
	struct channel c;
	enum zt_err err;

	z->message[0] = 0;
	if ((err = channel_find(z, channel, &c)))
		return err;
	c.read = position < c.t.position ? position : c.t.position;
	return channel_note(&c);
}

/* ---- words ---- */

struct search {
	char *words[16]; /* folded */
	size_t count;
	unsigned left;
	void (*each)(void *ctx, const struct zt_message *m);
	void *ctx;
};

static bool
holds_all(void *ctx, const char *text)
{
	const struct search *s = ctx;
	struct buf bare = buf_init(8 * LIMIT_MESSAGE_TEXT);
	bool holds = utf8_bare(bytes_text(text), &bare) == ZT_OK;

	for (size_t i = 0; holds && i < s->count; i++)
		holds = strstr(buf_text(&bare), s->words[i]) != NULL;
	buf_free(&bare);
	return holds;
}

static void
found_one(void *ctx, const struct zt_message *m)
{
	struct search *s = ctx;

	s->left--;
	s->each(s->ctx, m);
}

static enum zt_err
search_in(struct channel *c, struct search *s)
{
	bool is_all = c->t.first <= 1;
	enum zt_err err = ZT_OK;

	for (uint64_t p = c->t.position; err == ZT_OK && p > 0 && s->left > 0; p--) {
		while (err == ZT_OK && p < c->t.first && !is_all)
			err = channel_back(c, BACK, &is_all);
		if (err || p < c->t.first || (err = session_may_go_on(c->s->z)))
			break;
		err = view_show(c, p, holds_all, s, found_one, s);
	}
	return err;
}

static enum zt_err
search_everywhere(struct zt *z, struct search *s)
{
	struct session_failure failed = { .err = ZT_OK };
	struct org_workspace **all;
	size_t n;
	enum zt_err err = workspace_spaces(z, true, &all, &n);

	if (err)
		return err;
	for (size_t i = 0; i < n && s->left > 0; i++) {
		struct workspace *of;
		struct channel c;

		if ((err = workspace_of(z, all[i], &of)) == ZT_OK &&
		    (err = channel_open(of, &c)) == ZT_OK && (err = channel_sync(&c)) == ZT_OK)
			err = search_in(&c, s);
		if (err && !session_goes_on(z, &failed, err))
			break;
	}
	free(all);
	return session_failed(z, &failed);
}

enum zt_err
chat_search(struct zt *z, const char *channel, const char *words, unsigned most,
    void (*each)(void *ctx, const struct zt_message *m), void *ctx)
{
	struct search s = { .left = most, .each = each, .ctx = ctx };
	struct buf bare = buf_init(LIMIT_MESSAGE_TEXT);
	struct channel c;
	char *copy = NULL, *rest;
	enum zt_err err = utf8_bare(bytes_text(words), &bare);

	if (err == ZT_OK && (copy = strdup(buf_text(&bare))) == NULL)
		err = ZT_ERR_MEMORY;
	for (char *w = err == ZT_OK ? strtok_r(copy, " \t\n", &rest) : NULL;
	     w != NULL && s.count < 16; w = strtok_r(NULL, " \t\n", &rest))
		s.words[s.count++] = w;
	if (err == ZT_OK && s.count == 0)
		err = session_refuse(z, ZT_ERR_INVALID, "there is no word to look for");
	if (err == ZT_OK && channel != NULL) {
		if ((err = open_to_read(z, channel, &c)) == ZT_OK)
			err = search_in(&c, &s);
	} else if (err == ZT_OK) {
		z->message[0] = 0;
		if ((err = log_fetch_to_read(z)) == ZT_OK)
			err = search_everywhere(z, &s);
	}
	free(copy);
	buf_free(&bare);
	return err;
}
