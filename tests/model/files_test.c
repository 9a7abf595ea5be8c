/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* files_test.c - the tree of a workspace against a small model of it: random acts by two
 * people, in turn and at once, through the real client and the real services.
 *
 * In turn, each act succeeds when the model says so. At once, both answers and the tree are
 * those of one of the two orders; what a member writes while being removed may count or not,
 * because a removal pins what the remover had verified (P6). After each round of two, and after
 * some of the others, the tree is the model's, for both people. At the end of an episode, each
 * content that was acknowledged is found: by a path, as an older version, or in the trash. All
 * local files have the same size and time.
 *
 * ZT_FILES_ACTS says how many acts, ZT_MODEL_SEED which. */
#include "test.h"

#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "world.h"

enum {
	NAMES = 6,
	NODES = 600,
	EPISODE = 60, /* acts in one workspace */
	CONTENTS = 4 * EPISODE,
	DEEP = 6,
	UNSEEN = 8, /* acts in turn, at most, until their tree is looked at */
	ROOT = 0,
	NONE = -1,
};

static const char *const names[NAMES] = { "a", "b", "x", "d", "y", "caf\xc3\xa9" };

/* ---- the model ---- */

struct node {
	bool is_folder;
	int content;      /* of a file */
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
	int who; /* 0: alice, 1: bob */
	struct way path, to;
	int content, second; /* what a put brings */
};

enum outcome { DONE, PARTLY, REFUSED };

static int
new_node(struct model *m, bool is_folder, int content)
{
	struct node *n = &m->node[m->count];

	assert_true(m->count < NODES);
	*n = (struct node){ .is_folder = is_folder, .content = content };
	for (int i = 0; i < NAMES; i++)
		n->entry[i] = n->last[i] = NONE;
	return m->count++;
}

static int
find(const struct model *m, const struct way *w, int count)
{
	int at = ROOT;

	for (int i = 0; at != NONE && i < count; i++)
		at = m->node[at].is_folder ? m->node[at].entry[w->name[i]] : NONE;
	return at;
}

/* The folder that holds the last name of W, or NONE. */
static int
parent(const struct model *m, const struct way *w)
{
	int at = w->n > 0 ? find(m, w, w->n - 1) : NONE;

	return at != NONE && m->node[at].is_folder ? at : NONE;
}

static void
set(struct model *m, int folder, int name, int node)
{
	m->node[folder].entry[name] = node;
	if (node != NONE)
		m->node[folder].last[name] = node;
}

static bool
is_below(const struct model *m, int node, int top)
{
	if (node == top)
		return true;
	for (int i = 0; m->node[top].is_folder && i < NAMES; i++)
		if (m->node[top].entry[i] != NONE && is_below(m, node, m->node[top].entry[i]))
			return true;
	return false;
}

static enum outcome
put_file(struct model *m, int folder, int name, int content)
{
	int at = m->node[folder].entry[name];

	if (at == NONE)
		set(m, folder, name, new_node(m, false, content));
	else if (m->node[at].is_folder)
		return REFUSED;
	else
		m->node[at].content = content;
	return DONE;
}

enum { X = 2, D = 3, Y = 4 }; /* in NAMES: what trees hold: x and d/y */

static enum outcome
put_tree(struct model *m, const struct act *a)
{
	int at = find(m, &a->path, a->path.n), in = parent(m, &a->path), d;
	enum outcome got;

	if (at == NONE && in == NONE)
		return REFUSED;
	if (at == NONE)
		set(m, in, a->path.name[a->path.n - 1], at = new_node(m, true, 0));
	if (!m->node[at].is_folder)
		return REFUSED;
	got = put_file(m, at, X, a->content);
	if ((d = m->node[at].entry[D]) == NONE)
		set(m, at, D, d = new_node(m, true, 0));
	if (!m->node[d].is_folder || put_file(m, d, Y, a->second) != DONE)
		got = REFUSED;
	return got == DONE ? DONE : PARTLY;
}

static enum outcome
put_one(struct model *m, const struct act *a)
{
	int at = find(m, &a->path, a->path.n), in = parent(m, &a->path);

	if (at != NONE && m->node[at].is_folder)
		return put_file(m, at, X, a->content);
	return in == NONE ? REFUSED : put_file(m, in, a->path.name[a->path.n - 1], a->content);
}

static enum outcome
mv(struct model *m, const struct act *a)
{
	int what = find(m, &a->path, a->path.n), was = parent(m, &a->path), into, name;
	int at = find(m, &a->to, a->to.n);

	if (what == NONE || was == NONE)
		return REFUSED;
	if (at != NONE && m->node[at].is_folder) {
		into = at;
		name = a->path.name[a->path.n - 1];
	} else {
		into = parent(m, &a->to);
		name = a->to.n > 0 ? a->to.name[a->to.n - 1] : NONE;
	}
	if (into == NONE)
		return REFUSED;
	if (m->node[into].entry[name] == what)
		return DONE;
	if (m->node[into].entry[name] != NONE || is_below(m, into, what))
		return REFUSED;
	set(m, was, a->path.name[a->path.n - 1], NONE);
	set(m, into, name, what);
	return DONE;
}

static enum outcome
restore(struct model *m, const struct act *a)
{
	int in = parent(m, &a->path), what;

	if (find(m, &a->path, a->path.n) != NONE || in == NONE ||
	    (what = m->node[in].last[a->path.name[a->path.n - 1]]) == NONE ||
	    is_below(m, what, ROOT))
		return REFUSED;
	set(m, in, a->path.name[a->path.n - 1], what);
	return DONE;
}

/* A on M. */
static enum outcome
play(struct model *m, const struct act *a)
{
	int in = parent(m, &a->path), at = find(m, &a->path, a->path.n);
	int name = a->path.n > 0 ? a->path.name[a->path.n - 1] : NONE;

	if (a->kind == LEAVE || a->kind == JOIN) {
		m->bob_is_in = a->kind == JOIN;
		return DONE;
	}
	if (a->kind == GET || a->kind == EDIT)
		return DONE;
	if (a->who == 1 && !m->bob_is_in)
		return REFUSED;
	switch (a->kind) {
	case PUT:
		return put_one(m, a);
	case PUT_TREE:
		return put_tree(m, a);
	case MKDIR:
		if (in == NONE || at != NONE)
			return REFUSED;
		set(m, in, name, new_node(m, true, 0));
		return DONE;
	case MV:
		return mv(m, a);
	case RM:
	case RM_ALL:
		if (in == NONE || at == NONE || (m->node[at].is_folder && a->kind == RM))
			return REFUSED;
		set(m, in, name, NONE);
		return DONE;
	case RESTORE:
		return restore(m, a);
	case GET:
	case EDIT:
	case LEAVE:
	case JOIN:
	case KINDS:
		break;
	}
	return DONE;
}

/* ---- the same on the real thing ---- */

struct player {
	struct person *p;
	char dir[160];
	const char *workspace, *bob;
	int got;      /* the content of the local copy; NONE: there is none */
	int node;     /* which the copy is of */
	bool is_mine; /* zt wrote it, and nobody edited it since */
	struct act a;
	enum outcome out;
	enum zt_err err;
	char why[256];
};

static void
print_way(const struct way *w, const char *workspace, char out[160])
{
	size_t n = (size_t)snprintf(out, 160, "%s:/", workspace);

	for (int i = 0; i < w->n; i++)
		n += (size_t)snprintf(
		    out + n, 160 - n, "%s%s", i > 0 ? "/" : "", names[w->name[i]]);
}

/* All have one size and one time. */
static void
write_content(const char *dir, const char *name, int content)
{
	static const struct timespec times[2] = { { 1500000000, 0 }, { 1500000000, 0 } };
	char path[256];
	int fd;

	(void)snprintf(path, sizeof path, "%s/%s", dir, name);
	(void)unlink(path);
	assert_true((fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) >= 0);
	assert_true(dprintf(fd, "content %08d\n", content) > 0);
	assert_int_equal(0, futimens(fd, times));
	assert_int_equal(0, close(fd));
}

/* The same file, of the same size, with another content and the time of now. */
static void
edit_content(const char *path, int content)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_true(dprintf(fd, "content %08d\n", content) > 0);
	assert_int_equal(0, close(fd));
}

static int
read_content(const char *path)
{
	int content = NONE;
	FILE *f = fopen(path, "re");

	if (f == NULL)
		return NONE;
	if (fscanf(f, "content %d", &content) != 1)
		content = -2;
	(void)fclose(f);
	return content;
}

static enum zt_err
do_put_tree(struct player *p, const char *path)
{
	char dir[200], sub[220];

	(void)snprintf(dir, sizeof dir, "%s/t", p->dir);
	(void)snprintf(sub, sizeof sub, "%s/d", dir);
	(void)mkdir(dir, 0700);
	(void)mkdir(sub, 0700);
	write_content(dir, "x", p->a.content);
	write_content(sub, "y", p->a.second);
	return zt_put(p->p->zt, dir, path, NULL, NULL);
}

static enum zt_err
act_for_real(struct player *p)
{
	struct zt *z = p->p->zt;
	char path[160], to[160], local[200];

	print_way(&p->a.path, p->workspace, path);
	print_way(&p->a.to, p->workspace, to);
	switch (p->a.kind) {
	case PUT:
		write_content(p->dir, "x", p->a.content);
		(void)snprintf(local, sizeof local, "%s/x", p->dir);
		return zt_put(z, local, path, NULL, NULL);
	case PUT_TREE:
		return do_put_tree(p, path);
	case MKDIR:
		return zt_mkdir(z, path);
	case MV:
		return zt_mv(z, path, to, NULL);
	case RM:
	case RM_ALL:
		return zt_rm(z, path, p->a.kind == RM_ALL);
	case RESTORE:
		return zt_restore(z, path, 0, 0);
	case LEAVE:
		return zt_workspace_unshare(z, p->workspace, p->bob);
	case JOIN:
		return zt_workspace_share(z, p->workspace, p->bob, "contributor");
	case GET:
	case EDIT:
	case KINDS:
		break;
	}
	return ZT_OK;
}

static void *
act(void *arg)
{
	struct player *p = arg;

	p->err = act_for_real(p);
	(void)snprintf(p->why, sizeof p->why, "%s", p->err ? zt_why(p->p->zt) : "");
	p->out = p->err == ZT_OK ? DONE : p->err == ZT_ERR_SOME ? PARTLY : REFUSED;
	return NULL;
}

/* ---- the tree as it is, and as it should be ---- */

enum { FOLDER = -2, UNREAD = -3 };

struct line {
	char *path;
	int content; /* or FOLDER */
};

struct tree {
	struct line line[NODES];
	int count;
};

static void
add_line(struct tree *t, const char *path, int content)
{
	assert_true(t->count < NODES);
	t->line[t->count] = (struct line){ strdup(path), content };
	assert_non_null(t->line[t->count++].path);
}

static int
compare(const void *a, const void *b)
{
	return strcmp(((const struct line *)a)->path, ((const struct line *)b)->path);
}

static void
model_lines(const struct model *m, int at, const char *path, struct tree *out)
{
	for (int i = 0; i < NAMES; i++) {
		int next = m->node[at].entry[i];
		char below[160];

		if (next == NONE)
			continue;
		(void)snprintf(below, sizeof below, "%s/%s", path, names[i]);
		add_line(out, below, m->node[next].is_folder ? FOLDER : m->node[next].content);
		if (m->node[next].is_folder)
			model_lines(m, next, below, out);
	}
}

static void
take_file(void *ctx, const struct zt_file *f)
{
	add_line(ctx, f->path, f->is_folder ? FOLDER : UNREAD);
}

/* What a version of a file holds (0: the newest). */
static int
cat(struct player *p, const char *path, uint64_t version)
{
	char remote[240], file[200];
	int fd;

	(void)snprintf(remote, sizeof remote, "%s:%s", p->workspace, path);
	(void)snprintf(file, sizeof file, "%s/cat", p->dir);
	fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_ok(zt_cat(p->p->zt, remote, version, fd));
	assert_int_equal(0, close(fd));
	return read_content(file);
}

static void
list(struct player *p, struct tree *out)
{
	char root[80];

	(void)snprintf(root, sizeof root, "%s:/", p->workspace);
	assert_ok(zt_ls(p->p->zt, root, true, false, take_file, out));
}

static int
remove_entry(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static void
real_lines(struct player *p, struct tree *out)
{
	char root[80], dir[200], file[400];

	list(p, out);
	(void)snprintf(root, sizeof root, "%s:/", p->workspace);
	(void)snprintf(dir, sizeof dir, "%s/all", p->dir);
	assert_ok(zt_get(p->p->zt, root, dir, NULL, NULL));
	for (int i = 0; i < out->count; i++) {
		(void)snprintf(file, sizeof file, "%s%s", dir, out->line[i].path);
		if (out->line[i].content == UNREAD)
			out->line[i].content = read_content(file);
	}
	qsort(out->line, (size_t)out->count, sizeof out->line[0], compare);
	(void)nftw(dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static void
tree_free(struct tree *t)
{
	for (int i = 0; i < t->count; i++)
		free(t->line[i].path);
	t->count = 0;
}

static bool
is_tree(const struct model *m, const struct tree *real)
{
	struct tree want = { .count = 0 };
	bool same;

	model_lines(m, ROOT, "", &want);
	qsort(want.line, (size_t)want.count, sizeof want.line[0], compare);
	same = want.count == real->count;
	for (int i = 0; same && i < want.count; i++)
		same = strcmp(want.line[i].path, real->line[i].path) == 0 &&
		       want.line[i].content == real->line[i].content;
	tree_free(&want);
	return same;
}

static void
print_tree(const char *what, const struct tree *t)
{
	print_message("%s:\n", what);
	for (int i = 0; i < t->count; i++)
		print_message("  %s %d\n", t->line[i].path, t->line[i].content);
}

/* ---- one episode ---- */

struct episode {
	struct player p[2];
	struct model m;
	uint64_t chance;
	int contents;
	bool acknowledged[CONTENTS];
	struct act unseen[UNSEEN]; /* in turn, since the tree was looked at */
	int unseen_count;
};

static unsigned
roll(struct episode *e, unsigned n)
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
	while (w->n < DEEP - 1 && e->m.node[at].is_folder && roll(e, 4) > 0) {
		int name = (int)roll(e, NAMES);

		w->name[w->n++] = name;
		if ((at = e->m.node[at].entry[name]) == NONE)
			break;
	}
	if (w->n == 0)
		w->name[w->n++] = (int)roll(e, NAMES);
}

/* A path to a file that is there, if chance finds one. */
static void
choose_file(struct episode *e, struct way *w)
{
	int at = find(&e->m, w, w->n);

	for (int tries = 0; tries < 50 && (at == NONE || e->m.node[at].is_folder); tries++) {
		choose_way(e, w);
		at = find(&e->m, w, w->n);
	}
}

static void
choose(struct episode *e, int who, struct act *a)
{
	static const enum kind often[] = { PUT, PUT, PUT, PUT_TREE, MKDIR, MKDIR, MV, MV, MV,
		MV, RM, RM_ALL, RESTORE, RESTORE, GET, GET, GET, EDIT, EDIT };

	*a = (struct act){ .kind = often[roll(e, sizeof often / sizeof often[0])], .who = who };
	choose_way(e, &a->path);
	if (a->kind == GET)
		choose_file(e, &a->path);
	choose_way(e, &a->to);
	if (who == 0 && roll(e, 40) == 0)
		a->kind = e->m.bob_is_in ? LEAVE : JOIN;
	if (a->kind == PUT || a->kind == PUT_TREE) {
		a->content = e->contents++;
		a->second = a->kind == PUT_TREE ? e->contents++ : 0;
	}
}

/* The local copy of a person is what zt wrote, or edited; get takes the place of the first
 * alone, and only by the same object. */
static void
get(struct episode *e, struct player *p)
{
	int at = find(&e->m, &p->a.path, p->a.path.n);
	char local[200], remote[160];
	enum zt_err err;

	(void)snprintf(local, sizeof local, "%s/copy", p->dir);
	if (p->a.kind == EDIT) {
		edit_content(local, p->got = CONTENTS);
		p->is_mine = false;
		return;
	}
	if (at == NONE || e->m.node[at].is_folder || (p->a.who == 1 && !e->m.bob_is_in))
		return;
	print_way(&p->a.path, p->workspace, remote);
	err = zt_get(p->p->zt, remote, local, NULL, NULL);
	if (p->got != NONE && (!p->is_mine || p->node != at)) {
		assert_err(ZT_ERR_SOME, err);
		assert_int_equal(p->got, read_content(local));
		/* The person deletes the copy. Without that no later get would succeed. */
		assert_int_equal(0, unlink(local));
		p->got = NONE;
	} else {
		assert_ok(err);
		p->got = e->m.node[at].content;
		p->node = at;
		p->is_mine = true;
	}
	assert_int_equal(p->got, read_content(local));
}

static const char *
describe(const struct act *a, char out[400])
{
	static const char *const words[] = { "put", "put tree", "mkdir", "mv", "rm", "rm -r",
		"restore", "get", "edit", "unshare", "share" };
	char path[160], to[160];

	print_way(&a->path, "", path);
	print_way(&a->to, "", to);
	(void)snprintf(out, 400, "%s: %s %s %s (%d)", a->who == 0 ? "alice" : "bob",
	    words[a->kind], path, a->kind == MV ? to : "", a->content);
	return out;
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

/* Whether the tree is what E's acts in ORDER make of it, with these answers. Order 2 and 3:
 * bob, who is removed at the same time, has done nothing. */
static bool
explains(const struct episode *e, int players, int first, int order, const struct tree *real,
    struct model *after)
{
	*after = e->m;
	for (int k = 0; k < players; k++) {
		int who = players == 1 ? first : (order + k) % 2;

		if (order >= 2 && who == 1)
			continue;
		if (play(after, &e->p[who].a) != e->p[who].out)
			return false;
	}
	return is_tree(after, real);
}

static void
print_round(const struct episode *e, int players, int first, const struct tree *now)
{
	static struct tree before;
	char text[400];

	for (int i = 0; i < e->unseen_count; i++)
		print_message("not looked at: %s\n", describe(&e->unseen[i], text));
	for (int k = 0; k < players; k++) {
		const struct player *p = &e->p[players == 1 ? first : k];

		print_message("%s: %s %s\n", describe(&p->a, text), err_name(p->err), p->why);
	}
	before.count = 0;
	model_lines(&e->m, ROOT, "", &before);
	print_tree("before", &before);
	print_tree("now", now);
	tree_free(&before);
}

/* The tree is one of those that the orders make, with these answers. */
static void
check_round(struct episode *e, int players, int first)
{
	int orders =
	    players == 2 && e->p[0].a.kind == LEAVE && e->p[0].out == DONE ? 3 : players;
	static struct model after;
	static struct tree real[2];
	bool found = false;

	real_lines(&e->p[0], &real[0]);
	for (int order = 0; !found && order < orders; order++) {
		found = explains(e, players, first, order, &real[0], &after);
		if (found && order == 2)
			e->p[1].out = REFUSED; /* it does not count */
	}
	if (found && after.bob_is_in) {
		real_lines(&e->p[1], &real[1]);
		found = is_tree(&after, &real[1]);
	}
	if (!found)
		print_round(e, players, first, &real[0]);
	assert_true(found);
	e->m = after;
	e->unseen_count = 0;
	tree_free(&real[0]);
	tree_free(&real[1]);
}

/* One act: the answer is the model's, and the tree is looked at now or later. */
static void
check_one(struct episode *e, int first)
{
	const struct player *p = &e->p[first];
	static struct model after;
	bool found;

	if (e->unseen_count == UNSEEN || roll(e, UNSEEN) == 0) {
		check_round(e, 1, first);
		return;
	}
	after = e->m;
	found = play(&after, &p->a) == p->out;
	if (!found)
		print_round(e, 1, first, &(struct tree){ .count = 0 });
	assert_true(found);
	e->unseen[e->unseen_count++] = p->a;
	e->m = after;
}

/* What was not looked at yet. */
static void
check_end(struct episode *e)
{
	struct player *p = &e->p[0];

	p->a = (struct act){ .kind = EDIT };
	p->out = DONE;
	check_round(e, 1, 0);
}

static void
round_of(struct episode *e)
{
	int players = roll(e, 3) == 0 ? 2 : 1, first = (int)roll(e, 2);
	pthread_t other;

	for (int k = 0; k < 2; k++)
		choose(e, k, &e->p[k].a);
	if (players == 2) {
		assert_int_equal(0, pthread_create(&other, NULL, act, &e->p[1]));
		(void)act(&e->p[0]);
		assert_int_equal(0, pthread_join(other, NULL));
	} else if (e->p[first].a.kind == GET || e->p[first].a.kind == EDIT) {
		get(e, &e->p[first]);
		return;
	} else {
		(void)act(&e->p[first]);
	}
	if (players == 2)
		check_round(e, 2, first);
	else
		check_one(e, first);
	for (int k = 0; k < players; k++)
		acknowledge(e, &e->p[players == 1 ? first : k]);
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
	uint64_t v[4 * EPISODE];
	int count;
};

static void
take_version(void *ctx, const struct zt_version *v)
{
	struct versions *all = ctx;

	assert_true(all->count < 4 * EPISODE);
	all->v[all->count++] = v->version;
}

/* All that was removed comes back under names of its own, with what was removed in it. */
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

static void
find_all(struct episode *e)
{
	static struct tree real;
	int lost = 0;

	restore_all(e);
	list(&e->p[0], &real);
	for (int i = 0; i < real.count; i++) {
		struct versions v = { .count = 0 };
		char remote[240];

		if (real.line[i].content == FOLDER)
			continue;
		(void)snprintf(
		    remote, sizeof remote, "%s:%s", e->p[0].workspace, real.line[i].path);
		assert_ok(zt_history(e->p[0].p->zt, remote, take_version, &v));
		for (int n = 0; n < v.count; n++) {
			int content = cat(&e->p[0], real.line[i].path, v.v[n]);

			assert_in_range(content, 0, CONTENTS - 1);
			e->acknowledged[content] = false;
		}
	}
	for (int i = 0; i < e->contents; i++)
		if (e->acknowledged[i]) {
			print_message("content %d is lost\n", i);
			lost++;
		}
	assert_int_equal(0, lost);
	tree_free(&real);
}

static void
play_episode(struct scene *s, uint64_t seed)
{
	static struct episode e;
	char name[40];

	e = (struct episode){ .chance = seed };
	(void)new_node(&e.m, true, 0);
	e.m.bob_is_in = true;
	(void)snprintf(name, sizeof name, "w%u", s->next++);
	assert_ok(zt_workspace_create(s->alice.zt, name));
	assert_ok(zt_workspace_share(s->alice.zt, name, s->bob.email, "contributor"));
	for (int k = 0; k < 2; k++) {
		struct player *p = &e.p[k];

		*p = (struct player){ .p = k == 0 ? &s->alice : &s->bob,
			.workspace = name,
			.bob = s->bob.email,
			.got = NONE };
		(void)snprintf(p->dir, sizeof p->dir, "%s/files-%s-%d", s->w->state, name, k);
		assert_int_equal(0, mkdir(p->dir, 0700));
	}
	for (int i = 0; i < EPISODE; i++)
		round_of(&e);
	check_end(&e);
	find_all(&e);
}

static void
what_was_acknowledged_is_found(void **state)
{
	uint64_t acts = number_of("ZT_FILES_ACTS", 600);
	uint64_t seed = number_of("ZT_MODEL_SEED", (uint64_t)time(NULL)) * 2654435761u | 1;

	print_message("seed %llu\n", (unsigned long long)seed);
	for (uint64_t done = 0; done < acts; done += EPISODE)
		play_episode(*state, seed + done * 977);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_acknowledged_is_found),
	};

	return cmocka_run_group_tests(tests, scene_begin, scene_end);
}
