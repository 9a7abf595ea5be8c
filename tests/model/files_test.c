/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* files_test.c - the tree of a workspace against a small model of it: random acts by three
 * devices of two people, in turn and at once, through the real client and the real services.
 *
 * In turn, each act succeeds when the model says so. At once, all answers and the tree are
 * those of one order; what a member writes while being removed may count or not, because a
 * removal pins what the remover had verified (P6). When answers leave orders with several
 * trees, and by chance, the tree is looked at: one device gets it, another lists it, and it is
 * the model's. At the end of an episode, each content that was acknowledged is found: in a
 * file, as an older version, or in the trash. Before that, bob may lose his right to write
 * while the server holds alice's act: he and her laptop go on, and what the laptop wrote on
 * what he wrote is found all the same. All local files have the same size and time.
 *
 * ZT_FILES_ACTS says how many acts, ZT_MODEL_SEED which, ZT_FILES_EPISODE how many in one
 * workspace, ZT_FILES_LOOK in how many rounds of several acts one look by chance comes. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "test.h"
#include "tree_episode.h"
#include "zt/history.h"

enum {
	SELDOM = 8,  /* a round of one act is looked at as often as so many of several */
	PEOPLE = 40, /* episodes with one organization */
};

/* ---- a round ---- */

/* The local copy of a person is what zt wrote, or edited; get takes the place of the first
 * alone, and only by the same object. */
static void
get(struct episode *e, struct player *p)
{
	int at = model_find(e->world, &p->a.path, p->a.path.n);
	char local[200], remote[160];
	enum zt_err err;

	(void)snprintf(local, sizeof local, "%s/copy", p->dir);
	if (p->a.kind == EDIT) {
		content_edit(local, p->got = CONTENTS);
		p->is_mine = false;
		return;
	}
	if (at == NONE || e->world->node[at].is_folder ||
	    (p->a.who == BOB && !e->world->bob_is_in))
		return;
	way_print(&p->a.path, p->workspace, remote);
	err = zt_get(p->p->zt, remote, local, NULL, NULL);
	if (p->got != NONE && (!p->is_mine || p->born != e->world->node[at].born)) {
		assert_err(ZT_ERR_SOME, err);
		assert_int_equal(p->got, content_read(local));
		/* The person deletes the copy. Without that no later get would succeed. */
		assert_int_equal(0, unlink(local));
		p->got = NONE;
	} else {
		assert_ok(err);
		p->got = e->world->node[at].content;
		p->born = e->world->node[at].born;
		p->way = p->a.path;
		p->is_mine = true;
	}
	if (p->got != content_read(local))
		episode_print(
		    e, &(struct round){ 1, { p->a.who } }, &(struct tree){ .count = 0 });
	assert_int_equal(p->got, content_read(local));
}

static void
acknowledge(struct episode *e, const struct player *p)
{
	if (p->out == REFUSED)
		return;
	if (p->a.kind == PUT)
		e->acknowledged[p->a.content] = true;
	if (p->a.kind == PUT_TREE && p->out == DONE)
		e->acknowledged[p->a.content] = e->acknowledged[p->a.second] = true;
}

/* One device gets the tree, and another lists it: which of F's they show, or none. */
static int
look(struct episode *e, const struct futures *f)
{
	static struct tree got, listed;
	int getter = (int)episode_roll(e, DEVICES), lister = (int)episode_roll(e, DEVICES),
	    found = NONE;

	getter = getter == BOB && !f->f[0].m.bob_is_in ? 0 : getter;
	lister = lister == BOB && !f->f[0].m.bob_is_in ? 2 : lister;
	player_get_tree(&e->p[getter], false, &got);
	player_list(&e->p[lister], &listed);
	for (int i = 0; found == NONE && i < f->count; i++)
		if (tree_is(&f->f[i].m, &got) && tree_is(&f->f[i].m, &listed))
			found = i;
	if (found == NONE) {
		tree_print("now", &got);
		tree_print("listed", &listed);
	}
	tree_free(&got);
	tree_free(&listed);
	return found;
}

/* The answers are those of some order, and so is the tree; it is looked at now or later. */
static void
check_round(struct episode *e, const struct round *r, bool now)
{
	static struct futures f;
	int is = 0;

	episode_foresee(e, *r, &f);
	if (f.count == 0)
		episode_print(e, r, &(struct tree){ .count = 0 });
	assert_true(f.count > 0);
	for (int i = 1; !now && i < f.count; i++)
		now = !model_looks_as(&f.f[0].m, &f.f[i].m) ||
		      f.f[0].m.bob_is_in != f.f[i].m.bob_is_in;
	if (now && (is = look(e, &f)) == NONE)
		episode_print(e, r, &(struct tree){ .count = 0 });
	assert_true(is != NONE);
	e->worlds = 0;
	for (int i = 0; i < f.count; i++) {
		if (!model_looks_as(&f.f[is].m, &f.f[i].m))
			continue;
		if (f.f[i].without_bob) /* nobody can tell */
			e->p[BOB].out = REFUSED;
		e->world[e->worlds++] = f.f[i].m;
	}
	if (now)
		e->unseen_count = e->unseen_rounds = 0;
	for (int k = 0; !now && k < r->n; k++)
		e->unseen[e->unseen_count++] =
		    (struct seen){ e->p[r->who[k]].a, e->p[r->who[k]].err };
	e->unseen_rounds += !now;
}

/* What was not looked at yet, by all. */
static void
check_end(struct episode *e)
{
	struct round r = { .n = 0 };
	static struct tree real;

	check_round(e, &r, true);
	for (int k = 0; k < DEVICES; k++) {
		if (k == BOB && !e->world->bob_is_in)
			continue;
		player_get_tree(&e->p[k], false, &real);
		if (!tree_is(e->world, &real))
			episode_print(e, &r, &real);
		assert_true(tree_is(e->world, &real));
		tree_free(&real);
	}
}

/* Who is removed while he acts is alone with the remover: a third may have seen what then does
 * not count, and no tree is foretold (end_with_a_loss). */
static void
leave_out_third(const struct episode *e, struct round *r)
{
	int remover = NONE, bob = NONE;

	for (int k = 0; k < r->n; k++) {
		remover = e->p[r->who[k]].a.kind == LEAVE ? k : remover;
		bob = r->who[k] == BOB ? k : bob;
	}
	if (r->n == DEVICES && remover != NONE)
		*r = (struct round){ 2, { r->who[remover], r->who[bob] } };
}

/* One device, two or three. */
static void
choose_round(struct episode *e, struct round *r)
{
	unsigned how = episode_roll(e, 12);

	*r = (struct round){ how < 8 ? 1 : how < 11 ? 2 : 3, { 0, 1, 2 } };
	for (int i = DEVICES - 1; i > 0; i--) {
		int with = (int)episode_roll(e, (unsigned)i + 1), was = r->who[i];

		r->who[i] = r->who[with];
		r->who[with] = was;
	}
	for (int k = 0; k < r->n; k++)
		episode_choose(e, r->who[k], &e->p[r->who[k]].a);
	leave_out_third(e, r);
}

static void
round_of(struct episode *e)
{
	struct round r;
	struct player *first;
	pthread_t others[DEVICES];
	bool now;

	choose_round(e, &r);
	first = &e->p[r.who[0]];
	e->acts += (unsigned)r.n;
	if (r.n == 1 && (first->a.kind == GET || first->a.kind == EDIT)) {
		get(e, first);
		return;
	}
	for (int k = 1; k < r.n; k++)
		assert_int_equal(
		    0, pthread_create(&others[k], NULL, player_act, &e->p[r.who[k]]));
	(void)player_act(first);
	for (int k = 1; k < r.n; k++)
		assert_int_equal(0, pthread_join(others[k], NULL));
	now = e->unseen_rounds == UNSEEN - 1 ||
	      episode_roll(e, e->look * (r.n == 1 ? SELDOM : 1)) == 0;
	check_round(e, &r, now);
	for (int k = 0; k < r.n; k++)
		acknowledge(e, &e->p[r.who[k]]);
}

/* ---- bob loses his right to write, and the server holds the act meanwhile ---- */

enum { LAPTOP = 2, HELD_MAX = 8 };

/* WHO acts; what a world looks like in which all of it counts leads to the next path. */
static void
act_held(struct episode *e, int who, const struct way *same)
{
	static const enum kind often[] = { PUT, PUT, PUT, PUT_TREE, MKDIR, MV, RM, RESTORE };
	struct player *p = &e->p[who];

	do
		episode_choose(e, who, &p->a);
	while (p->a.kind == LEAVE || p->a.kind == JOIN);
	p->a.kind = often[episode_roll(e, sizeof often / sizeof often[0])];
	if (same != NULL)
		p->a.path = *same;
	p->a.content = e->contents++;
	p->a.second = e->contents++;
	(void)player_act(p);
	(void)model_play(e->world, &p->a);
	if (who != BOB)
		acknowledge(e, p);
}

static bool
act_meanwhile(void *ctx, struct proxy_call *c)
{
	struct episode *e = ctx;
	int n = 2 + (int)episode_roll(e, HELD_MAX - 1);

	if (c->route != ROUTE_LOG_APPEND || e->is_torn)
		return false;
	e->is_torn = true;
	act_held(e, BOB, NULL);
	for (int i = 1; i < n; i++) {
		const struct way last =
		    e->p[BOB].a.kind == MV ? e->p[BOB].a.to : e->p[BOB].a.path;

		act_held(e, episode_roll(e, 3) == 0 ? BOB : LAPTOP,
		    episode_roll(e, 2) == 0 ? &last : NULL);
	}
	return false;
}

static void
end_with_a_loss(struct episode *e)
{
	struct player *alice = &e->p[0];
	struct world *w = alice->p->w;
	struct proxy_hooks hooks = { .ctx = e, .before = act_meanwhile };

	if (!e->world->bob_is_in || episode_roll(e, 2) == 0)
		return;
	person_speak_to(alice->p, proxy_url(w->d));
	proxy_play(w->d, &hooks);
	if (episode_roll(e, 2) == 0)
		assert_ok(zt_workspace_unshare(alice->p->zt, alice->workspace, alice->bob));
	else
		assert_ok(
		    zt_workspace_share(alice->p->zt, alice->workspace, alice->bob, "reader"));
	proxy_play(w->d, NULL);
	person_speak_to(alice->p, w->url);
	assert_true(e->is_torn);
}

/* ---- the end: all that was acknowledged is found ---- */

struct removed {
	char id[33];
};

struct bin {
	struct removed r[NODES];
	int count;
};

static void
take_removed(void *ctx, const struct zt_removed *r)
{
	struct bin *b = ctx;

	assert_true(b->count < NODES);
	memcpy(b->r[b->count++].id, r->id, sizeof r->id);
}

/* Those that count: what a member wrote while being removed may not. */
struct versions {
	uint64_t v[2 * EPISODE_MAX];
	int count;
};

static void
take_version(void *ctx, const struct zt_version *v)
{
	struct versions *all = ctx;

	assert_true(all->count < 2 * EPISODE_MAX);
	all->v[all->count++] = v->version;
}

/* All that was removed is restored under new names, with what was removed in it. */
static void
restore_all(struct episode *e)
{
	static struct bin b;
	int next = 0;

	do {
		b.count = 0;
		assert_ok(zt_trash(e->p[0].p->zt, e->p[0].workspace, take_removed, &b));
		for (int i = 0; i < b.count; i++) {
			char to[160];

			(void)snprintf(to, sizeof to, "%s:/back%d", e->p[0].workspace, next++);
			assert_ok(zt_restore_removed(e->p[0].p->zt, to, b.r[i].id));
		}
	} while (b.count > 0);
}

static int
missing(const struct episode *e)
{
	int n = 0;

	for (int i = 0; i < e->contents; i++)
		n += e->acknowledged[i];
	return n;
}

/* What older versions of the file PATH hold. */
static void
find_older(struct episode *e, const char *path)
{
	static struct versions v;
	char remote[240];

	v.count = 0;
	(void)snprintf(remote, sizeof remote, "%s:%s", e->p[0].workspace, path);
	assert_ok(zt_history(e->p[0].p->zt, remote, take_version, &v));
	for (int n = 0; n < v.count && v.count > 1; n++) {
		int content = player_cat(&e->p[0], path, v.v[n]);

		assert_in_range(content, 0, CONTENTS - 1);
		e->acknowledged[content] = false;
	}
}

static void
find_all(struct episode *e)
{
	static struct tree real;

	restore_all(e);
	player_get_tree(&e->p[0], e->is_torn, &real);
	for (int i = 0; i < real.count; i++) {
		if (real.line[i].content == FOLDER)
			continue;
		assert_in_range(real.line[i].content, 0, CONTENTS - 1);
		e->acknowledged[real.line[i].content] = false;
	}
	for (int i = 0; missing(e) > 0 && i < real.count; i++)
		if (real.line[i].content != FOLDER)
			find_older(e, real.line[i].path);
	for (int i = 0; i < e->contents; i++)
		if (e->acknowledged[i])
			print_message("content %d is lost\n", i);
	assert_int_equal(0, missing(e));
	tree_free(&real);
}

/* ---- episodes ---- */

/* Other people take the place of those of S: what an organization has becomes no longer. */
static void
new_people(struct scene *s)
{
	struct person *all[DEVICES] = { &s->alice, &s->bob, &s->laptop };

	for (int k = 0; k < DEVICES; k++) {
		if (all[k]->zt == NULL)
			continue;
		person_close(all[k]);
		remove_all(all[k]->home);
	}
	world_found(s->w, &s->alice, "alice");
	world_join(&s->alice, &s->bob, "bob", "standard");
	world_add_device(&s->alice, &s->laptop, "alice");
	for (int k = 0; k < DEVICES; k++) /* past the double, which nothing else here asks */
		person_speak_to(all[k], s->w->url);
}

static unsigned
play_episode(struct scene *s, uint64_t seed, unsigned acts, unsigned look)
{
	static struct episode e;
	struct person *all[DEVICES] = { &s->alice, &s->bob, &s->laptop };
	char name[40];

	e = (struct episode){ .chance = seed, .look = look };
	(void)model_node(e.world, true, 0);
	e.world->bob_is_in = true;
	e.worlds = 1;
	(void)snprintf(name, sizeof name, "w%u", s->next++);
	assert_ok(zt_workspace_create(s->alice.zt, name));
	assert_ok(zt_workspace_share(s->alice.zt, name, s->bob.email, "contributor"));
	for (int k = 0; k < DEVICES; k++) {
		struct player *p = &e.p[k];

		*p = (struct player){
			.p = all[k], .workspace = name, .bob = s->bob.email, .got = NONE
		};
		(void)snprintf(p->dir, sizeof p->dir, "%s/files-%s-%d", s->w->state, name, k);
		assert_int_equal(0, mkdir(p->dir, 0700));
	}
	while (e.acts < acts)
		round_of(&e);
	check_end(&e);
	end_with_a_loss(&e);
	find_all(&e);
	for (int k = 0; k < DEVICES; k++)
		remove_all(e.p[k].dir);
	return e.acts;
}

static void
what_was_acknowledged_is_found(void **state)
{
	uint64_t acts = number_of("ZT_FILES_ACTS", 600), done = 0;
	uint64_t seed = number_of("ZT_MODEL_SEED", (uint64_t)time(NULL)) * 2654435761u | 1;
	unsigned episode = (unsigned)number_of("ZT_FILES_EPISODE", 60);
	unsigned look = (unsigned)number_of("ZT_FILES_LOOK", 1);

	assert_in_range(episode, 1, EPISODE_MAX - DEVICES);
	assert_in_range(look, 1, 1000);
	print_message("seed %llu\n", (unsigned long long)seed);
	for (unsigned n = 0; done < acts; n++) {
		if (n % PEOPLE == 0)
			new_people(*state);
		done += play_episode(*state, seed + n * 58620u, episode, look);
		if (n % 100 == 99)
			print_message("%llu acts\n", (unsigned long long)done);
	}
	print_message("%llu acts done\n", (unsigned long long)done);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_acknowledged_is_found),
	};

	return cmocka_run_group_tests(tests, scene_begin, scene_end);
}
