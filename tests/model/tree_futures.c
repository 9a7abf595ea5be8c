/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* tree_futures.c - a round's acts in each order, held against the answers. */
#include "test.h"
#include "tree_episode.h"

/* A put that was refused because others removed, at the same time, what it relied on: it may
 * have come before that, and then lies in what was removed. */
static bool
came_before(const struct player *p, int devices)
{
	return devices > 1 && (p->a.kind == PUT || p->a.kind == PUT_TREE) &&
	       (p->err == ZT_ERR_CONFLICT || p->err == ZT_ERR_NOT_FOUND);
}

static void
add_future(const struct model *from, const struct episode *e, const struct round *r,
    bool without_bob, struct futures *out)
{
	static struct future f;

	f = (struct future){ *from, without_bob };
	for (int k = 0; k < r->n; k++) {
		const struct player *p = &e->p[r->who[k]];

		if (without_bob && r->who[k] == BOB)
			continue;
		if (!outcome_agrees(model_play(&f.m, &p->a), p->out) && !came_before(p, r->n))
			return;
	}
	for (int k = 0; k < r->n; k++) {
		const struct player *p = &e->p[r->who[k]];

		if (came_before(p, r->n) &&
		    (model_shows(&f.m, p->a.content) ||
			(p->a.kind == PUT_TREE && model_shows(&f.m, p->a.second))))
			return;
	}
	for (int i = 0; i < out->count; i++)
		if (out->f[i].without_bob == without_bob && model_is_same(&out->f[i].m, &f.m))
			return;
	assert_true(out->count < WORLDS);
	out->f[out->count++] = f;
}

/* All orders of those of R behind the first AT. */
static void
order_on(
    const struct episode *e, struct round *r, int at, bool without_bob, struct futures *out)
{
	for (int i = 0; at == r->n && i < e->worlds; i++)
		add_future(&e->world[i], e, r, without_bob, out);
	for (int i = at; i < r->n; i++) {
		int first = r->who[at];

		r->who[at] = r->who[i];
		r->who[i] = first;
		order_on(e, r, at + 1, without_bob, out);
		r->who[i] = r->who[at];
		r->who[at] = first;
	}
}

void
episode_foresee(const struct episode *e, struct round r, struct futures *out)
{
	bool acts = false, leaves = false;

	out->count = 0;
	order_on(e, &r, 0, false, out);
	for (int k = 0; k < r.n; k++) {
		const struct player *p = &e->p[r.who[k]];

		acts = acts || r.who[k] == BOB;
		leaves = leaves || (p->a.kind == LEAVE && p->out == DONE);
	}
	if (acts && leaves)
		order_on(e, &r, 0, true, out);
}
