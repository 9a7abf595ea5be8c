/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "test.h"

#include "fake_log.h"

#include <time.h>

#include "format/limits.h"
#include "format/pb.h"
#include "proto/auth.pb-c.h"
#include "trust/head.h"
#include "trust/merkle.h"

void
fake_log_take(struct fake_log *f, struct bytes page)
{
	Zt__LogPage *m = NULL;

	assert_ok(pb_decode(&zt__log_page__descriptor, page, LIMIT_PAGE, &m));
	assert_true(m->n_lines < FAKE_MAX);
	f->count = m->n_lines;
	for (size_t i = 0; i < f->count; i++) {
		f->entry[i].body = buf_init(LIMIT_ENTRY);
		if (m->lines[i]->entry == NULL) {
			assert_ok(pb_hash(m->lines[i]->digest, &f->entry[i].digest));
			assert_ok(pb_hash(m->lines[i]->tag, &f->entry[i].tag));
			continue;
		}
		buf_add(&f->entry[i].body, pb_bytes(m->lines[i]->entry->body));
		memcpy(f->entry[i].signature, m->lines[i]->entry->signature.data, SIGN_BYTES);
	}
	pb_free(m);
}

void
fake_log_free(struct fake_log *f)
{
	for (size_t i = 0; i < f->count; i++)
		buf_free(&f->entry[i].body);
	f->count = 0;
}

void
fake_log_drop(struct fake_log *f, size_t i)
{
	buf_free(&f->entry[i].body);
	memmove(&f->entry[i], &f->entry[i + 1], (f->count - i - 1) * sizeof f->entry[0]);
	f->count--;
}

void
fake_log_swap(struct fake_log *f, size_t i, size_t k)
{
	__typeof__(f->entry[0]) e = f->entry[i];

	f->entry[i] = f->entry[k];
	f->entry[k] = e;
}

void
fake_log_insert(struct fake_log *f, size_t i, const struct entry *e)
{
	assert_true(f->count < FAKE_MAX);
	memmove(&f->entry[i + 1], &f->entry[i], (f->count - i) * sizeof f->entry[0]);
	f->count++;
	f->entry[i].body = buf_init(LIMIT_ENTRY);
	buf_add(&f->entry[i].body, e->stmt.body);
	memcpy(f->entry[i].signature, e->stmt.signature, SIGN_BYTES);
}

static void
leaf_of(const struct fake_log *f, size_t i, struct hash *out)
{
	struct statement s = { .body = buf_bytes(&f->entry[i].body) };
	struct entry *e = NULL;
	struct hash digest;

	memcpy(s.signature, f->entry[i].signature, SIGN_BYTES);
	if (s.body.n == 0) {
		entry_leaf(&f->entry[i].digest, &f->entry[i].tag, out);
	} else if (entry_decode(&s, &e) == ZT_OK) {
		*out = e->leaf;
	} else { /* undecodable: the tree still needs a leaf there */
		statement_digest(&s, &digest);
		entry_leaf(&digest, &digest, out);
	}
	entry_free(e);
}

void
fake_log_page(const struct fake_log *f, uint64_t from, struct buf *out)
{
	Zt__LogPage page = ZT__LOG_PAGE__INIT;
	Zt__LogLine line[FAKE_MAX], *lines[FAKE_MAX];
	Zt__Statement entry[FAKE_MAX], head_message;
	struct hash leaf[FAKE_MAX];
	ProtobufCBinaryData nodes[MERKLE_PROOF];
	struct merkle_proof proof = { .count = 0 };
	struct head h = { .size = f->count, .time = (uint64_t)time(NULL) * 1000 };
	struct buf body = buf_init(1024);
	struct statement head;
	struct merkle *t = NULL;

	assert_ok(merkle_new(&t));
	for (size_t i = 0; i < f->count; i++) {
		leaf_of(f, i, &leaf[i]);
		assert_ok(merkle_add(t, &leaf[i]));
		if (i < from)
			continue;
		zt__log_line__init(&line[i]);
		zt__statement__init(&entry[i]);
		line[i].index = i;
		entry[i].body = pb_field(f->entry[i].body.p, f->entry[i].body.n);
		entry[i].signature = pb_field(f->entry[i].signature, SIGN_BYTES);
		if (f->entry[i].body.n > 0)
			line[i].entry = &entry[i];
		else {
			line[i].digest = pb_field(f->entry[i].digest.b, HASH_BYTES);
			line[i].tag = pb_field(f->entry[i].tag.b, HASH_BYTES);
		}
		lines[page.n_lines++] = &line[i];
	}
	page.lines = lines;
	assert_ok(merkle_root(t, h.size, &h.root));
	assert_ok(head_sign(f->key, &f->org, &h, &body, &head));
	head_message = statement_message(&head);
	page.head = &head_message;
	if (from > 0 && from <= h.size)
		assert_ok(merkle_consistency(t, from, h.size, &proof));
	for (size_t i = 0; i < proof.count; i++)
		nodes[i] = pb_field(proof.node[i].b, HASH_BYTES);
	page.consistency = nodes;
	page.n_consistency = proof.count;
	buf_empty(out);
	assert_ok(pb_encode(&page, out));
	merkle_free(t);
	buf_free(&body);
}
