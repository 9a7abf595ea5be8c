/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* tree_seen.c - a tree in lines: as a device lists and gets it, and as the model has it. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"
#include "tree_player.h"

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
sort(struct tree *t)
{
	qsort(t->line, (size_t)t->count, sizeof t->line[0], compare);
}

static void
lines_below(const struct model *m, int at, const char *path, struct tree *out)
{
	for (int i = 0; i < NAMES; i++) {
		int next = m->node[at].entry[i];
		char below[160];

		if (next == NONE)
			continue;
		(void)snprintf(below, sizeof below, "%s/%s", path, names[i]);
		add_line(out, below, m->node[next].is_folder ? FOLDER : m->node[next].content);
		if (m->node[next].is_folder)
			lines_below(m, next, below, out);
	}
}

void
tree_of_model(const struct model *m, struct tree *out)
{
	out->count = 0;
	lines_below(m, ROOT, "", out);
	sort(out);
}

static void
take_file(void *ctx, const struct zt_file *f)
{
	add_line(ctx, f->path, f->is_folder ? FOLDER : UNREAD);
}

void
player_list(struct player *p, struct tree *out)
{
	char root[80];

	(void)snprintf(root, sizeof root, "%s:/", p->workspace);
	assert_ok(zt_ls(p->p->zt, root, true, false, take_file, out));
	sort(out);
}

int
player_cat(struct player *p, const char *path, uint64_t version)
{
	char remote[240], file[200];
	int fd;

	(void)snprintf(remote, sizeof remote, "%s:%s", p->workspace, path);
	(void)snprintf(file, sizeof file, "%s/cat", p->dir);
	fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_ok(zt_cat(p->p->zt, remote, version, fd));
	assert_int_equal(0, close(fd));
	return content_read(file);
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
		add_line(out, below, S_ISDIR(st.st_mode) ? FOLDER : content_read(file));
		if (S_ISDIR(st.st_mode))
			read_lines(file, below, out);
	}
	(void)closedir(d);
}

void
player_get_tree(struct player *p, bool is_torn, struct tree *out)
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

void
tree_free(struct tree *t)
{
	for (int i = 0; i < t->count; i++)
		free(t->line[i].path);
	t->count = 0;
}

bool
tree_is(const struct model *m, const struct tree *real)
{
	struct tree want;
	bool same;

	tree_of_model(m, &want);
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

void
tree_print(const char *what, const struct tree *t)
{
	print_message("%s:\n", what);
	for (int i = 0; i < t->count; i++)
		print_message("  %s %d\n", t->line[i].path, t->line[i].content);
}
