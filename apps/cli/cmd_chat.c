/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* cmd_chat.c - channels, direct conversations, and what people write in them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "common/l10n.h"
#include "common/output.h"
#include "terminal/command.h"
#include "zt/chat.h"
#include "zt/sync.h"

enum { SHOWN = 50, TEXT_MAX = 32768 };

/* ---- channels ---- */

static void
show_channel(void *ctx, const struct zt_channel *h)
{
	const struct cli *c = ctx;

	if (c->json) {
		output_json(stdout, "channel", "{s:s,s:o,s:s,s:b,s:b,s:o,s:o}", "id", h->id,
		    "name", output_text(h->name), "role", h->role, "direct", h->is_direct,
		    "archived", h->is_archived, "newest", output_number(h->newest), "unread",
		    output_number(h->unread));
		return;
	}
	(void)printf("%-12s ", h->role);
	if (!h->is_direct)
		(void)printf("#");
	output_show(h->name);
	if (h->unread > 0) {
		(void)printf("  ");
		(void)printf(
		    ln_(h->unread, "(%llu new)", "(%llu new)"), (unsigned long long)h->unread);
	}
	if (h->is_archived)
		(void)printf("  %s", _("(archived)"));
	(void)printf("\n");
}

enum zt_err
cmd_chat_list(struct cli *c)
{
	return zt_channels(c->zt, true, show_channel, c);
}

enum zt_err
cmd_chat_create(struct cli *c)
{
	char id[33];
	enum zt_err err = zt_channel_create(c->zt, c->args[0], id);

	if (err)
		return err;
	if (c->json)
		output_json(stdout, "channel", "{s:s,s:o,s:s}", "id", id, "name",
		    output_text(c->args[0]), "role", "owner");
	else
		cli_done(c, _("the channel %.260s is made"), c->args[0]);
	return ZT_OK;
}

enum zt_err
cmd_chat_members(struct cli *c)
{
	return zt_channel_members(c->zt, c->args[0], cli_show_member, c);
}

enum zt_err
cmd_chat_invite(struct cli *c)
{
	enum zt_err err = zt_channel_share(
	    c->zt, c->args[0], c->args[1], c->role != NULL ? c->role : "contributor");

	if (err == ZT_OK)
		cli_done(c,
		    _("%.200s is in %.200s now, and reads what was written there before"),
		    c->args[1], c->args[0]);
	return err;
}

enum zt_err
cmd_chat_remove(struct cli *c)
{
	enum zt_err err = zt_channel_unshare(c->zt, c->args[0], c->args[1]);

	if (err == ZT_OK)
		cli_done(c, _("%.200s is no longer in %.200s, and its key is renewed"),
		    c->args[1], c->args[0]);
	return err;
}

/* ---- writing ---- */

/* The arguments from FIRST on as one text, or standard input for "-". The caller frees it. */
static enum zt_err
read_text(struct cli *c, int first, char **out)
{
	char *text = malloc(TEXT_MAX + 2);
	size_t n = 0;

	if (text == NULL)
		return ZT_ERR_MEMORY;
	if (c->count == first + 1 && strcmp(c->args[first], "-") == 0) {
		n = fread(text, 1, TEXT_MAX + 1, stdin);
		if (ferror(stdin) || memchr(text, 0, n) != NULL) {
			free(text);
			return cli_refuse(c, "%s", _("the standard input is no text"));
		}
		while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r'))
			n--;
	} else {
		for (int i = first; i < c->count && n <= TEXT_MAX; i++) {
			int k = snprintf(text + n, TEXT_MAX + 2 - n, "%s%s",
			    i > first ? " " : "", c->args[i]);

			n += k > 0 ? (size_t)k : 0;
		}
	}
	if (n > TEXT_MAX) {
		free(text);
		return cli_refuse(c, "%s",
		    _("a message has 32,768 bytes at most: put a longer text into a "
		      "workspace"));
	}
	text[n] = 0;
	*out = text;
	return ZT_OK;
}

/* For programs, and where it waits. False: it is sent, and the caller says how. */
static bool
report_sent(const struct cli *c, const struct zt_chat_sent *s)
{
	if (c->json)
		output_json(stdout, "sent", "{s:s,s:o,s:b}", "id", s->id, "position",
		    output_number(s->position), "waiting", s->position == 0);
	else if (s->position == 0)
		cli_done(c, "%s",
		    _("it is kept on this device: it is sent with the next message, or by zt "
		      "chat flush, once the server answers"));
	return c->json || s->position == 0;
}

/* Makes the direct conversation that CHANNEL names, where there is none yet. */
static enum zt_err
make_direct(struct cli *c, const char *channel)
{
	return channel[0] == '@' && channel[1] != 0
		   ? zt_channel_direct(c->zt, channel + 1, NULL)
		   : ZT_OK;
}

enum zt_err
cmd_chat_send(struct cli *c)
{
	struct zt_chat_sent sent;
	char *text = NULL;
	enum zt_err err;

	if ((err = read_text(c, 1, &text)) == ZT_OK &&
	    (err = make_direct(c, c->args[0])) == ZT_OK &&
	    (err = zt_chat_send(c->zt, c->args[0], text, c->reply_to, &sent)) == ZT_OK &&
	    !report_sent(c, &sent))
		cli_done(c, _("message %llu"), (unsigned long long)sent.position);
	free(text);
	return err;
}

enum zt_err
cmd_chat_edit(struct cli *c)
{
	struct zt_chat_sent sent;
	char *text = NULL;
	enum zt_err err;

	if ((err = read_text(c, 2, &text)) == ZT_OK &&
	    (err = zt_chat_edit(c->zt, c->args[0], c->args[1], text, &sent)) == ZT_OK &&
	    !report_sent(c, &sent))
		cli_done(c, _("message %.40s is edited"), c->args[1]);
	free(text);
	return err;
}

enum zt_err
cmd_chat_delete(struct cli *c)
{
	struct zt_chat_sent sent;
	enum zt_err err = zt_chat_delete(c->zt, c->args[0], c->args[1], &sent);

	if (err == ZT_OK && !report_sent(c, &sent))
		cli_done(c, _("message %.40s is deleted"), c->args[1]);
	return err;
}

enum zt_err
cmd_chat_react(struct cli *c)
{
	struct zt_chat_sent sent;
	enum zt_err err =
	    zt_chat_react(c->zt, c->args[0], c->args[1], c->args[2], c->removes, &sent);

	if (err == ZT_OK && !report_sent(c, &sent)) {
		if (c->removes)
			cli_done(
			    c, _("your reaction to message %.40s is taken back"), c->args[1]);
		else
			cli_done(c, _("your reaction to message %.40s is there"), c->args[1]);
	}
	return err;
}

enum zt_err
cmd_chat_flush(struct cli *c)
{
	uint64_t sent = 0, left = 0;
	enum zt_err err = zt_chat_flush(c->zt, &sent, &left);

	if (err)
		return err;
	if (c->json)
		output_json(stdout, "flushed", "{s:o,s:o}", "sent", output_number(sent), "left",
		    output_number(left));
	else
		cli_done(c, ln_(sent, "%llu message is sent", "%llu messages are sent"),
		    (unsigned long long)sent);
	if (left > 0) {
		(void)cli_refuse(c,
		    ln_(left, "%llu message waits still", "%llu messages wait still"),
		    (unsigned long long)left);
		return ZT_ERR_UNAVAILABLE;
	}
	return ZT_OK;
}

/* ---- reading ---- */

static json_t *
reactions_of(const struct zt_message *m)
{
	json_t *all = json_array();

	for (size_t i = 0; i < m->reaction_count; i++)
		(void)json_array_append_new(all,
		    json_pack("{s:o,s:i,s:b}", "emoji", output_text(m->reactions[i].emoji),
			"count", (int)m->reactions[i].count, "mine", m->reactions[i].is_mine));
	return all;
}

static void
json_message(const struct zt_message *m)
{
	output_json(stdout, "message",
	    "{s:s,s:s,s:o,s:o,s:s,s:o,s:o,s:o,s:s,s:o,s:b,s:b,s:b,s:b,s:i,s:i,s:o,s:b}", "id",
	    m->id, "channel", m->channel, "position", output_number(m->position), "time",
	    output_number(m->time), "user", m->user, "email", output_text(m->email), "name",
	    output_text(m->name), "text", output_text(m->text), "reply_to", m->reply_to,
	    "reply_position", output_number(m->reply_position), "mine", m->is_mine, "deleted",
	    m->is_deleted, "unreadable", m->is_unreadable, "mentioned", m->mentions_me, "edits",
	    (int)m->edits, "replies", (int)m->replies, "reactions", reactions_of(m), "waiting",
	    m->is_waiting);
}

/* Each line of TEXT behind two spaces, so that no text looks like another message's head. */
static void
show_text(const char *text)
{
	while (*text != 0) {
		size_t n = strcspn(text, "\n");
		char *line = strndup(text, n);

		(void)printf("  ");
		if (line != NULL)
			output_show(line);
		(void)printf("\n");
		free(line);
		text += text[n] == '\n' ? n + 1 : n;
	}
}

static void
show_head(const struct zt_message *m)
{
	if (m->is_waiting) {
		(void)printf("%s ", _("(not sent yet)"));
	} else {
		(void)printf("%llu  ", (unsigned long long)m->position);
		output_time(m->time);
		(void)printf("  ");
	}
	output_show(m->email[0] != 0 ? m->email : m->user);
	if (m->edits > 0)
		(void)printf("  %s", _("(edited)"));
	if (m->mentions_me)
		(void)printf("  %s", _("(to you)"));
	if (m->reply_position > 0) {
		(void)printf("  ");
		(void)printf(_("(answers %llu)"), (unsigned long long)m->reply_position);
	} else if (m->reply_to[0] != 0) {
		(void)printf("  %s", _("(in a thread)"));
	}
	if (m->replies > 0) {
		(void)printf("  ");
		(void)printf(ln_(m->replies, "(%u reply)", "(%u replies)"), m->replies);
	}
	(void)printf("\n");
}

static void
show_message(void *ctx, const struct zt_message *m)
{
	const struct cli *c = ctx;

	if (c->json) {
		json_message(m);
		return;
	}
	show_head(m);
	if (m->is_deleted)
		(void)printf("  %s\n", _("(deleted)"));
	else if (m->is_unreadable)
		(void)printf("  %s\n", _("(this message cannot be read)"));
	else
		show_text(m->text);
	for (size_t i = 0; i < m->reaction_count; i++) {
		(void)printf(i > 0 ? "  " : "    ");
		output_show(m->reactions[i].emoji);
		(void)printf(" %u", m->reactions[i].count);
	}
	if (m->reaction_count > 0)
		(void)printf("\n");
}

static unsigned
most_of(const struct cli *c)
{
	return cli_has(c, OPTION_MOST) ? (unsigned)c->most : SHOWN;
}

enum zt_err
cmd_chat_read(struct cli *c)
{
	enum zt_err err =
	    zt_chat_read(c->zt, c->args[0], c->before, most_of(c), show_message, c);

	/* What a person has seen is read; a program says itself what it has done. */
	if (err == ZT_OK && !c->json && c->before == 0)
		err = zt_chat_mark(c->zt, c->args[0], UINT64_MAX);
	return err;
}

struct finding {
	struct cli *c;
	unsigned count;
};

/* Of several channels: in which one it is. */
static void
show_found(void *ctx, const struct zt_message *m)
{
	struct finding *f = ctx;

	f->count++;
	if (!f->c->json) {
		output_show(m->channel_name);
		(void)printf("  ");
	}
	show_message(f->c, m);
}

enum zt_err
cmd_chat_search(struct cli *c)
{
	struct finding f = { c, 0 };
	char *words = NULL;
	enum zt_err err = read_text(c, 0, &words);

	if (err == ZT_OK)
		err = zt_chat_search(c->zt, NULL, words, most_of(c), show_found, &f);
	if (err == ZT_OK && f.count == 0)
		cli_done(c, "%s", _("nothing was found"));
	free(words);
	return err;
}

/* ---- following ---- */

struct following {
	struct cli *c;
	struct zt *reader; /* a separate handle: the other one waits */
	char id[33];
	uint64_t after;
	enum zt_err err;
};

static void
show_since(struct following *f)
{
	enum zt_err err =
	    zt_chat_after(f->reader, f->id, f->after, &f->after, show_message, f->c);

	/* What time heals is tried with the next message. */
	if (err && !zt_err_retry(err) && err != ZT_ERR_NETWORK) {
		(void)snprintf(
		    f->c->message, sizeof f->c->message, "%s", zt_error_message(f->reader));
		f->err = err;
	}
	(void)fflush(stdout);
}

static void
ready(void *ctx)
{
	struct following *f = ctx;

	if (f->c->json)
		output_json(stdout, "event", "{s:s}", "event", "ready");
	show_since(f);
}

static void
event(void *ctx, const struct zt_event *e)
{
	struct following *f = ctx;

	/* An entry of the log may have ended this. */
	if (e->kind == ZT_EVENT_LOG ||
	    (e->kind == ZT_EVENT_MESSAGE && strcmp(e->space, f->id) == 0))
		show_since(f);
}

static bool
stop(void *ctx)
{
	const struct following *f = ctx;

	return f->err != ZT_OK || cli_watch_stops();
}

static void
find_newest(void *ctx, const struct zt_channel *h)
{
	struct following *f = ctx;

	if (strcmp(h->id, f->id) == 0)
		f->after = h->newest;
}

enum zt_err
cmd_chat_follow(struct cli *c)
{
	struct following f = { .c = c };
	struct zt_watch w = { .ctx = &f, .ready = ready, .event = event, .stop = stop };
	enum zt_err err;

	if ((err = make_direct(c, c->args[0])) ||
	    (err = zt_channel_id(c->zt, c->args[0], f.id)) ||
	    (err = zt_channels(c->zt, true, find_newest, &f)) ||
	    (err = zt_open_again(c->zt, &c->o, &f.reader)))
		return err;
	cli_watch_signals();
	err = zt_watch(c->zt, &w);
	zt_close(f.reader);
	return f.err ? f.err : err;
}
