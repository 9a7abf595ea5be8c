/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* tree_player.h - one device that does the acts of tree_model.h by the real client, and the
 * tree as such a device sees it. All local files have the same size and time. */
#ifndef ZT_TEST_TREE_PLAYER_H
#define ZT_TEST_TREE_PLAYER_H

#include "tree_model.h"
#include "world.h"

struct player {
	struct person *p;
	char dir[160];
	const char *workspace, *bob;
	int got;        /* the content of the local copy; NONE: there is none */
	int born;       /* which file the copy is of */
	struct way way; /* where that was */
	bool is_mine;   /* zt wrote it, and nobody edited it since */
	struct act a;
	enum outcome out;
	enum zt_err err;
	char message[256];
};

/* W in WORKSPACE, as the client takes it. */
void way_print(const struct way *w, const char *workspace, char out[160]);
/* Does P->a; what came of it is in P->out, P->err and P->message. For pthread_create. */
void *player_act(void *player);
/* The local file PATH: the same size, with another content and the time of now. */
void content_edit(const char *path, int content);
/* What PATH holds; NONE: there is none. */
int content_read(const char *path);
/* DIR and all in it. */
void remove_all(const char *dir);

/* ---- tree_seen.c: the tree as it is, and as it should be ---- */

enum { FOLDER = -2, UNREAD = -3 };

struct line {
	char *path;
	int content; /* or FOLDER */
};

struct tree {
	struct line line[NODES];
	int count;
};

/* What P lists. The caller gives OUT to tree_free. */
void player_list(struct player *p, struct tree *out);
/* The tree with all contents, as P gets it. IS_TORN: a name in it may have no version. */
void player_get_tree(struct player *p, bool is_torn, struct tree *out);
/* What a version of a file holds (0: the newest). */
int player_cat(struct player *p, const char *path, uint64_t version);
/* The tree of M. */
void tree_of_model(const struct model *m, struct tree *out);
/* Whether REAL is M's tree; what was not read agrees. */
bool tree_is(const struct model *m, const struct tree *real);
void tree_print(const char *what, const struct tree *t);
void tree_free(struct tree *t);

#endif
