/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* tree_episode.h - the life of one workspace in the model of files (files_test.c): acts by
 * chance, and what the answers of a round leave possible. */
#ifndef ZT_TEST_TREE_EPISODE_H
#define ZT_TEST_TREE_EPISODE_H

#include "tree_player.h"

enum {
	DEVICES = 3, /* alice's, bob's, and another of alice's */
	UNSEEN = 64, /* rounds until the tree is looked at */
	WORLDS = 24, /* that a person cannot tell apart */
};

struct seen { /* of what was not looked at: an act, and what came of it */
	struct act a;
	enum zt_err err;
};

struct episode {
	struct player p[DEVICES];
	struct model world[WORLDS]; /* any of these; nobody can tell them apart now */
	int worlds;
	uint64_t chance;
	unsigned acts, look;
	int contents;
	bool acknowledged[CONTENTS];
	bool is_torn; /* names may be in the tree whose objects have no version that counts */
	struct seen unseen[UNSEEN * DEVICES]; /* since the tree was looked at */
	int unseen_count, unseen_rounds;
};

/* The devices that act in a round. */
struct round {
	int n, who[DEVICES];
};

/* A number below N. */
unsigned episode_roll(struct episode *e, unsigned n);
/* An act of the device WHO, mostly on what is there. */
void episode_choose(struct episode *e, int who, struct act *a);
/* For who reads why a test failed: R behind what was not looked at, and the tree NOW. */
void episode_print(const struct episode *e, const struct round *r, const struct tree *now);

/* ---- tree_futures.c ---- */

/* What came of a round, as far as the answers tell. */
struct future {
	struct model m;
	bool without_bob; /* who was being removed: his act does not count */
};

struct futures {
	struct future f[WORLDS];
	int count;
};

/* All that may be true after R, by the answers: what each order of its acts that gives these
 * answers leaves, once. */
void episode_foresee(const struct episode *e, struct round r, struct futures *out);

#endif
