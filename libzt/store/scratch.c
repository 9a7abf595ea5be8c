/* SPDX-License-Identifier: Apache-2.0 */
#include "store/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/vec.h"
#include "files/block.h"
#include "format/limits.h"

enum { PATH_BYTES = 4200, TRIES = 10 };

/* Room that nobody uses. */
struct gap {
	uint64_t at;
	size_t room;
};

struct scratch {
	char path[PATH_BYTES];
	int fd, number;
	uint64_t end;
	size_t used;      /* places */
	struct gap *gaps; /* has room for one of each place: to forget one cannot fail */
	size_t gap_count, gap_cap;
};

static void
path_of(const char *folder, char out[PATH_BYTES])
{
	(void)snprintf(out, PATH_BYTES, "%s/scratch", folder);
}

enum zt_err
scratch_new(const char *folder, struct scratch **out)
{
	struct scratch *s = calloc(1, sizeof *s);

	if (s == NULL)
		return ZT_ERR_MEMORY;
	s->fd = -1;
	path_of(folder, s->path);
	*out = s;
	return ZT_OK;
}

void
scratch_close(struct scratch *s)
{
	if (s == NULL)
		return;
	if (s->fd >= 0)
		(void)close(s->fd);
	free(s->gaps);
	free(s);
}

void
scratch_sweep(const char *folder)
{
	char path[PATH_BYTES];

	path_of(folder, path);
	(void)unlink(path);
}

int
scratch_number(const struct scratch *s)
{
	return s->number;
}

static enum zt_err
failed(struct scratch *s, int number)
{
	s->number = number;
	return number == ENOSPC || number == EDQUOT || number == EFBIG ? ZT_ERR_FULL
								       : ZT_ERR_IO;
}

/* The name is there for a moment only: another program of this device may use it in between,
 * and takes it away from nobody who has the file open. */
static enum zt_err
begin(struct scratch *s)
{
	for (int tries = 0; s->fd < 0 && tries < TRIES; tries++) {
		(void)unlink(s->path);
		s->fd = open(s->path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (s->fd < 0 && errno != EEXIST)
			break;
	}
	if (s->fd < 0)
		return failed(s, errno);
	(void)unlink(s->path);
	return ZT_OK;
}

static enum zt_err
write_at(struct scratch *s, struct bytes b, uint64_t at)
{
	while (b.n > 0) {
		ssize_t n = pwrite(s->fd, b.p, b.n, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return failed(s, n < 0 ? errno : ENOSPC);
		b = bytes_of(b.p + n, b.n - (size_t)n);
		at += (uint64_t)n;
	}
	return ZT_OK;
}

/* Room for N sealed bytes, of one of three sizes: what was forgotten then fits what comes. */
static size_t
room_for(size_t n)
{
	size_t small = block_sealed_size(LIMIT_BLOCK),
	       large = block_sealed_size(LIMIT_BLOCK_LARGE);

	return n <= small ? small : n <= large ? large : block_sealed_size(BLOCK_CLEAR_MAX);
}

enum zt_err
scratch_put(struct scratch *s, struct bytes sealed, struct scratch_place *out)
{
	size_t room = room_for(sealed.n), i = 0;
	uint64_t at;
	enum zt_err err;

	if (sealed.n > room)
		return ZT_ERR_TOO_BIG;
	if ((s->fd < 0 && (err = begin(s))) ||
	    (err = vec_room(&s->gaps, s->used + s->gap_count, &s->gap_cap, sizeof *s->gaps)))
		return err;
	while (i < s->gap_count && s->gaps[i].room != room)
		i++;
	at = i < s->gap_count ? s->gaps[i].at : s->end;
	if ((err = write_at(s, sealed, at))) {
		if (at == s->end) /* the part of it that found room */
			(void)!ftruncate(s->fd, (off_t)s->end);
		return err;
	}
	if (at == s->end)
		s->end += room;
	else
		s->gaps[i] = s->gaps[--s->gap_count];
	s->used++;
	*out = (struct scratch_place){ at, (uint32_t)sealed.n };
	return ZT_OK;
}

enum zt_err
scratch_get(struct scratch *s, const struct scratch_place *p, struct buf *out)
{
	size_t start = out->n, done = 0;
	uint8_t *to = buf_room(out, p->n);

	if (to == NULL)
		return ZT_ERR_MEMORY;
	while (done < p->n) {
		ssize_t n = pread(s->fd, to + done, p->n - done, (off_t)(p->at + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			out->n = start;
			return failed(s, n < 0 ? errno : EIO);
		}
		done += (size_t)n;
	}
	return ZT_OK;
}

void
scratch_forget(struct scratch *s, struct scratch_place *p)
{
	if (p->n == 0)
		return;
	s->gaps[s->gap_count++] = (struct gap){ p->at, room_for(p->n) };
	*p = (struct scratch_place){ 0, 0 };
	if (--s->used > 0)
		return;
	s->gap_count = 0;
	s->end = 0;
	(void)!ftruncate(s->fd, 0);
}
