/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* histories.h - what the enumeration of short histories is made of (histories_test.c).
 *
 * A owns a workspace, B and R write in it; R has two devices and helps the server S. A log is a
 * node of a tree (log_tree.c); a history is a log, a chain of changesets, and how much of both
 * the devices of A and B have seen, which judge by the client's own code (judged.c); what must
 * hold is said by a second, simpler reading of the acts (promises.c). */
#ifndef ZT_TEST_HISTORIES_H
#define ZT_TEST_HISTORIES_H

#include "chain/workspace.h"
#include "content/transfer.h"
#include "session/session.h"
#include "trust/rules.h"

enum {
	A,
	OFFICE,
	B,
	R1,
	R2,
	DEVICES
};                            /* A and OFFICE are devices of one user, R1 and R2 too */
enum { BASE = 8, ROOM = 16 }; /* entries that all histories begin with; acts of a kind */
enum kind { DEMOTES, REMOVES, GRANTS, ROTATES, REVOKES_R, REVOKES_R1, REVOKES_R2, KINDS };
extern const char *const kind_names[KINDS];

/* ---- log_tree.c: all logs that were ever tried, each entry signed and checked once ---- */

struct node {
	int parent, child, next; /* -1: none */
	enum kind kind;
	unsigned pin;
	unsigned size; /* entries, this one included */
	bool is_valid;
	struct entry *e;
	struct org_state *o; /* behind it */
	uint8_t kinds[ROOM], pins[ROOM];
};

struct log_tree {
	struct sign_key *keys[DEVICES], *root;
	uint8_t public_keys[DEVICES][SIGN_PUBLIC_BYTES];
	struct id org, space, user_a, user_b, user_r, devices[DEVICES];
	struct entry *base[BASE];
	struct node *nodes;
	size_t node_count, node_cap;
	struct buf pushes[DEVICES][BASE + ROOM + 1][ROOM + 1];
	uint64_t hidings, late;
};
extern struct log_tree w;

void log_tree_begin(void);
void log_tree_end(void);
/* The log of node PARENT with one act more, that KIND of A or its office, which names place PIN
 * of the chain; -1: the rules refuse it. The first time that a log is asked for, it is judged
 * by those who see the workspace late (P2), and with each choice of hidden entries (P4). */
int log_with(int parent, enum kind kind, unsigned pin);
/* The log of N as far as SIZE entries. */
int node_at(int n, unsigned size);
/* The link of POSITION: chains differ in length alone. */
void link_at(uint64_t position, struct hash *out);

/* ---- a history's state ---- */

struct device {                                     /* A's, or B's */
	uint8_t size, position, judged, step_count; /* of log and chain, as judge.c has it */
	uint8_t had[ROOM]; /* log entries when it verified that place */
	uint8_t excluded[ROOM];
	uint8_t steps[ROOM + 2][2];
};

struct history {
	int log;
	uint8_t count;     /* changesets in the chain */
	uint8_t unused[3]; /* no holes: states are compared as bytes */
	uint8_t author[ROOM], seen[ROOM], parent[ROOM];
	struct device d[2]; /* of A, of B */
};

struct step { /* for a person to read */
	uint8_t what, detail;
};
enum { STEPS = 64 };
struct story {
	struct history h;
	uint64_t ways;
	unsigned n;
	struct step steps[STEPS];
};

/* ---- judged.c: the device that judge.c runs on; its store is a state ---- */

/* D judges again, by the log that it has seen. */
void history_judge(const struct history *h, struct device *d);
/* Whether the changeset at POSITION counts for D. */
bool history_counts(const struct history *h, struct device *d, unsigned position);
/* D verifies the next changeset, as workspace_sync does. */
void history_take(const struct history *h, struct device *d);
/* The place that a rotation by D would pin. */
uint64_t history_pin(const struct history *h, struct device *d);

/* ---- promises.c ---- */

struct rights {
	bool writes, reads, live[DEVICES], needs_rotation;
};

/* Those of R as of SIZE entries. */
struct rights rights_at(const struct node *n, unsigned size);
/* Fails the test when P5 or P6 is broken in S. */
void promises_check(const struct story *s);
extern uint64_t histories; /* of which all that was asked was true so far */

#endif
