/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* tree_episode.c - which acts come, by chance, and a round in words. */
#include "tree_episode.h"

#include <stdio.h>

#include "test.h"

unsigned
episode_roll(struct episode *e, unsigned n)
{
	e->chance ^= e->chance << 13;
	e->chance ^= e->chance >> 7;
	e->chance ^= e->chance << 17;
	return (unsigned)(e->chance >> 33) % n;
}

/* A path to something that is there, or one more name behind it. */
static void
choose_way(struct episode *e, struct way *w)
{
	int at = ROOT;

	w->n = 0;
	while (w->n < DEEP - 1 && e->world->node[at].is_folder && episode_roll(e, 4) > 0) {
		int name = (int)episode_roll(e, NAMES);

		w->name[w->n++] = name;
		if ((at = e->world->node[at].entry[name]) == NONE)
			break;
	}
	if (w->n == 0)
		w->name[w->n++] = (int)episode_roll(e, NAMES);
}

/* A path to a file that is there, if chance finds one. */
static void
choose_file(struct episode *e, struct way *w)
{
	int at = model_find(e->world, w, w->n);

	for (int tries = 0; tries < 50 && (at == NONE || e->world->node[at].is_folder);
	     tries++) {
		choose_way(e, w);
		at = model_find(e->world, w, w->n);
	}
}

void
episode_choose(struct episode *e, int who, struct act *a)
{
	static const enum kind often[] = { PUT, PUT, PUT, PUT_TREE, MKDIR, MKDIR, MV, MV, MV,
		MV, RM, RM_ALL, RESTORE, RESTORE, GET, GET, GET, EDIT, EDIT };

	*a = (struct act){ .kind = often[episode_roll(e, sizeof often / sizeof often[0])],
		.who = who };
	choose_way(e, &a->path);
	if (a->kind == GET && e->p[who].got != NONE && episode_roll(e, 2) == 0)
		a->path = e->p[who].way;
	else if (a->kind == GET)
		choose_file(e, &a->path);
	choose_way(e, &a->to);
	if (who != BOB && episode_roll(e, 40) == 0)
		a->kind = e->world->bob_is_in ? LEAVE : JOIN;
	if (a->kind == PUT || a->kind == PUT_TREE) {
		a->content = e->contents++;
		a->second = a->kind == PUT_TREE ? e->contents++ : 0;
	}
}

static const char *
describe(const struct act *a, char out[400])
{
	static const char *const words[] = { "put", "put tree", "mkdir", "mv", "rm", "rm -r",
		"restore", "get", "edit", "unshare", "share" };
	static const char *const people[DEVICES] = { "alice", "bob", "alice's laptop" };
	char path[160], to[160];

	way_print(&a->path, "", path);
	way_print(&a->to, "", to);
	(void)snprintf(out, 400, "%s: %s %s %s (%d)", people[a->who], words[a->kind], path,
	    a->kind == MV ? to : "", a->content);
	return out;
}

void
episode_print(const struct episode *e, const struct round *r, const struct tree *now)
{
	static struct tree before;
	char text[400];

	for (int i = 0; i < e->unseen_count; i++)
		print_message("not looked at: %s: %s\n", describe(&e->unseen[i].a, text),
		    err_name(e->unseen[i].err));
	for (int k = 0; k < r->n; k++) {
		const struct player *p = &e->p[r->who[k]];

		print_message(
		    "%s: %s %s\n", describe(&p->a, text), err_name(p->err), p->message);
	}
	tree_of_model(e->world, &before);
	tree_print("before", &before);
	tree_print("now", now);
	tree_free(&before);
}
