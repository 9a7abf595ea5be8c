/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "forge.h"
#include "chain/keys.h"
#include "crypto/suite.h"
#include "files/manifest.h"
#include "format/limits.h"
#include "format/pb.h"
#include "test.h"

enum { CHANGES_MAX = 160 };

/* The object of C: sealed as a manifest is, also when no honest client would make its content.
 */
static void
seal(const struct secret *key, const struct manifest_place *place,
    const struct forged_change *c, struct buf *object, struct buf *wrap,
    struct envelope_pins *pins)
{
	struct buf head = buf_init(64), probe = buf_init(LIMIT_MANIFEST), w = buf_init(256);
	struct forged_file f;
	struct envelope_pins unused;

	if (c->raw.n == 0) {
		assert_ok(manifest_seal(key, place, c->m, object, wrap, pins));
	} else { /* the clear header is the same for every manifest of this place */
		forge_file(&f, "x");
		assert_ok(manifest_seal(key, place, &f.m, &probe, &w, &unused));
		buf_add(&head, bytes_of(probe.p, MANIFEST_HEADER_BYTES));
		assert_ok(envelope_seal(key, buf_bytes(&head), c->raw, object, wrap, pins));
	}
	buf_free(&head);
	buf_free(&probe);
	buf_free(&w);
}

void
forge_changeset(struct person *by, struct workspace *s, const struct forged_change *changes,
    size_t count, unsigned generation, struct forged *out)
{
	struct zt *z = by->zt;
	struct changeset cs = { .org = z->org,
		.workspace = s->w->id,
		.author = z->device,
		.generation = generation,
		.parent_position = s->chain.position,
		.parent_link = s->chain.link,
		.seen_size = merkle_size(z->state->tree),
		.time = session_now_ms() };
	struct buf change[CHANGES_MAX], object[CHANGES_MAX], wrap[CHANGES_MAX];
	struct bytes spans[CHANGES_MAX];
	Zt__Object objects[CHANGES_MAX], *list[CHANGES_MAX];
	ProtobufCBinaryData fields[CHANGES_MAX];
	Zt__Changeset m = ZT__CHANGESET__INIT;
	Zt__PushRequest push = ZT__PUSH_REQUEST__INIT;
	Zt__Statement st;
	struct buf body = buf_init(8192);
	const struct secret *key;

	assert_true(count <= CHANGES_MAX);
	assert_ok(workspace_key(s, generation, &key));
	assert_ok(merkle_root(z->state->tree, cs.seen_size, &cs.seen_root));
	for (size_t i = 0; i < count; i++) {
		const struct forged_change *f = &changes[i];
		struct change c = { .vlob = f->vlob,
			.version = f->version,
			.has_prev = f->prev != NULL,
			.blocks = f->blocks };
		struct manifest_place place = { s->w->id, f->vlob, f->version };

		change[i] = buf_init(LIMIT_CHANGESET);
		object[i] = buf_init(LIMIT_MANIFEST);
		wrap[i] = buf_init(256);
		if (f->prev != NULL)
			c.prev = *f->prev;
		seal(key, &place, f, &object[i], &wrap[i], &c.pins);
		out->object = c.pins.object;
		assert_ok(changeset_encode_change(&c, &change[i]));
		spans[i] = buf_bytes(&change[i]);
		fields[i] = pb_field(change[i].p, change[i].n);
		zt__object__init(&objects[i]);
		objects[i].object = pb_field(object[i].p, object[i].n);
		objects[i].wrap = pb_field(wrap[i].p, wrap[i].n);
		objects[i].generation = generation;
		list[i] = &objects[i];
	}
	assert_ok(changeset_sign(z->sign, &cs, spans, count, &body));
	st = statement_message(&cs.stmt);
	m.statement = &st;
	m.changes = fields;
	m.n_changes = count;
	push.changeset = &m;
	push.objects = list;
	push.n_objects = count;
	out->changeset = buf_init(LIMIT_CHANGESET);
	out->push = buf_init(LIMIT_PUSH);
	assert_ok(pb_encode(&m, &out->changeset));
	assert_ok(pb_encode(&push, &out->push));
	for (size_t i = 0; i < count; i++) {
		buf_free(&change[i]);
		buf_free(&object[i]);
		buf_free(&wrap[i]);
	}
	buf_free(&body);
}

void
forged_free(struct forged *f)
{
	buf_free(&f->changeset);
	buf_free(&f->push);
}

/* Replaces the statement of M, and gives the objects its generation. */
static void
sign_again(struct person *by, Zt__PushRequest *m, forge_fn *alter, void *ctx)
{
	Zt__Statement *s = m->changeset->statement;
	Zt__ChangesetBody *b = NULL;
	struct buf body = buf_init(8192);
	struct statement st;

	assert_ok(pb_decode(&zt__changeset_body__descriptor, pb_bytes(s->body), 4096, &b));
	alter(b, ctx);
	assert_ok(statement_sign(by->zt->sign, STATEMENT_CHANGESET, b, &body, &st));
	free(s->body.data);
	s->body = pb_field(malloc(body.n), body.n);
	assert_non_null(s->body.data);
	memcpy(s->body.data, body.p, body.n);
	memcpy(s->signature.data, st.signature, SIGN_BYTES);
	for (size_t i = 0; i < m->n_objects; i++)
		m->objects[i]->generation = b->generation;
	pb_free(b);
	buf_free(&body);
}

void
forged_alter(struct person *by, struct forged *f, forge_fn *alter, void *ctx)
{
	Zt__PushRequest *push = NULL;

	assert_ok(
	    pb_decode(&zt__push_request__descriptor, buf_bytes(&f->push), LIMIT_PUSH, &push));
	sign_again(by, push, alter, ctx);
	buf_empty(&f->push);
	assert_ok(pb_encode(push, &f->push));
	buf_empty(&f->changeset);
	assert_ok(pb_encode(push->changeset, &f->changeset));
	pb_free(push);
}

enum zt_err
forged_send(struct person *by, struct workspace *s, const struct forged *f)
{
	struct route_params p = { .org = by->zt->org, .id = s->w->id };
	struct buf answer = buf_init(4096);
	enum zt_err err =
	    session_call(by->zt, ROUTE_PUSH, &p, NULL, buf_bytes(&f->push), &answer);

	buf_free(&answer);
	return err;
}

enum zt_err
forged_repair(
    struct person *by, const struct id *workspace, struct bytes push, uint64_t position)
{
	struct route_params p = { .org = by->zt->org, .id = *workspace };
	struct buf body = buf_init(LIMIT_PUSH), answer = buf_init(64);
	Zt__RepairRequest m = ZT__REPAIR_REQUEST__INIT;
	enum zt_err err;

	assert_ok(pb_decode(&zt__push_request__descriptor, push, LIMIT_PUSH, &m.push));
	m.position = position;
	assert_ok(pb_encode(&m, &body));
	err = session_call(by->zt, ROUTE_REPAIR, &p, NULL, buf_bytes(&body), &answer);
	pb_free(m.push);
	buf_free(&body);
	buf_free(&answer);
	return err;
}

enum zt_err
forged_show(struct person *by, const struct id *workspace, const struct forged_way *way)
{
	struct route_params p = { .org = by->zt->org, .id = *workspace };
	struct buf body = buf_init(LIMIT_PUSH), answer = buf_init(64);
	Zt__RepairLinks m = ZT__REPAIR_LINKS__INIT;
	Zt__PushRequest *push = NULL;
	enum zt_err err;

	assert_ok(pb_decode(&zt__push_request__descriptor, way->push, LIMIT_PUSH, &push));
	m.statements = &push->changeset->statement;
	m.n_statements = 1;
	m.last = way->last;
	m.signed_ = way->stmt;
	if (way->last > 1)
		m.before = pb_field(way->before->b, HASH_BYTES);
	assert_ok(pb_encode(&m, &body));
	err = session_call(by->zt, ROUTE_REPAIR_LINKS, &p, NULL, buf_bytes(&body), &answer);
	pb_free(push);
	buf_free(&body);
	buf_free(&answer);
	return err;
}

void
forge_file(struct forged_file *f, const char *content)
{
	zt__manifest__init(&f->m);
	zt__file_manifest__init(&f->file);
	f->m.kind_case = ZT__MANIFEST__KIND_FILE;
	f->m.file = &f->file;
	f->file.size = strlen(content);
	f->file.mode = 0644;
	f->file.content_case = ZT__FILE_MANIFEST__CONTENT_INLINE_CONTENT;
	f->file.inline_content = pb_field(content, strlen(content));
}

void
forge_folder(struct forged_folder *f, struct bytes name, const struct id *vlob, bool is_folder)
{
	zt__manifest__init(&f->m);
	zt__folder_manifest__init(&f->folder);
	zt__folder_entry__init(&f->entry);
	f->m.kind_case = ZT__MANIFEST__KIND_FOLDER;
	f->m.folder = &f->folder;
	f->entry.name = pb_field(name.p, name.n);
	f->entry.vlob = pb_field(vlob->b, ID_BYTES);
	f->entry.folder = is_folder;
	f->entries[0] = &f->entry;
	f->folder.entries = f->entries;
	f->folder.n_entries = 1;
}

void
forge_chain_add(struct buf *answer, const struct forged *f)
{
	Zt__ChainPage *m = NULL;
	Zt__Changeset *more = NULL;

	assert_ok(pb_decode(&zt__chain_page__descriptor, buf_bytes(answer), LIMIT_PAGE, &m));
	assert_ok(pb_decode(
	    &zt__changeset__descriptor, buf_bytes(&f->changeset), LIMIT_CHANGESET, &more));
	m->changesets = realloc(m->changesets, (m->n_changesets + 1) * sizeof more);
	assert_non_null(m->changesets);
	m->changesets[m->n_changesets++] = more;
	m->newest++;
	buf_empty(answer);
	assert_ok(pb_encode(m, answer));
	pb_free(m);
}

void
forge_version(struct person *p, const char *workspace, const struct id *vlob, const char *raw,
    const Zt__Manifest *m)
{
	struct workspace *w = person_workspace(p, workspace);
	struct workspace_version v;
	struct forged_change c = { .vlob = *vlob, .version = 1, .m = m };
	struct forged f;

	if (workspace_newest(w, vlob, &v) == ZT_OK) {
		c.version = v.version + 1;
		c.prev = &v.pins.object;
	}
	if (raw != NULL)
		c.raw = bytes_text(raw);
	forge_changeset(p, w, &c, 1, (unsigned)w->w->generation_count, &f);
	assert_ok(forged_send(p, w, &f));
	forged_free(&f);
}

void
forge_inject(void *forged, struct proxy_call *c)
{
	if (c->route == ROUTE_CHAIN && c->status == 200)
		forge_chain_add(&c->answer, forged);
}
