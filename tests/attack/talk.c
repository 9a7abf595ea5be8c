/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "talk.h"

#include <stdio.h>

#include "topic/topic.h"

void
talk_see(void *ctx, const struct zt_message *m)
{
	struct talk_seen *s = ctx;
	size_t n = strlen(s->texts);

	s->count++;
	s->deleted += m->is_deleted;
	s->unreadable += m->is_unreadable;
	(void)snprintf(s->texts + n, sizeof s->texts - n, "%s|", m->text);
}

enum zt_err
talk_read(struct person *p, const char *channel, struct talk_seen *out)
{
	*out = (struct talk_seen){ .count = 0 };
	return zt_chat_read(p->zt, channel, 0, 100, talk_see, out);
}

void
talk_reads(struct person *p, const char *channel, const char *texts)
{
	struct talk_seen seen;

	assert_ok(talk_read(p, channel, &seen));
	assert_string_equal(texts, seen.texts);
}

void
talk_say(struct person *p, const char *channel, const char *text)
{
	struct zt_chat_sent sent;

	assert_ok(zt_chat_send(p->zt, channel, text, NULL, &sent));
	assert_true(sent.position > 0);
}

const char *
talk_channel(struct scene *s)
{
	static char name[32];

	(void)snprintf(name, sizeof name, "c%u", s->next++);
	assert_ok(zt_channel_create(s->alice.zt, name, NULL));
	assert_ok(zt_channel_share(s->alice.zt, name, "bob@test.example", "contributor"));
	return name;
}

struct channel
talk_open(struct person *p, const char *name)
{
	struct channel c;

	assert_ok(zt_sync(p->zt));
	assert_ok(channel_find(p->zt, name, &c));
	assert_ok(topic_sync(&c.t));
	return c;
}
