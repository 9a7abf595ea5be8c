/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* history_bench.c - a long history, written past the services and as they would have stored it:
 * changesets that are signed and chained, each a new version of one file of a workspace.
 *
 *     history_bench HOME PASSWORD WORKSPACE CHANGESETS FOLDER
 *
 * FOLDER gets rows for PostgreSQL's COPY (FORMAT binary): changesets, objects and vlobs, and
 * chain.sql, which moves the chain to its new end. */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/wire.h"
#include "chain/keys.h"
#include "chain/objects.h"
#include "chain/workspace.h"
#include "crypto/suite.h"
#include "device.h"
#include "files/changeset.h"
#include "files/manifest.h"
#include "format/pb.h"
#include "proto/files.pb-c.h"
#include "zt/file.h"

struct file {
	struct id vlob;
	uint64_t version;
	struct hash object;
};

struct history {
	struct workspace *s;
	const struct secret *key;
	struct file *files;
	size_t count, cap;
	uint64_t position;
	struct hash link, root;
	FILE *changesets, *objects, *vlobs;
};

/* ---- rows ---- */

static FILE *
rows_begin(const char *folder, const char *name)
{
	static const uint8_t head[19] = "PGCOPY\n\377\r\n";
	char path[512];
	FILE *f;

	(void)snprintf(path, sizeof path, "%s/%s", folder, name);
	if ((f = fopen(path, "we")) == NULL || fwrite(head, sizeof head, 1, f) != 1)
		err(1, "%s", path);
	return f;
}

static void
rows_end(FILE *f)
{
	static const uint8_t end[2] = { 0xff, 0xff };

	if (fwrite(end, sizeof end, 1, f) != 1 || fclose(f) != 0)
		err(1, "writing rows");
}

static void
row_write(FILE *f, struct buf *row)
{
	ok(buf_err(row));
	if (fwrite(row->p, row->n, 1, f) != 1)
		err(1, "writing rows");
	buf_free(row);
}

/* A row of FIELDS fields that begins with the organization and the workspace. */
static struct buf
row(const struct history *h, unsigned fields)
{
	struct buf b = buf_init(1 << 20);

	wire_put_u16(&b, (uint16_t)fields);
	wire_put_counted(&b, bytes_of(h->s->z->org.b, ID_BYTES));
	wire_put_counted(&b, bytes_of(h->s->w->id.b, ID_BYTES));
	return b;
}

static void
put_int(struct buf *b, uint64_t n)
{
	wire_put_u32(b, 8);
	wire_put_u64(b, n);
}

/* ---- the workspace as it is ---- */

static enum zt_err
take_folder(void *ctx, size_t i, Zt__Manifest **m)
{
	struct history *h = ctx;

	(void)i;
	for (size_t k = 0; k < (*m)->folder->n_entries; k++) {
		struct workspace_version v;
		struct id vlob;

		memcpy(vlob.b, (*m)->folder->entries[k]->vlob.data, ID_BYTES);
		ok(workspace_newest(h->s, &vlob, &v));
		if ((*m)->folder->entries[k]->folder) {
			Zt__Manifest *below = NULL;

			ok(workspace_manifest(h->s, &v, &below));
			ok(take_folder(ctx, 0, &below));
			continue;
		}
		if (h->count == h->cap && (h->files = realloc(h->files,
					       (h->cap += 16384) * sizeof *h->files)) == NULL)
			errx(1, "memory");
		h->files[h->count++] = (struct file){ vlob, v.version, v.pins.object };
	}
	return ZT_OK;
}

/* ---- one changeset ---- */

static void
write_changeset(struct history *h, const struct changeset *cs, struct bytes change)
{
	struct buf b = row(h, 7), packed = buf_init(1 << 20);

	wire_put_counted(&packed, change);
	put_int(&b, h->position);
	wire_put_counted(&b, cs->stmt.body);
	wire_put_counted(&b, bytes_of(cs->stmt.signature, SIGN_BYTES));
	wire_put_counted(&b, buf_bytes(&packed));
	wire_put_counted(&b, bytes_of(h->link.b, HASH_BYTES));
	row_write(h->changesets, &b);
	buf_free(&packed);
}

static void
write_object(struct history *h, const struct change *c, struct bytes wrap, struct bytes object)
{
	struct buf b = row(h, 7);

	wire_put_counted(&b, bytes_of(c->vlob.b, ID_BYTES));
	put_int(&b, c->version);
	put_int(&b, h->s->w->generation_count);
	wire_put_counted(&b, wrap);
	wire_put_counted(&b, object);
	row_write(h->objects, &b);
}

static void
write_one(struct history *h, struct file *f, const char *content)
{
	struct zt *z = h->s->z;
	Zt__Manifest m;
	Zt__FileManifest file;
	struct change c = {
		.vlob = f->vlob, .version = f->version + 1, .has_prev = true, .prev = f->object
	};
	struct manifest_place place = { h->s->w->id, f->vlob, c.version };
	struct changeset cs = { .org = z->org,
		.workspace = h->s->w->id,
		.author = z->device,
		.generation = (unsigned)h->s->w->generation_count,
		.parent_position = h->position,
		.parent_link = h->link,
		.seen_size = merkle_size(z->state->tree),
		.seen_root = h->root,
		.time = session_now_ms() };
	struct buf object = buf_init(1 << 16), wrap = buf_init(256), change = buf_init(4096),
		   body = buf_init(4096);
	struct bytes span;

	zt__manifest__init(&m);
	zt__file_manifest__init(&file);
	file.size = strlen(content);
	file.mode = 0644;
	file.modified = (int64_t)(cs.time / 1000);
	file.content_case = ZT__FILE_MANIFEST__CONTENT_INLINE_CONTENT;
	file.inline_content = pb_field(content, strlen(content));
	m.kind_case = ZT__MANIFEST__KIND_FILE;
	m.file = &file;
	ok(manifest_seal(h->key, &place, &m, &object, &wrap, &c.pins));
	ok(changeset_encode_change(&c, &change));
	span = buf_bytes(&change);
	ok(changeset_sign(z->sign, &cs, &span, 1, &body));
	h->position++;
	changeset_link(&h->link, &cs.stmt, &h->link);
	write_changeset(h, &cs, span);
	write_object(h, &c, buf_bytes(&wrap), buf_bytes(&object));
	f->version = c.version;
	f->object = c.pins.object;
	buf_free(&object);
	buf_free(&wrap);
	buf_free(&change);
	buf_free(&body);
}

static void
write_end(struct history *h, const char *folder)
{
	char path[512], org[ID_TEXT], workspace[ID_TEXT], link[2 * HASH_BYTES + 1];
	FILE *f;

	for (size_t i = 0; i < h->count; i++) {
		struct buf b = row(h, 5);

		wire_put_counted(&b, bytes_of(h->files[i].vlob.b, ID_BYTES));
		put_int(&b, h->files[i].version);
		wire_put_counted(&b, bytes_of(h->files[i].object.b, HASH_BYTES));
		row_write(h->vlobs, &b);
	}
	(void)snprintf(path, sizeof path, "%s/chain.sql", folder);
	if ((f = fopen(path, "we")) == NULL)
		err(1, "%s", path);
	id_print(&h->s->z->org, org);
	id_print(&h->s->w->id, workspace);
	hex_print(h->link.b, HASH_BYTES, link);
	(void)fprintf(f,
	    "UPDATE chains SET position = %llu, link = '\\x%s' WHERE org = '\\x%s' AND "
	    "workspace = '\\x%s';\n",
	    (unsigned long long)h->position, link, org, workspace);
	if (fclose(f) != 0)
		err(1, "%s", path);
}

int
main(int argc, char **argv)
{
	struct history h = { 0 };
	struct workspace_version root;
	Zt__Manifest *m = NULL;
	struct zt *z;
	size_t count;

	ok(suite_init());
	if (argc != 6)
		errx(64, "see the top of history_bench.c");
	z = open_device(argv[1], argv[2]);
	count = strtoul(argv[4], NULL, 10);
	ok(workspace_find(z, argv[3], &h.s));
	ok(workspace_sync(h.s));
	ok(workspace_key(h.s, (unsigned)h.s->w->generation_count, &h.key));
	ok(workspace_newest(h.s, &h.s->w->id, &root));
	ok(workspace_manifest(h.s, &root, &m));
	ok(take_folder(&h, 0, &m));
	ok(merkle_root(z->state->tree, merkle_size(z->state->tree), &h.root));
	h.position = h.s->chain.position;
	h.link = h.s->chain.link;
	h.changesets = rows_begin(argv[5], "changesets");
	h.objects = rows_begin(argv[5], "objects");
	h.vlobs = rows_begin(argv[5], "vlobs");
	while (h.position < count) {
		char content[64];

		(void)snprintf(
		    content, sizeof content, "changeset %llu", (unsigned long long)h.position);
		write_one(&h, &h.files[h.position % h.count], content);
	}
	write_end(&h, argv[5]);
	rows_end(h.changesets);
	rows_end(h.objects);
	rows_end(h.vlobs);
	zt_close(z);
	return 0;
}
