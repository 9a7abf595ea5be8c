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
#include "test.h"

#include <dirent.h>
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
	EPISODE_MAX = 240, /* acts in one workspace */
	NODES = 5 * EPISODE_MAX,
	CONTENTS = 6 * EPISODE_MAX,
	DEEP = 6,
	DEVICES = 3, /* alice's, bob's, and another of alice's */
	BOB = 1,     /* in turn, at most: */
	UNSEEN = 64, /* rounds until the tree is looked at */
	SELDOM = 8,  /* a round of one act is looked at as often as so many of several */
	WORLDS = 24, /* that a person cannot tell apart */
	PEOPLE = 40, /* episodes with one organization */
	ROOT = 0,
	NONE = -1,
};

static const char *const names[NAMES] = { "a", "b", "x", "d", "y", "caf\xc3\xa9" };

/* ---- the model ---- */

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

static bool
agrees(enum outcome want, enum outcome got)
{
	return want == got || want == EITHER;
}

static int
new_node(struct model *m, bool is_folder, int content)
{
	struct node *n = &m->node[m->count];

	assert_true(m->count < NODES);
	*n = (struct node){ .is_folder = is_folder, .content = content, .born = content };
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

/* Marks what hangs below AT. */
static void
mark(const struct model *m, int at, bool *is_marked)
{
	is_marked[at] = true;
	for (int i = 0; m->node[at].is_folder && i < NAMES; i++)
		if (m->node[at].entry[i] != NONE && !is_marked[m->node[at].entry[i]])
			mark(m, m->node[at].entry[i], is_marked);
}

/* A folder that comes back has nothing of what lies elsewhere by now. */
static void
leave_elsewhere(struct model *m, int folder)
{
	bool is_there[NODES] = { false };
	int queue[NODES] = { folder }, count = 1;

	mark(m, ROOT, is_there);
	for (int at = 0; at < count; at++)
		for (int i = 0; m->node[queue[at]].is_folder && i < NAMES; i++) {
			int *entry = &m->node[queue[at]].entry[i];

			if (*entry == NONE)
				continue;
			if (is_there[*entry]) {
				*entry = NONE;
				continue;
			}
			is_there[*entry] = true;
			queue[count++] = *entry;
		}
}

static enum outcome
restore(struct model *m, const struct act *a)
{
	int in = parent(m, &a->path), what;

	if (find(m, &a->path, a->path.n) != NONE || in == NONE ||
	    (what = m->node[in].last[a->path.name[a->path.n - 1]]) == NONE ||
	    is_below(m, what, ROOT))
		return REFUSED;
	leave_elsewhere(m, what);
	set(m, in, a->path.name[a->path.n - 1], what);
	return DONE;
}

/* A on M. */
static enum outcome
play(struct model *m, const struct act *a)
{
	int in = parent(m, &a->path), at = find(m, &a->path, a->path.n);
	int name = a->path.n > 0 ? a->path.name[a->path.n - 1] : NONE;

	if (a->kind == LEAVE || a->kind == JOIN) { /* two devices may do it at once */
		bool is_new = m->bob_is_in != (a->kind == JOIN);

		m->bob_is_in = a->kind == JOIN;
		return is_new ? DONE : EITHER;
	}
	if (a->kind == GET || a->kind == EDIT)
		return DONE;
	if (a->who == BOB && !m->bob_is_in)
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
	int got;        /* the content of the local copy; NONE: there is none */
	int born;       /* which file the copy is of */
	struct way way; /* where that was */
	bool is_mine;   /* zt wrote it, and nobody edited it since */
	struct act a;
	enum outcome out;
	enum zt_err err;
	char message[256];
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
	(void)snprintf(
	    p->message, sizeof p->message, "%s", p->err ? zt_error_message(p->p->zt) : "");
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

static int
remove_entry(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static void
remove_all(const char *dir)
{
	(void)nftw(dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* What lies in DIR, which is PATH in the workspace. */
static void
read_lines(const char *dir, const char *path, struct tree *out)
{
	DIR *d = opendir(dir);
	const struct dirent *e;
	char file[700], below[420];
	struct stat st;

	assert_non_null(d);
	while ((e = readdir(d)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		(void)snprintf(file, sizeof file, "%s/%s", dir, e->d_name);
		(void)snprintf(below, sizeof below, "%s/%s", path, e->d_name);
		assert_int_equal(0, lstat(file, &st));
		add_line(out, below, S_ISDIR(st.st_mode) ? FOLDER : read_content(file));
		if (S_ISDIR(st.st_mode))
			read_lines(file, below, out);
	}
	(void)closedir(d);
}

static void
sort(struct tree *t)
{
	qsort(t->line, (size_t)t->count, sizeof t->line[0], compare);
}

static void
list(struct player *p, struct tree *out)
{
	char root[80];

	(void)snprintf(root, sizeof root, "%s:/", p->workspace);
	assert_ok(zt_ls(p->p->zt, root, true, false, take_file, out));
	sort(out);
}

/* The tree with all contents. */
static void
get_tree(struct player *p, bool is_torn, struct tree *out)
{
	char root[80], dir[200];
	enum zt_err err;

	(void)snprintf(root, sizeof root, "%s:/", p->workspace);
	(void)snprintf(dir, sizeof dir, "%s/all", p->dir);
	err = zt_get(p->p->zt, root, dir, NULL, NULL);
	if (!is_torn || err != ZT_ERR_CORRUPT) /* "a file without a version" */
		assert_ok(err);
	read_lines(dir, "", out);
	sort(out);
	remove_all(dir);
}

static void
tree_free(struct tree *t)
{
	for (int i = 0; i < t->count; i++)
		free(t->line[i].path);
	t->count = 0;
}

/* Whether REAL is M's tree; what was not read agrees. */
static bool
is_tree(const struct model *m, const struct tree *real)
{
	struct tree want = { .count = 0 };
	bool same;

	model_lines(m, ROOT, "", &want);
	sort(&want);
	same = want.count == real->count;
	for (int i = 0; same && i < want.count; i++) {
		const struct line *a = &want.line[i], *b = &real->line[i];

		same = strcmp(a->path, b->path) == 0 &&
		       (a->content == b->content ||
			   (b->content == UNREAD && a->content != FOLDER));
	}
	tree_free(&want);
	return same;
}

/* Whether A below X and B below Y look the same today. */
static bool
looks_as(const struct model *a, int x, const struct model *b, int y)
{
	const struct node *n = &a->node[x], *o = &b->node[y];

	if (n->is_folder != o->is_folder || (!n->is_folder && n->content != o->content))
		return false;
	for (int i = 0; n->is_folder && i < NAMES; i++)
		if ((n->entry[i] == NONE) != (o->entry[i] == NONE) ||
		    (n->entry[i] != NONE && !looks_as(a, n->entry[i], b, o->entry[i])))
			return false;
	return true;
}

/* The same node of another model, or NONE. */
struct twins {
	int of[NODES], back[NODES];
};

/* Whether A below X and B below Y look the same for always: what was removed is the same, too.
 */
static bool
is_same(const struct model *a, int x, const struct model *b, int y, struct twins *t)
{
	const struct node *n = &a->node[x], *o = &b->node[y];

	if (t->of[x] != NONE || t->back[y] != NONE)
		return t->of[x] == y && t->back[y] == x;
	t->of[x] = y;
	t->back[y] = x;
	if (n->is_folder != o->is_folder || n->content != o->content || n->born != o->born)
		return false;
	for (int i = 0; n->is_folder && i < NAMES; i++) {
		int p[2] = { n->entry[i], n->last[i] }, q[2] = { o->entry[i], o->last[i] };

		for (int k = 0; k < 2; k++)
			if ((p[k] == NONE) != (q[k] == NONE) ||
			    (p[k] != NONE && !is_same(a, p[k], b, q[k], t)))
				return false;
	}
	return true;
}

static bool
are_same(const struct model *a, const struct model *b)
{
	struct twins t;

	memset(&t, 0xff, sizeof t); /* NONE */
	return a->bob_is_in == b->bob_is_in && is_same(a, ROOT, b, ROOT, &t);
}

/* Whether CONTENT is in the tree below AT. */
static bool
shows(const struct model *m, int at, int content)
{
	const struct node *n = &m->node[at];
	bool found = !n->is_folder && n->content == content;

	for (int i = 0; n->is_folder && !found && i < NAMES; i++)
		found = n->entry[i] != NONE && shows(m, n->entry[i], content);
	return found;
}

static void
print_tree(const char *what, const struct tree *t)
{
	print_message("%s:\n", what);
	for (int i = 0; i < t->count; i++)
		print_message("  %s %d\n", t->line[i].path, t->line[i].content);
}

/* ---- one episode ---- */

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
	while (w->n < DEEP - 1 && e->world->node[at].is_folder && roll(e, 4) > 0) {
		int name = (int)roll(e, NAMES);

		w->name[w->n++] = name;
		if ((at = e->world->node[at].entry[name]) == NONE)
			break;
	}
	if (w->n == 0)
		w->name[w->n++] = (int)roll(e, NAMES);
}

/* A path to a file that is there, if chance finds one. */
static void
choose_file(struct episode *e, struct way *w)
{
	int at = find(e->world, w, w->n);

	for (int tries = 0; tries < 50 && (at == NONE || e->world->node[at].is_folder);
	     tries++) {
		choose_way(e, w);
		at = find(e->world, w, w->n);
	}
}

static void
choose(struct episode *e, int who, struct act *a)
{
	static const enum kind often[] = { PUT, PUT, PUT, PUT_TREE, MKDIR, MKDIR, MV, MV, MV,
		MV, RM, RM_ALL, RESTORE, RESTORE, GET, GET, GET, EDIT, EDIT };

	*a = (struct act){ .kind = often[roll(e, sizeof often / sizeof often[0])], .who = who };
	choose_way(e, &a->path);
	if (a->kind == GET && e->p[who].got != NONE && roll(e, 2) == 0)
		a->path = e->p[who].way;
	else if (a->kind == GET)
		choose_file(e, &a->path);
	choose_way(e, &a->to);
	if (who != BOB && roll(e, 40) == 0)
		a->kind = e->world->bob_is_in ? LEAVE : JOIN;
	if (a->kind == PUT || a->kind == PUT_TREE) {
		a->content = e->contents++;
		a->second = a->kind == PUT_TREE ? e->contents++ : 0;
	}
}

/* The devices that act in a round. */
struct round {
	int n, who[DEVICES];
};

static const char *
describe(const struct act *a, char out[400])
{
	static const char *const words[] = { "put", "put tree", "mkdir", "mv", "rm", "rm -r",
		"restore", "get", "edit", "unshare", "share" };
	static const char *const people[DEVICES] = { "alice", "bob", "alice's laptop" };
	char path[160], to[160];

	print_way(&a->path, "", path);
	print_way(&a->to, "", to);
	(void)snprintf(out, 400, "%s: %s %s %s (%d)", people[a->who], words[a->kind], path,
	    a->kind == MV ? to : "", a->content);
	return out;
}

static void
print_round(const struct episode *e, const struct round *r, const struct tree *now)
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
	before.count = 0;
	model_lines(e->world, ROOT, "", &before);
	print_tree("before", &before);
	print_tree("now", now);
	tree_free(&before);
}

/* The local copy of a person is what zt wrote, or edited; get takes the place of the first
 * alone, and only by the same object. */
static void
get(struct episode *e, struct player *p)
{
	int at = find(e->world, &p->a.path, p->a.path.n);
	char local[200], remote[160];
	enum zt_err err;

	(void)snprintf(local, sizeof local, "%s/copy", p->dir);
	if (p->a.kind == EDIT) {
		edit_content(local, p->got = CONTENTS);
		p->is_mine = false;
		return;
	}
	if (at == NONE || e->world->node[at].is_folder ||
	    (p->a.who == BOB && !e->world->bob_is_in))
		return;
	print_way(&p->a.path, p->workspace, remote);
	err = zt_get(p->p->zt, remote, local, NULL, NULL);
	if (p->got != NONE && (!p->is_mine || p->born != e->world->node[at].born)) {
		assert_err(ZT_ERR_SOME, err);
		assert_int_equal(p->got, read_content(local));
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
	if (p->got != read_content(local))
		print_round(
		    e, &(struct round){ 1, { p->a.who } }, &(struct tree){ .count = 0 });
	assert_int_equal(p->got, read_content(local));
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

/* What came of a round, as far as the answers tell. */
struct future {
	struct model m;
	bool without_bob; /* who was being removed: his act does not count */
};

struct futures {
	struct future f[WORLDS];
	int count;
};

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
		if (!agrees(play(&f.m, &p->a), p->out) && !came_before(p, r->n))
			return;
	}
	for (int k = 0; k < r->n; k++) {
		const struct player *p = &e->p[r->who[k]];

		if (came_before(p, r->n) &&
		    (shows(&f.m, ROOT, p->a.content) ||
			(p->a.kind == PUT_TREE && shows(&f.m, ROOT, p->a.second))))
			return;
	}
	for (int i = 0; i < out->count; i++)
		if (out->f[i].without_bob == without_bob && are_same(&out->f[i].m, &f.m))
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

static void
foresee(const struct episode *e, struct round r, struct futures *out)
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

/* One device gets the tree, and another lists it: which of F's they show, or none. */
static int
look(struct episode *e, const struct futures *f)
{
	static struct tree got, listed;
	int getter = (int)roll(e, DEVICES), lister = (int)roll(e, DEVICES), found = NONE;

	getter = getter == BOB && !f->f[0].m.bob_is_in ? 0 : getter;
	lister = lister == BOB && !f->f[0].m.bob_is_in ? 2 : lister;
	get_tree(&e->p[getter], false, &got);
	list(&e->p[lister], &listed);
	for (int i = 0; found == NONE && i < f->count; i++)
		if (is_tree(&f->f[i].m, &got) && is_tree(&f->f[i].m, &listed))
			found = i;
	if (found == NONE) {
		print_tree("now", &got);
		print_tree("listed", &listed);
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

	foresee(e, *r, &f);
	if (f.count == 0)
		print_round(e, r, &(struct tree){ .count = 0 });
	assert_true(f.count > 0);
	for (int i = 1; !now && i < f.count; i++)
		now = !looks_as(&f.f[0].m, ROOT, &f.f[i].m, ROOT) ||
		      f.f[0].m.bob_is_in != f.f[i].m.bob_is_in;
	if (now && (is = look(e, &f)) == NONE)
		print_round(e, r, &(struct tree){ .count = 0 });
	assert_true(is != NONE);
	e->worlds = 0;
	for (int i = 0; i < f.count; i++) {
		if (!looks_as(&f.f[is].m, ROOT, &f.f[i].m, ROOT))
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
		get_tree(&e->p[k], false, &real);
		if (!is_tree(e->world, &real))
			print_round(e, &r, &real);
		assert_true(is_tree(e->world, &real));
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
	unsigned how = roll(e, 12);

	*r = (struct round){ how < 8 ? 1 : how < 11 ? 2 : 3, { 0, 1, 2 } };
	for (int i = DEVICES - 1; i > 0; i--) {
		int with = (int)roll(e, (unsigned)i + 1), was = r->who[i];

		r->who[i] = r->who[with];
		r->who[with] = was;
	}
	for (int k = 0; k < r->n; k++)
		choose(e, r->who[k], &e->p[r->who[k]].a);
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
		assert_int_equal(0, pthread_create(&others[k], NULL, act, &e->p[r.who[k]]));
	(void)act(first);
	for (int k = 1; k < r.n; k++)
		assert_int_equal(0, pthread_join(others[k], NULL));
	now = e->unseen_rounds == UNSEEN - 1 || roll(e, e->look * (r.n == 1 ? SELDOM : 1)) == 0;
	check_round(e, &r, now);
	for (int k = 0; k < r.n; k++)
		acknowledge(e, &e->p[r.who[k]]);
}

/* ---- bob loses his right to write, and the server holds the act meanwhile ---- */

static void
speak_to(struct person *p, const char *url)
{
	struct zt *z = p->zt;

	calls_free(z->calls);
	z->calls = NULL;
	free(z->server);
	assert_non_null(z->server = strdup(url));
	assert_ok(session_connect(z));
}

/* Past the double, through which the people of a scene speak: nothing else here asks it. */
static void
speak_directly(struct person *p)
{
	speak_to(p, p->w->url);
}

enum { LAPTOP = 2, HELD_MAX = 8 };

/* WHO acts; what a world looks like in which all of it counts leads to the next path. */
static void
act_held(struct episode *e, int who, const struct way *same)
{
	static const enum kind often[] = { PUT, PUT, PUT, PUT_TREE, MKDIR, MV, RM, RESTORE };
	struct player *p = &e->p[who];

	do
		choose(e, who, &p->a);
	while (p->a.kind == LEAVE || p->a.kind == JOIN);
	p->a.kind = often[roll(e, sizeof often / sizeof often[0])];
	if (same != NULL)
		p->a.path = *same;
	p->a.content = e->contents++;
	p->a.second = e->contents++;
	(void)act(p);
	(void)play(e->world, &p->a);
	if (who != BOB)
		acknowledge(e, p);
}

static bool
act_meanwhile(void *ctx, struct proxy_call *c)
{
	struct episode *e = ctx;
	int n = 2 + (int)roll(e, HELD_MAX - 1);

	if (c->route != ROUTE_LOG_APPEND || e->is_torn)
		return false;
	e->is_torn = true;
	act_held(e, BOB, NULL);
	for (int i = 1; i < n; i++) {
		const struct way last =
		    e->p[BOB].a.kind == MV ? e->p[BOB].a.to : e->p[BOB].a.path;

		act_held(e, roll(e, 3) == 0 ? BOB : LAPTOP, roll(e, 2) == 0 ? &last : NULL);
	}
	return false;
}

static void
end_with_a_loss(struct episode *e)
{
	struct player *alice = &e->p[0];
	struct world *w = alice->p->w;
	struct proxy_hooks hooks = { .ctx = e, .before = act_meanwhile };

	if (!e->world->bob_is_in || roll(e, 2) == 0)
		return;
	speak_to(alice->p, proxy_url(w->d));
	proxy_play(w->d, &hooks);
	if (roll(e, 2) == 0)
		assert_ok(zt_workspace_unshare(alice->p->zt, alice->workspace, alice->bob));
	else
		assert_ok(
		    zt_workspace_share(alice->p->zt, alice->workspace, alice->bob, "reader"));
	proxy_play(w->d, NULL);
	speak_directly(alice->p);
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
		int content = cat(&e->p[0], path, v.v[n]);

		assert_in_range(content, 0, CONTENTS - 1);
		e->acknowledged[content] = false;
	}
}

static void
find_all(struct episode *e)
{
	static struct tree real;

	restore_all(e);
	get_tree(&e->p[0], e->is_torn, &real);
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
	for (int k = 0; k < DEVICES; k++)
		speak_directly(all[k]);
}

static unsigned
play_episode(struct scene *s, uint64_t seed, unsigned acts, unsigned look)
{
	static struct episode e;
	struct person *all[DEVICES] = { &s->alice, &s->bob, &s->laptop };
	char name[40];

	e = (struct episode){ .chance = seed, .look = look };
	(void)new_node(e.world, true, 0);
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
