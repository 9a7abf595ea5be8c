/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* play.h - one act of trust by chance, composed and signed as its author would, and held
 * against the model. Chance is a seed, or the bytes of a fuzzer. */
#ifndef ZT_TEST_PLAY_H
#define ZT_TEST_PLAY_H

#include "rules_model.h"
#include "trust/rules.h"

struct chance {
	uint64_t seed;    /* not 0, or: */
	const uint8_t *p; /* what is left of a fuzzer's bytes; then zeros */
	size_t n;
};

struct org {
	struct model m;
	struct org_state *o;
	struct id users[MODEL_USERS], devices[MODEL_DEVICES], workspaces[MODEL_SPACES];
	struct sign_key *keys[MODEL_DEVICES];
	struct chance *chance;
	/* What somebody else says of the same act; NULL: nobody is asked. */
	enum zt_err (*ask)(struct org *g, const struct model_step *s, const struct entry *e,
	    char message[200]);
	void *ctx;
	uint64_t time;
	struct sign_key *log_key;
	struct entry *
	    *log; /* what is valid, as many as the tree's leaves; NULL: it began elsewhere
		   */
	size_t log_cap;
	/* The workspaces' chains where there are any, whose places acts pin and declare void.
	 */
	struct play_chain {
		const struct hash *links;
		uint64_t length;
	} chains[MODEL_SPACES];
	bool has_chains;
	/* Of each workspace, and (last) of the organization: its entries, and the newest's
	 * leaf. */
	struct play_topic {
		uint64_t length;
		uint8_t last[HASH_BYTES];
	} topics[MODEL_SPACES + 1];
};

unsigned chance(struct chance *c, unsigned n);
/* A new organization with one admin, who has one device. */
void play_begin(struct org *g, struct chance *c);
/* Act number N: fails the test when the model, the validator and ASK do not agree. Whether it
 * is valid. */
bool play(struct org *g, uint64_t n);
void play_end(struct org *g);

#endif
