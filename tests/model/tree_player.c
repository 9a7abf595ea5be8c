/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* tree_player.c - the acts of the model by the real client, with local files to put. */
#include "tree_player.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"
#include "zt/history.h"

void
way_print(const struct way *w, const char *workspace, char out[160])
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

void
content_edit(const char *path, int content)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_true(dprintf(fd, "content %08d\n", content) > 0);
	assert_int_equal(0, close(fd));
}

int
content_read(const char *path)
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

	way_print(&p->a.path, p->workspace, path);
	way_print(&p->a.to, p->workspace, to);
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

void *
player_act(void *arg)
{
	struct player *p = arg;

	p->err = act_for_real(p);
	(void)snprintf(
	    p->message, sizeof p->message, "%s", p->err ? zt_error_message(p->p->zt) : "");
	p->out = p->err == ZT_OK ? DONE : p->err == ZT_ERR_SOME ? PARTLY : REFUSED;
	return NULL;
}

static int
remove_entry(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

void
remove_all(const char *dir)
{
	(void)nftw(dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}
