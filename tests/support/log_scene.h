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
};

/* What the double answers to LOG_READ; the topics stay honest. */
struct log_lie {
	struct fake_log *log;
	void (*spoil)(Zt__LogPage *page, void *ctx); /* the finished page, or NULL */
	void *ctx;
};

/* Set-up and tear-down of a group, and what stands behind each test: the honest server again.
 */
int log_scene_begin(void **state);
int log_scene_end(void **state);
int log_scene_honest(void **state);
/* A hook of the double: the lie of CTX, a struct log_lie. */
bool log_scene_lie(void *ctx, struct double_call *c);
/* The honest log as P sees it, from the first entry on; the caller gives it to fake_log_free.
 */
void log_scene_take(struct log_scene *s, struct person *p, struct fake_log *out);
/* P must refuse LOG with WANTED and say why, and still accept the honest one. */
void log_scene_refuses(
    struct log_scene *s, struct person *p, struct fake_log *log, enum zt_err wanted);

#endif
