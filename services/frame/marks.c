/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "frame/marks.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/wire.h"
#include "crypto/idmap.h"
#include "crypto/labels.h"
#include "frame/log.h"

enum {
	RECORD = 96,
	CHECKED = RECORD - ID_BYTES,   /* what the checksum is over */
	SYNC_MS = 200,                 /* between two syncs */
	SLACK = 1024 * 1024,           /* bytes of old records before the file is rewritten */
	FILE_MAX = 1024 * 1024 * 1024, /* some ten million topics */
};

static const char head[] = "zt marks 1\n";
#define HEAD (sizeof head - 1)

struct slot {
	struct id org, topic;
	struct mark mark;
};

struct marks {
	char path[512];
	int fd;   /* -1: not made yet */
	int lock; /* a separate file: the other is replaced */
	uint64_t size;
	struct idmap slots;
	pthread_mutex_t mutex; /* over all above */
	pthread_cond_t wake;
	pthread_t syncer;
	bool has_syncer, is_dirty, stops;
};

static struct id
key_of(const struct id *org, const struct id *topic)
{
	struct bytes parts[] = { bytes_of(org->b, ID_BYTES), bytes_of(topic->b, ID_BYTES) };
	struct hash h;
	struct id key = { { 0 } };

	hash_blake2b_parts(LABEL_MARK_KEY, parts, 2, &h);
	memcpy(key.b, h.b, ID_BYTES);
	return key;
}

static void
write_record(const struct slot *s, uint8_t out[RECORD])
{
	struct hash sum;

	memcpy(out, s->org.b, ID_BYTES);
	memcpy(out + ID_BYTES, s->topic.b, ID_BYTES);
	wire_store_u64(out + 32, s->mark.position);
	wire_store_u64(out + 40, s->mark.given_up);
	memcpy(out + 48, s->mark.hash.b, HASH_BYTES);
	hash_blake2b(LABEL_MARK, bytes_of(out, CHECKED), &sum);
	memcpy(out + CHECKED, sum.b, ID_BYTES);
}

/* Whether IN is a record that was written whole. */
static bool
read_record(const uint8_t in[RECORD], struct slot *out)
{
	struct wire_reader r = wire_read(bytes_of(in, CHECKED));
	struct hash sum;

	hash_blake2b(LABEL_MARK, bytes_of(in, CHECKED), &sum);
	wire_copy(&r, out->org.b, ID_BYTES);
	wire_copy(&r, out->topic.b, ID_BYTES);
	out->mark.position = wire_u64(&r);
	out->mark.given_up = wire_u64(&r);
	wire_copy(&r, out->mark.hash.b, HASH_BYTES);
	return memcmp(sum.b, in + CHECKED, ID_BYTES) == 0;
}

static enum zt_err
keep(struct marks *m, const struct slot *s)
{
	struct id key = key_of(&s->org, &s->topic);
	struct slot *is = idmap_get(&m->slots, &key);

	if (is == NULL) {
		if ((is = malloc(sizeof *is)) == NULL)
			return ZT_ERR_MEMORY;
		if (idmap_put(&m->slots, &key, is)) {
			free(is);
			return ZT_ERR_MEMORY;
		}
	}
	*is = *s;
	return ZT_OK;
}

static bool
write_all(int fd, const uint8_t *p, size_t n)
{
	while (n > 0) {
		ssize_t done = write(fd, p, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		p += done;
		n -= (size_t)done;
	}
	return true;
}

static enum zt_err
problem(char message[200], const char *path, const char *what)
{
	(void)snprintf(message, 200, "marks: %.100s %.90s", path, what);
	return ZT_ERR_CONFIG;
}

/* ---- reading ---- */

/* The records in ALL. Bad ones are forgiven at the very end, where a write was cut off. */
static enum zt_err
read_records(struct marks *m, struct bytes all, char message[200])
{
	size_t good = HEAD, bad = 0;
	enum zt_err err = ZT_OK;

	for (size_t at = HEAD; err == ZT_OK && all.n - at >= RECORD; at += RECORD) {
		struct slot s;

		if (!read_record(all.p + at, &s)) {
			bad++;
			continue;
		}
		if (bad > 0)
			return problem(message, m->path,
			    "is damaged in its middle: restore a copy of it, or move it "
			    "away and begin from the database");
		err = keep(m, &s);
		good = at + RECORD;
	}
	m->size = good;
	return err;
}

static enum zt_err
read_file(struct marks *m, char message[200])
{
	struct stat st;
	uint8_t *all = NULL;
	size_t n = 0;
	enum zt_err err = ZT_ERR_MEMORY;

	if (fstat(m->fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size > FILE_MAX)
		return problem(message, m->path, "is no file of marks");
	if ((all = malloc((size_t)st.st_size + 1)) == NULL)
		return ZT_ERR_MEMORY;
	for (ssize_t got = 1; got > 0 && n < (size_t)st.st_size; n += (size_t)got)
		if ((got = pread(m->fd, all + n, (size_t)st.st_size - n, (off_t)n)) < 0) {
			err = problem(message, m->path, "cannot be read");
			goto out;
		}
	if (n < HEAD || memcmp(all, head, HEAD) != 0)
		err = problem(message, m->path, "is no file of marks");
	else if ((err = read_records(m, bytes_of(all, n), message)) == ZT_OK &&
		 (ftruncate(m->fd, (off_t)m->size) != 0 ||
		     lseek(m->fd, 0, SEEK_END) != (off_t)m->size))
		err = problem(message, m->path, "cannot be written");
out:
	free(all);
	return err;
}

/* ---- writing ---- */

/* All of it to a new file, which then takes the old one's place. M is locked. */
static enum zt_err
write_anew(struct marks *m)
{
	char temp[sizeof m->path + 8];
	struct buf b = buf_init(FILE_MAX);
	const struct slot *s;
	size_t at = 0;
	int fd;
	enum zt_err err = ZT_ERR_IO;

	(void)snprintf(temp, sizeof temp, "%s.new", m->path);
	buf_add(&b, bytes_of(head, HEAD));
	while ((s = idmap_next(&m->slots, &at)) != NULL) {
		uint8_t record[RECORD];

		write_record(s, record);
		if (s->mark.position > 0 || s->mark.given_up > 0)
			buf_add(&b, bytes_of(record, RECORD));
	}
	if (buf_err(&b)) {
		buf_free(&b);
		return ZT_ERR_MEMORY;
	}
	fd = open(temp, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd >= 0 && write_all(fd, b.p, b.n) && fdatasync(fd) == 0 &&
	    rename(temp, m->path) == 0) {
		if (m->fd >= 0)
			(void)close(m->fd);
		m->fd = fd;
		m->size = b.n;
		fd = -1;
		err = ZT_OK;
	}
	if (fd >= 0)
		(void)close(fd);
	buf_free(&b);
	return err;
}

/* S into the file, and into memory. M is locked. */
static enum zt_err
put(struct marks *m, const struct slot *s)
{
	uint8_t record[RECORD];
	enum zt_err err;

	write_record(s, record);
	if (m->fd >= 0 && !write_all(m->fd, record, RECORD)) {
		/* Half a record may be there: no other may follow it. */
		if (ftruncate(m->fd, (off_t)m->size) != 0 ||
		    lseek(m->fd, 0, SEEK_END) != (off_t)m->size)
			(void)write_anew(m);
		return ZT_ERR_IO;
	}
	m->size += m->fd >= 0 ? RECORD : 0;
	if ((err = keep(m, s)))
		return err;
	if (m->fd >= 0 && m->size > 2 * (HEAD + m->slots.count * RECORD) + SLACK)
		err = write_anew(m);
	m->is_dirty = true;
	(void)pthread_cond_signal(&m->wake);
	return err;
}

static void *
sync_now_and_then(void *arg)
{
	static const struct timespec pause = { 0, SYNC_MS * 1000L * 1000L };
	struct marks *m = arg;

	(void)pthread_mutex_lock(&m->mutex);
	for (;;) {
		int fd = -1;

		while (!m->is_dirty && !m->stops)
			(void)pthread_cond_wait(&m->wake, &m->mutex);
		if (m->stops)
			break;
		m->is_dirty = false;
		if (m->fd >= 0)
			fd = fcntl(m->fd, F_DUPFD_CLOEXEC, 0);
		(void)pthread_mutex_unlock(&m->mutex);
		if (fd >= 0) {
			(void)fdatasync(fd);
			(void)close(fd);
		}
		(void)nanosleep(&pause, NULL);
		(void)pthread_mutex_lock(&m->mutex);
	}
	(void)pthread_mutex_unlock(&m->mutex);
	return NULL;
}

/* ---- what callers see ---- */

enum zt_err
marks_open(const char *path, struct marks **out, bool *is_new, char message[200])
{
	struct marks *m = calloc(1, sizeof *m);
	char lock[sizeof m->path + 8];
	enum zt_err err = ZT_OK;

	if (m == NULL)
		return ZT_ERR_MEMORY;
	m->fd = m->lock = -1;
	(void)pthread_mutex_init(&m->mutex, NULL);
	(void)pthread_cond_init(&m->wake, NULL);
	(void)snprintf(m->path, sizeof m->path, "%s", path);
	(void)snprintf(lock, sizeof lock, "%s.lock", m->path);
	if ((m->lock = open(lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)) < 0)
		err = problem(message, path, strerror(errno));
	else if (flock(m->lock, LOCK_EX | LOCK_NB) != 0)
		err = problem(message, path, "is held by another process");
	else if ((m->fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)) < 0 && errno != ENOENT)
		err = problem(message, path, strerror(errno));
	else if (m->fd >= 0)
		err = read_file(m, message);
	if (err == ZT_OK && pthread_create(&m->syncer, NULL, sync_now_and_then, m) != 0)
		err = ZT_ERR_MEMORY;
	m->has_syncer = err == ZT_OK;
	if (err) {
		marks_close(m);
		return err;
	}
	*is_new = m->fd < 0;
	*out = m;
	return ZT_OK;
}

enum zt_err
marks_settle(struct marks *m)
{
	enum zt_err err;

	(void)pthread_mutex_lock(&m->mutex);
	err = write_anew(m);
	(void)pthread_mutex_unlock(&m->mutex);
	return err;
}

void
marks_close(struct marks *m)
{
	if (m == NULL)
		return;
	(void)pthread_mutex_lock(&m->mutex);
	m->stops = true;
	(void)pthread_cond_signal(&m->wake);
	(void)pthread_mutex_unlock(&m->mutex);
	if (m->has_syncer)
		(void)pthread_join(m->syncer, NULL);
	if (m->fd >= 0) {
		(void)fdatasync(m->fd);
		(void)close(m->fd);
	}
	if (m->lock >= 0)
		(void)close(m->lock);
	idmap_free(&m->slots, free);
	(void)pthread_mutex_destroy(&m->mutex);
	(void)pthread_cond_destroy(&m->wake);
	free(m);
}

static const struct id no_topic;

struct mark
marks_get(struct marks *m, const struct id *org, const struct id *topic)
{
	struct id key = key_of(org, topic != NULL ? topic : &no_topic);
	struct mark none = { 0 };
	const struct slot *s;

	if (m == NULL)
		return none;
	(void)pthread_mutex_lock(&m->mutex);
	if ((s = idmap_get(&m->slots, &key)) != NULL)
		none = s->mark;
	(void)pthread_mutex_unlock(&m->mutex);
	return none;
}

enum zt_err
marks_raise(struct marks *m, const struct id *org, const struct id *topic, uint64_t position,
    const struct hash *hash)
{
	struct slot s = { .org = *org, .topic = topic != NULL ? *topic : no_topic };
	struct id key = key_of(&s.org, &s.topic);
	const struct slot *is;
	enum zt_err err = ZT_OK;

	if (m == NULL)
		return ZT_OK;
	(void)pthread_mutex_lock(&m->mutex);
	if ((is = idmap_get(&m->slots, &key)) != NULL)
		s.mark = is->mark;
	if (position > s.mark.position) {
		s.mark.position = position;
		s.mark.hash = *hash;
		err = put(m, &s);
	}
	(void)pthread_mutex_unlock(&m->mutex);
	return err;
}

enum zt_err
marks_of_done(enum zt_err err)
{
	if (err == ZT_OK)
		return ZT_OK;
	log_line("error", "mark_not_written", "error", err_name(err), NULL);
	return ZT_ERR_TIMEOUT;
}

enum zt_err
marks_set(
    struct marks *m, const struct id *org, const struct id *topic, const struct mark *mark)
{
	struct slot s = {
		.org = *org, .topic = topic != NULL ? *topic : no_topic, .mark = *mark
	};
	enum zt_err err;

	if (m == NULL)
		return ZT_OK;
	(void)pthread_mutex_lock(&m->mutex);
	if ((err = put(m, &s)) == ZT_OK && m->fd >= 0 && fdatasync(m->fd) != 0)
		err = ZT_ERR_IO;
	(void)pthread_mutex_unlock(&m->mutex);
	return err;
}

/* Under the organization's own id, which is no workspace's. */
enum zt_err
marks_give_up_chains(struct marks *m, const struct id *org, uint64_t now_ms)
{
	return marks_set(m, org, org, &(struct mark){ .given_up = now_ms });
}

uint64_t
marks_chains_given_up(struct marks *m, const struct id *org)
{
	uint64_t log = marks_get(m, org, NULL).given_up,
		 chains = marks_get(m, org, org).given_up;

	return log > chains ? log : chains;
}

void
marks_each_topic(struct marks *m, const struct id *org,
    void (*each)(void *ctx, const struct id *topic, const struct mark *mark), void *ctx)
{
	const struct slot *s;
	size_t at = 0;

	if (m == NULL)
		return;
	(void)pthread_mutex_lock(&m->mutex);
	while ((s = idmap_next(&m->slots, &at)) != NULL)
		if (id_equal(&s->org, org) && !id_equal(&s->topic, &no_topic))
			each(ctx, &s->topic, &s->mark);
	(void)pthread_mutex_unlock(&m->mutex);
}
