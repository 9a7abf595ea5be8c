/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* talk.h - what tests of messages share: people who write and read in a channel. */
#ifndef ZT_TEST_ATTACK_TALK_H
#define ZT_TEST_ATTACK_TALK_H

#include "chat/channel.h"
#include "test.h"
#include "world.h"
#include "zt/chat.h"

struct talk_seen {
	char texts[2048]; /* each with a | behind it */
	unsigned count, deleted, unreadable;
};

/* Appends M to the struct talk_seen CTX. */
void talk_see(void *ctx, const struct zt_message *m);
/* The newest hundred messages of CHANNEL, in *OUT. Errors: those of zt_chat_read. */
enum zt_err talk_read(struct person *p, const char *channel, struct talk_seen *out);
/* P reads TEXTS, each with a | behind it, and nothing else. */
void talk_reads(struct person *p, const char *channel, const char *texts);
void talk_say(struct person *p, const char *channel, const char *text);
/* A new channel of alice's, with bob in it; its name is valid until the next one. */
const char *talk_channel(struct scene *s);
/* CHANNEL as P's device holds it, fetched. */
struct channel talk_open(struct person *p, const char *channel);

#endif
