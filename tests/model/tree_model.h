/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* tree_model.h - the tree of a workspace a second time, from what people expect of it and not
 * from libzt: small arrays, no changesets, no keys. Nothing leaves it: what was removed is a
 * node that hangs on nothing, and each folder knows what a name was last. */
#ifndef ZT_TEST_TREE_MODEL_H
#define ZT_TEST_TREE_MODEL_H

#include <stdbool.h>

enum {
	NAMES = 6,
	EPISODE_MAX = 240, /* acts in one workspace */
	NODES = 5 * EPISODE_MAX,
	CONTENTS = 6 * EPISODE_MAX,
	DEEP = 6,
	BOB = 1, /* the device whose person can lose access */
	ROOT = 0,
	NONE = -1,
};

extern const char *const names[NAMES];

struct node {
	bool is_folder;
	int content;      /* of a file */
	int born;         /* the first of them */
	int entry[NAMES]; /* of a folder: a node, or NONE */
	int last[NAMES];  /* what was there last */
};

struct model {
	struct node node[NODES];
	int count;
	bool bob_is_in;
};

enum kind { PUT, PUT_TREE, MKDIR, MV, RM, RM_ALL, RESTORE, GET, EDIT, LEAVE, JOIN, KINDS };

struct way { /* a path: places in NAMES */
	int n, name[DEEP];
};

struct act {
	enum kind kind;
	int who; /* the device */
	struct way path, to;
	int content, second; /* what a put brings */
};

enum outcome { DONE, PARTLY, REFUSED, EITHER };

/* Whether GOT may be where the model says WANT. */
bool outcome_agrees(enum outcome want, enum outcome got);

/* A new node, which hangs on nothing. */
int model_node(struct model *m, bool is_folder, int content);
/* What the first COUNT names of W lead to, or NONE. */
int model_find(const struct model *m, const struct way *w, int count);
/* A on M: what comes of it. */
enum outcome model_play(struct model *m, const struct act *a);
/* Whether CONTENT is in the tree. */
bool model_shows(const struct model *m, int content);
/* Whether A and B look the same today. */
bool model_looks_as(const struct model *a, const struct model *b);
/* Whether they look the same for always: what was removed is the same, too. */
bool model_is_same(const struct model *a, const struct model *b);

#endif
