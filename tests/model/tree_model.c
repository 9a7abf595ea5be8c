/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* tree_model.c - see tree_model.h: one act after the other, and two models compared. */
#include "tree_model.h"

#include "test.h"

const char *const names[NAMES] = { "a", "b", "x", "d", "y", "caf\xc3\xa9" };

bool
outcome_agrees(enum outcome want, enum outcome got)
{
	return want == got || want == EITHER;
}

int
model_node(struct model *m, bool is_folder, int content)
{
	struct node *n = &m->node[m->count];

	assert_true(m->count < NODES);
	*n = (struct node){ .is_folder = is_folder, .content = content, .born = content };
	for (int i = 0; i < NAMES; i++)
		n->entry[i] = n->last[i] = NONE;
	return m->count++;
}

int
model_find(const struct model *m, const struct way *w, int count)
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
	int at = w->n > 0 ? model_find(m, w, w->n - 1) : NONE;

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
		set(m, folder, name, model_node(m, false, content));
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
	int at = model_find(m, &a->path, a->path.n), in = parent(m, &a->path), d;
	enum outcome got;

	if (at == NONE && in == NONE)
		return REFUSED;
	if (at == NONE)
		set(m, in, a->path.name[a->path.n - 1], at = model_node(m, true, 0));
	if (!m->node[at].is_folder)
		return REFUSED;
	got = put_file(m, at, X, a->content);
	if ((d = m->node[at].entry[D]) == NONE)
		set(m, at, D, d = model_node(m, true, 0));
	if (!m->node[d].is_folder || put_file(m, d, Y, a->second) != DONE)
		got = REFUSED;
	return got == DONE ? DONE : PARTLY;
}

static enum outcome
put_one(struct model *m, const struct act *a)
{
	int at = model_find(m, &a->path, a->path.n), in = parent(m, &a->path);

	if (at != NONE && m->node[at].is_folder)
		return put_file(m, at, X, a->content);
	return in == NONE ? REFUSED : put_file(m, in, a->path.name[a->path.n - 1], a->content);
}

static enum outcome
mv(struct model *m, const struct act *a)
{
	int what = model_find(m, &a->path, a->path.n), was = parent(m, &a->path), into, name;
	int at = model_find(m, &a->to, a->to.n);

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

	if (model_find(m, &a->path, a->path.n) != NONE || in == NONE ||
	    (what = m->node[in].last[a->path.name[a->path.n - 1]]) == NONE ||
	    is_below(m, what, ROOT))
		return REFUSED;
	leave_elsewhere(m, what);
	set(m, in, a->path.name[a->path.n - 1], what);
	return DONE;
}

enum outcome
model_play(struct model *m, const struct act *a)
{
	int in = parent(m, &a->path), at = model_find(m, &a->path, a->path.n);
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
		set(m, in, name, model_node(m, true, 0));
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

/* ---- two models compared ---- */

/* Whether A below X and B below Y look the same today. */
static bool
looks_below(const struct model *a, int x, const struct model *b, int y)
{
	const struct node *n = &a->node[x], *o = &b->node[y];

	if (n->is_folder != o->is_folder || (!n->is_folder && n->content != o->content))
		return false;
	for (int i = 0; n->is_folder && i < NAMES; i++)
		if ((n->entry[i] == NONE) != (o->entry[i] == NONE) ||
		    (n->entry[i] != NONE && !looks_below(a, n->entry[i], b, o->entry[i])))
			return false;
	return true;
}

bool
model_looks_as(const struct model *a, const struct model *b)
{
	return looks_below(a, ROOT, b, ROOT);
}

/* The same node of another model, or NONE. */
struct twins {
	int of[NODES], back[NODES];
};

/* Whether A below X and B below Y look the same for always: what was removed is the same, too.
 */
static bool
is_same_below(const struct model *a, int x, const struct model *b, int y, struct twins *t)
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
			    (p[k] != NONE && !is_same_below(a, p[k], b, q[k], t)))
				return false;
	}
	return true;
}

bool
model_is_same(const struct model *a, const struct model *b)
{
	struct twins t;

	memset(&t, 0xff, sizeof t); /* NONE */
	return a->bob_is_in == b->bob_is_in && is_same_below(a, ROOT, b, ROOT, &t);
}

/* Whether CONTENT is in the tree below AT. */
static bool
shows_below(const struct model *m, int at, int content)
{
	const struct node *n = &m->node[at];
	bool found = !n->is_folder && n->content == content;

	for (int i = 0; n->is_folder && !found && i < NAMES; i++)
		found = n->entry[i] != NONE && shows_below(m, n->entry[i], content);
	return found;
}

bool
model_shows(const struct model *m, int content)
{
	return shows_below(m, ROOT, content);
}
