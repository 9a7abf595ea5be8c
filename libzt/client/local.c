/* local.c - what local files are known to hold: which version of which object, and what the
 * file system said of the file then. A file whose size, time of content and time of inode are
 * as noted was not changed since. A note that is lost costs reading a file. */
#include <sys/stat.h>
#include <time.h>

#include "base/wire.h"
#include "client/client.h"
#include "client/local.h"

enum { NOTE = 2 * ID_BYTES + 6 * 8, TICK_NS = 20 * 1000 * 1000 };

static struct bytes
key_of(const struct stat *st, uint8_t out[16])
{
	wire_store_u64(out, (uint64_t)st->st_dev);
	wire_store_u64(out + 8, (uint64_t)st->st_ino);
	return bytes_of(out, 16);
}

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

bool
local_find(struct zt *z, const struct stat *st, struct local *out)
{
	uint8_t key[16], now[5 * 8];
	struct buf b = buf_init(NOTE);
	bool same;

	if (store_get(z->store, STORE_LOCAL, key_of(st, key), 0, &b) || b.n != NOTE) {
		buf_free(&b);
		return false;
	}
	memcpy(out->workspace.b, b.p, ID_BYTES);
	memcpy(out->vlob.b, b.p + ID_BYTES, ID_BYTES);
	out->version = wire_load_u64(b.p + 2 * ID_BYTES);
	print_stat(st, now);
	same = memcmp(b.p + 2 * ID_BYTES + 8, now, sizeof now) == 0;
	buf_free(&b);
	return same;
}

bool
local_is(struct space *s, const struct stat *st, const struct id *vlob, uint64_t version)
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

static enum zt_err
put_note(struct zt *z, const struct local *l, const struct stat *st)
{
	uint8_t key[16], note[NOTE];

	memcpy(note, l->workspace.b, ID_BYTES);
	memcpy(note + ID_BYTES, l->vlob.b, ID_BYTES);
	wire_store_u64(note + 2 * ID_BYTES, l->version);
	print_stat(st, note + 2 * ID_BYTES + 8);
	return store_put(z->store, STORE_LOCAL, key_of(st, key), 0, bytes_of(note, NOTE));
}

void
local_keep(struct zt *z, const struct local_note *notes, size_t count)
{
	enum zt_err err = count > 0 ? store_begin(z->store) : ZT_OK;

	for (size_t i = 0; err == ZT_OK && i < count; i++)
		err = put_note(z, &notes[i].is, &notes[i].st);
	if (err == ZT_OK && count > 0)
		err = store_commit(z->store);
	store_rollback(z->store);
}
