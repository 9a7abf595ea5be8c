/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* log_scene.h - one organization, five entries of its topic and two workspaces; and a hostile
 * server that has the key of its log and signs everything that it shows. */
#ifndef ZT_TEST_LOG_SCENE_H
#define ZT_TEST_LOG_SCENE_H

#include "fake_log.h"
#include "proto/auth.pb-c.h"
#include "world.h"

struct log_scene {
	struct world *w;
	struct person alice, bob, otto; /* admin, standard, outsider */
	struct person eve;              /* another organization */
	struct sign_key *log_key;
	struct id plans, bobs; /* alice's workspace, bob's */
	struct fake_log log;   /* as the honest server shows it to bob */
	/* What the honest server says of topics, by topic and number. */
	struct log_topic {
		struct id topic;
		uint64_t from;
		struct buf page;
	} topics[8];
	size_t topic_count;
};

/* What the double answers to LOG_READ; the topics stay honest. */
struct log_lie {
	struct fake_log *log;
	void (*spoil)(Zt__LogPage *page, void *ctx); /* the finished page, or NULL */
	void *ctx;
};

/* Set-up and tear-down of a group, and what is done after each test: the honest server again.
 */
int log_scene_begin(void **state);
int log_scene_end(void **state);
int log_scene_honest(void **state);
/* A hook of the double: the lie of CTX, a struct log_lie. */
bool log_scene_lie(void *ctx, struct proxy_call *c);
/* The honest log as P sees it, from the first entry on; the caller gives it to fake_log_free.
 */
void log_scene_take(struct log_scene *s, struct person *p, struct fake_log *out);
/* What a reader (trust/log_reader.h) in P's place says of LOG, from its first entry on and then
 * from its entry FROM on; SPOIL alters the second page, or is NULL. */
enum zt_err log_scene_read(struct log_scene *s, struct person *p, const struct fake_log *log,
    size_t from, void (*spoil)(Zt__LogPage *page, void *ctx), void *ctx);
/* P must refuse LOG with WANTED and say why, and still accept the honest one. */
void log_scene_refuses(
    struct log_scene *s, struct person *p, struct fake_log *log, enum zt_err wanted);

#endif
