/* SPDX-License-Identifier: Apache-2.0 */
/* local.c - what local files are known to hold: which version of which object, and what the
 * file system said of the file then. A file whose size, time of content and time of inode are
 * as noted was not changed since. Where a note is lost the file is read; and where the
 * workspace has a newer version, `zt get` asks before it replaces the file.
 *
 * Files that were made together mostly have inodes side by side: one record of the store holds
 * the notes of GROUP of them, each behind its inode's place among these. */
#include "content/local.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "base/wire.h"
#include "chain/workspace.h"
#include "session/session.h"

enum { NOTE = 2 * ID_BYTES + 6 * 8, TICK_NS = 20 * 1000 * 1000 };
enum { GROUP = 32, ROW = 1 + NOTE };

struct local_group {
	bool is_read;
	dev_t dev;
	ino_t at; /* its first inode / GROUP */
	uint32_t has;
	uint8_t note[GROUP][NOTE];
};

/* What the file system says of a file, as bytes. */
static void
print_stat(const struct stat *st, uint8_t out[5 * 8])
{
	wire_store_u64(out, (uint64_t)st->st_size);
	wire_store_u64(out + 8, (uint64_t)st->st_mtim.tv_sec);
	wire_store_u64(out + 16, (uint64_t)st->st_mtim.tv_nsec);
	wire_store_u64(out + 24, (uint64_t)st->st_ctim.tv_sec);
	wire_store_u64(out + 32, (uint64_t)st->st_ctim.tv_nsec);
}

static bool
is_of(const struct local_group *g, const struct stat *st)
{
	return g->is_read && g->dev == st->st_dev && g->at == st->st_ino / GROUP;
}

static struct bytes
key_of(const struct local_group *g, uint8_t out[16])
{
	wire_store_u64(out, (uint64_t)g->dev);
	wire_store_u64(out + 8, (uint64_t)g->at);
	return bytes_of(out, 16);
}

/* Reads the group of ST's inode from the store; it is empty if the store has none. */
static enum zt_err
read_group(struct zt *z, const struct stat *st, struct local_group *g)
{
	uint8_t key[16];
	struct buf b = buf_init(GROUP * ROW);
	enum zt_err err;

	*g = (struct local_group){ .dev = st->st_dev, .at = st->st_ino / GROUP };
	err = store_get(z->store, STORE_LOCAL, key_of(g, key), 0, &b);
	if (err == ZT_ERR_NOT_FOUND || (err == ZT_OK && b.n % ROW != 0)) {
		buf_empty(&b);
		err = ZT_OK;
	}
	for (size_t at = 0; err == ZT_OK && at < b.n; at += ROW) {
		size_t i = b.p[at] % GROUP;

		g->has |= UINT32_C(1) << i;
		memcpy(g->note[i], b.p + at + 1, NOTE);
	}
	g->is_read = err == ZT_OK;
	buf_free(&b);
	return err;
}

static enum zt_err
write_group(struct zt *z, const struct local_group *g)
{
	uint8_t key[16];
	struct buf b = buf_init(GROUP * ROW);
	enum zt_err err;

	for (size_t i = 0; i < GROUP; i++)
		if ((g->has >> i & 1) != 0) {
			buf_add_byte(&b, (uint8_t)i);
			buf_add(&b, bytes_of(g->note[i], NOTE));
		}
	if ((err = buf_err(&b)) == ZT_OK)
		err = store_put(z->store, STORE_LOCAL, key_of(g, key), 0, buf_bytes(&b));
	buf_free(&b);
	return err;
}

bool
local_find(struct zt *z, const struct stat *st, struct local *out)
{
	size_t i = (size_t)(st->st_ino % GROUP);
	struct local_group *g;
	uint8_t now[5 * 8];

	if (z->noted == NULL && (z->noted = calloc(1, sizeof *z->noted)) == NULL)
		return false;
	g = z->noted;
	if (!is_of(g, st) && read_group(z, st, g))
		return false;
	if ((g->has >> i & 1) == 0)
		return false;
	memcpy(out->workspace.b, g->note[i], ID_BYTES);
	memcpy(out->vlob.b, g->note[i] + ID_BYTES, ID_BYTES);
	out->version = wire_load_u64(g->note[i] + 2 * ID_BYTES);
	print_stat(st, now);
	return memcmp(g->note[i] + 2 * ID_BYTES + 8, now, sizeof now) == 0;
}

bool
local_is(struct workspace *s, const struct stat *st, const struct id *vlob, uint64_t version)
{
	struct local l;

	return local_find(s->z, st, &l) && id_equal(&l.workspace, &s->w->id) &&
	       id_equal(&l.vlob, vlob) && l.version == version;
}

bool
local_is_young(const struct stat *st)
{
	struct timespec now;
	int64_t age;

	(void)clock_gettime(CLOCK_REALTIME_COARSE, &now);
	age = (int64_t)(now.tv_sec - st->st_ctim.tv_sec) * 1000000000 + now.tv_nsec -
	      st->st_ctim.tv_nsec;
	/* a file system that counts whole seconds, or two of them */
	return age < (st->st_ctim.tv_nsec == 0 ? 2000000000 : TICK_NS);
}

static int
by_inode(const void *a, const void *b)
{
	const struct local_note *x = *(const struct local_note *const *)a,
				*y = *(const struct local_note *const *)b;

	if (x->st.st_dev != y->st.st_dev)
		return x->st.st_dev < y->st.st_dev ? -1 : 1;
	if (x->st.st_ino != y->st.st_ino)
		return x->st.st_ino < y->st.st_ino ? -1 : 1;
	return x < y ? -1 : 1; /* the later note counts */
}

static void
add_note(struct local_group *g, const struct local_note *n)
{
	size_t i = (size_t)(n->st.st_ino % GROUP);
	uint8_t *to = g->note[i];

	memcpy(to, n->is.workspace.b, ID_BYTES);
	memcpy(to + ID_BYTES, n->is.vlob.b, ID_BYTES);
	wire_store_u64(to + 2 * ID_BYTES, n->is.version);
	print_stat(&n->st, to + 2 * ID_BYTES + 8);
	g->has |= UINT32_C(1) << i;
}

/* SORTED by inode. */
static enum zt_err
keep_sorted(struct zt *z, const struct local_note *const *sorted, size_t count)
{
	struct local_group g = { .is_read = false };
	enum zt_err err = ZT_OK;

	for (size_t i = 0; err == ZT_OK && i < count; i++) {
		if (!is_of(&g, &sorted[i]->st) && (err = read_group(z, &sorted[i]->st, &g)))
			break; /* what is there already must not be lost */
		add_note(&g, sorted[i]);
		if (i + 1 == count || !is_of(&g, &sorted[i + 1]->st))
			err = write_group(z, &g);
	}
	return err;
}

void
local_keep(struct zt *z, const struct local_note *notes, size_t count)
{
	const struct local_note **sorted = count > 0 ? malloc(count * sizeof *sorted) : NULL;
	enum zt_err err;

	if (sorted == NULL)
		return;
	for (size_t i = 0; i < count; i++)
		sorted[i] = &notes[i];
	qsort(sorted, count, sizeof *sorted, by_inode);
	if ((err = store_begin_unsynced(z->store)) == ZT_OK &&
	    (err = keep_sorted(z, sorted, count)) == ZT_OK)
		err = store_commit(z->store);
	store_rollback(z->store);
	if (z->noted != NULL)
		z->noted->is_read = false;
	free(sorted);
}
