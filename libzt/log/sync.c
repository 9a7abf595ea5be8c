/* SPDX-License-Identifier: Apache-2.0 */
/* sync.c - the trust log as this device verifies it: nothing is believed because a server
 * said it. All leaf hashes are kept, so that any head that a colleague's statement names can be
 * checked here, without asking. */
#include "log/sync.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/vec.h"
#include "format/limits.h"
#include "format/pb.h"
#include "log/user_keys.h"
#include "log/verbs.h"
#include "proto/auth.pb-c.h"
#include "proto/device.pb-c.h"
#include "session/freeze.h"
#include "session/session.h"
#include "trust/head.h"
#include "zt/org.h"

/* ---- one line ---- */

/* An entry, or its digest and tag where this device may not see it. */
struct log_line {
	struct entry *entry; /* owned; NULL: hidden */
	struct hash digest, tag, leaf;
};

static enum zt_err
line_hidden(ProtobufCBinaryData digest, ProtobufCBinaryData tag, struct log_line *out)
{
	if (pb_hash(digest, &out->digest) || pb_hash(tag, &out->tag))
		return ZT_ERR_CORRUPT;
	entry_leaf(&out->digest, &out->tag, &out->leaf);
	return ZT_OK;
}

static enum zt_err
line_shown(const struct statement *s, struct log_line *out)
{
	enum zt_err err = entry_decode(s, &out->entry);

	if (err == ZT_OK)
		out->leaf = out->entry->leaf;
	return err;
}

/* ---- the stored log ---- */

static enum zt_err
store_line(struct store *store, uint64_t index, const struct log_line *line)
{
	Zt__StoredEntry m = ZT__STORED_ENTRY__INIT;
	struct buf b = buf_init(LIMIT_ENTRY + 256);
	enum zt_err err;

	m.index = index;
	if (line->entry != NULL) {
		m.body = pb_field(line->entry->signed_.body.p, line->entry->signed_.body.n);
		m.signature = pb_field(line->entry->signed_.signature, SIGN_BYTES);
	} else {
		m.digest = pb_field(line->digest.b, HASH_BYTES);
		m.tag = pb_field(line->tag.b, HASH_BYTES);
	}
	if ((err = pb_encode(&m, &b)) == ZT_OK)
		err = store_put(store, STORE_LOG, bytes_of(NULL, 0), index, buf_bytes(&b));
	buf_free(&b);
	return err;
}

static uint64_t
topic_length(const struct org_state *o, const struct id *topic)
{
	const struct org_workspace *w = org_state_workspace(o, topic);

	return w != NULL ? w->topic.length : 0;
}

static bool
is_next_of_topic(const struct org_state *o, const struct entry *e)
{
	return id_equal(&e->topic, &o->id) ||
	       e->body->topic_index == topic_length(o, &e->topic);
}

/* One stored line, verified when it was stored: taken in without its signature. Entries whose
 * predecessors are hidden are stored only together with them. */
static enum zt_err
load_line(void *ctx, struct bytes key, uint64_t n, struct bytes value)
{
	struct org_state *o = ctx;
	Zt__StoredEntry *m = NULL;
	struct statement s;
	struct log_line line = { .entry = NULL };
	enum zt_err err;

	(void)key;
	if ((err = pb_decode(&zt__stored_entry__descriptor, value, LIMIT_ENTRY + 256, &m)))
		goto out;
	err = ZT_ERR_STORE;
	if (n != merkle_size(o->tree))
		goto out;
	if (m->body.len > 0) {
		s.body = pb_bytes(m->body);
		if (m->signature.len != SIGN_BYTES)
			goto out;
		memcpy(s.signature, m->signature.data, SIGN_BYTES);
		if ((err = line_shown(&s, &line)) ||
		    (is_next_of_topic(o, line.entry) &&
			(err = org_state_apply(o, line.entry, n))))
			goto out;
	} else if ((err = line_hidden(m->digest, m->tag, &line)) ||
		   (err = org_state_hide(o, &line.tag))) {
		goto out;
	}
	err = merkle_add(o->tree, &line.leaf);
out:
	entry_free(line.entry);
	pb_free(m);
	return err;
}

/* A device that knew of the organization only its id knows the rest from the log. */
static enum zt_err
learn(struct zt *z)
{
	char *slug;

	if (!z->root_by_id || !z->state->begun)
		return ZT_OK;
	memcpy(z->root_key, z->state->root_key, sizeof z->root_key);
	if (z->slug != NULL && z->slug[0] != 0)
		return ZT_OK;
	if ((slug = strdup(z->state->slug)) == NULL)
		return ZT_ERR_MEMORY;
	free(z->slug);
	z->slug = slug;
	return ZT_OK;
}

enum zt_err
client_load_log(struct zt *z)
{
	struct org_state *o = NULL;
	enum zt_err err;

	if ((err = org_state_new(&z->org, &o)) == ZT_OK &&
	    (err = store_each(z->store, STORE_LOG, bytes_of(NULL, 0), 0, load_line, o)) ==
		ZT_OK) {
		if (z->care != NULL)
			z->care->reset(z, o);
		org_state_free(z->state);
		z->state = o;
		o = NULL;
		if ((err = learn(z)) == ZT_OK)
			err = client_take_user_keys(z);
	}
	org_state_free(o);
	return err;
}

/* ---- what the server sends ---- */

/* A topic with entries received before their predecessors, by log index. Each must turn out to
 * be the topic's next one, or the server made it up. */
struct behind {
	struct id topic;
	uint64_t *index;
	size_t count, cap;
};

static void
behind_free(void *p)
{
	struct behind *b = p;

	free(b->index);
	free(b);
}

struct sync {
	struct zt *z;
	struct org_state *o;
	bool keep; /* write what is verified to the store */
	struct idmap behind;
	uint64_t entries;
	struct buf head; /* the newest one, as the server signed it */
};

static const char head_key[] = "head";

static enum zt_err
refuse_entry(struct zt *z, enum zt_err err, uint64_t index, const char *why)
{
	return client_refuse(z, err, "entry %llu of the trust log: %s",
	    (unsigned long long)index, client_words(z, why[0] != 0 ? why : err_words(err)));
}

static enum zt_err
check_and_apply(struct sync *s, const struct entry *e, uint64_t index)
{
	const char *why = "";
	enum zt_err err;

	if ((err = client_may_go_on(s->z)))
		return err;
	err = rules_check(s->o, e, index, &why);
	/* Between two devices a conflict is a race; in a log that a server shows it is a lie.
	 */
	if (err == ZT_ERR_CONFLICT)
		err = ZT_ERR_FORK;
	if (err)
		return refuse_entry(s->z, err, index, why);
	s->entries++;
	return org_state_apply(s->o, e, index);
}

static enum zt_err
note_behind(struct sync *s, const struct id *topic, uint64_t index)
{
	struct behind *b = idmap_get(&s->behind, topic);
	enum zt_err err;

	if (b == NULL) {
		if ((b = calloc(1, sizeof *b)) == NULL)
			return ZT_ERR_MEMORY;
		b->topic = *topic;
		if ((err = idmap_put(&s->behind, topic, b))) {
			free(b);
			return err;
		}
	}
	if ((err = vec_room(&b->index, b->count, &b->cap, sizeof *b->index)))
		return err;
	b->index[b->count++] = index;
	return ZT_OK;
}

/* Entry INDEX of the topic was verified. */
static void
caught_up(struct behind *b, uint64_t index)
{
	for (size_t i = 0; i < b->count; i++)
		if (b->index[i] == index) {
			b->index[i] = b->index[--b->count];
			return;
		}
}

static enum zt_err
take_line(struct sync *s, const Zt__LogLine *line)
{
	uint64_t index = merkle_size(s->o->tree);
	struct statement st;
	struct log_line is = { .entry = NULL };
	const struct entry *e;
	enum zt_err err;

	if (line->index != index)
		return refuse_entry(s->z, ZT_ERR_CORRUPT, index,
		    "the server left entries out or repeated some");
	if (line->entry == NULL) {
		if ((err = line_hidden(line->digest, line->tag, &is)))
			return refuse_entry(s->z, err, index, "its hash is missing");
		err = org_state_hide(s->o, &is.tag);
	} else {
		if ((err = statement_of(line->entry, &st)) || (err = line_shown(&st, &is)))
			return refuse_entry(s->z, err, index, "");
		e = is.entry;
		if (is_next_of_topic(s->o, e) || id_equal(&e->topic, &s->o->id))
			err = check_and_apply(s, e, index);
		else if (e->body->topic_index < topic_length(s->o, &e->topic))
			err = refuse_entry(s->z, ZT_ERR_FORK, index,
			    "another entry stands at its place of the topic");
		else
			err = note_behind(s, &e->topic, index);
	}
	if (err == ZT_OK)
		err = merkle_add(s->o->tree, &is.leaf);
	if (err == ZT_OK && s->keep)
		err = store_line(s->z->store, index, &is);
	entry_free(is.entry);
	return err;
}

/* The page's head: signed by the log key, not older than what was verified, and provably a
 * continuation of it. */
static enum zt_err
check_head(struct sync *s, const Zt__LogPage *page, uint64_t from, struct head *out)
{
	struct merkle_proof proof;
	struct statement st;
	struct hash root;
	enum zt_err err;

	s->z->marked = page->marked;
	if ((err = statement_of(page->head, &st)) ||
	    (err = head_check(s->o->log_key, &s->o->id, &st, out)))
		return client_refuse(s->z, err, "the server's tree head: %s",
		    client_words(s->z, err_words(err)));
	if (out->size < from)
		return client_refuse(s->z, ZT_ERR_ROLLBACK,
		    "the server shows %llu entries of the trust log, this device has verified "
		    "%llu. If an older backup was restored, zt repair brings back what is held "
		    "here",
		    (unsigned long long)out->size, (unsigned long long)from);
	if (from == 0)
		return ZT_OK;
	if ((err = merkle_root(s->o->tree, from, &root)) ||
	    (err = merkle_proof_of(page->n_consistency, page->consistency, &proof)) ||
	    (err = merkle_check_consistency(from, out->size, &root, &out->root, &proof)))
		return client_refuse(s->z, out->size == from ? ZT_ERR_FORK : ZT_ERR_PROOF,
		    "the server's trust log does not continue the one that this device has "
		    "verified");
	return ZT_OK;
}

static enum zt_err
fetch_page(struct sync *s, uint64_t from, Zt__LogPage **out)
{
	struct route_params p = { .org = s->o->id };
	struct buf answer = buf_init(LIMIT_PAGE);
	char query[40];
	enum zt_err err;

	(void)snprintf(query, sizeof query, "from=%llu", (unsigned long long)from);
	if ((err = client_call(s->z, ROUTE_LOG_READ, &p, query, bytes_of(NULL, 0), &answer)) ==
	    ZT_ERR_ROLLBACK)
		err = client_refuse(s->z, err,
		    "the server's trust log is shorter than this device has verified. If an "
		    "older backup was restored, zt repair brings back what is held here");
	if (err == ZT_OK)
		err = pb_decode(&zt__log_page__descriptor, buf_bytes(&answer), LIMIT_PAGE, out);
	buf_free(&answer);
	return err;
}

enum zt_err
client_kept_head(struct zt *z, Zt__Statement **out)
{
	struct buf b = buf_init(1024);
	uint64_t size;
	enum zt_err err = store_newest(z->store, STORE_META, bytes_text(head_key), &size, &b);

	if (err == ZT_OK && size > merkle_size(z->state->tree))
		err = ZT_ERR_STORE;
	if (err == ZT_OK)
		err = pb_decode(&zt__statement__descriptor, buf_bytes(&b), 1024, out);
	buf_free(&b);
	return err;
}

/* The log's first entry must be the genesis signed by the pinned root key. */
static enum zt_err
check_genesis(struct sync *s)
{
	/* rules.c has checked that the organization's id names this root key */
	if (!s->o->begun || (!s->z->root_by_id &&
				memcmp(s->o->root_key, s->z->root_key, SIGN_PUBLIC_BYTES) != 0))
		return client_refuse(s->z, ZT_ERR_ROOT,
		    "the server's log begins with another root key than this device has "
		    "pinned");
	return ZT_OK;
}

static enum zt_err
take_page(struct sync *s, const Zt__LogPage *page, uint64_t from, struct head *head)
{
	enum zt_err err = ZT_OK;
	size_t i = 0;

	if (from == 0) { /* the first entry has the head's key */
		if (page->n_lines == 0)
			return client_refuse(s->z, ZT_ERR_CORRUPT, "the server's log is empty");
		if ((err = take_line(s, page->lines[i++])) || (err = check_genesis(s)))
			return err;
	}
	if ((err = check_head(s, page, from, head)))
		return err;
	buf_empty(&s->head);
	if ((err = pb_encode(page->head, &s->head)))
		return err;
	if (from + page->n_lines > head->size)
		return client_refuse(
		    s->z, ZT_ERR_CORRUPT, "the server sent more entries than its head covers");
	for (; err == ZT_OK && i < page->n_lines; i++)
		err = take_line(s, page->lines[i]);
	return err;
}

/* ---- topics that became visible ---- */

static enum zt_err
take_topic_line(struct sync *s, struct behind *b, const Zt__LogLine *line)
{
	struct statement st;
	struct log_line is = { .entry = NULL };
	const struct entry *e;
	enum zt_err err;

	if (line->entry == NULL)
		return client_refuse(s->z, ZT_ERR_CORRUPT,
		    "the server withholds entries of a workspace of yours");
	if ((err = statement_of(line->entry, &st)) || (err = line_shown(&st, &is)))
		return refuse_entry(s->z, err, line->index, "");
	e = is.entry;
	if (line->index >= merkle_size(s->o->tree) ||
	    !hash_equal(merkle_leaf(s->o->tree, line->index), &e->leaf))
		err = refuse_entry(s->z, ZT_ERR_PROOF, line->index,
		    "it is not the entry that stands at this place of the verified log");
	else if (!id_equal(&e->topic, &b->topic))
		err = refuse_entry(
		    s->z, ZT_ERR_CORRUPT, line->index, "it belongs to another topic");
	else
		err = check_and_apply(s, e, line->index);
	if (err == ZT_OK && s->keep)
		err = store_line(s->z->store, line->index, &is);
	if (err == ZT_OK)
		caught_up(b, line->index);
	entry_free(is.entry);
	return err;
}

/* Whether USER has a role in the workspace TOPIC, as far as it is known here. */
static bool
is_mine(const struct org_state *o, const struct id *user, const struct id *topic)
{
	const struct org_workspace *w = org_state_workspace(o, topic);
	const struct org_user *u = org_state_user(o, user);

	return w != NULL && u != NULL && org_state_role(w, u, ORG_NEVER) != ROLE_NONE;
}

static enum zt_err
fetch_topic(struct sync *s, struct behind *b)
{
	const struct id *topic = &b->topic;
	struct route_params p = { .org = s->o->id, .id = *topic };
	bool more = true;
	enum zt_err err = ZT_OK;

	while (err == ZT_OK && more) {
		const struct org_workspace *w = org_state_workspace(s->o, topic);
		struct buf answer = buf_init(LIMIT_PAGE);
		Zt__TopicPage *page = NULL;
		char query[40];

		(void)snprintf(query, sizeof query, "from=%llu",
		    (unsigned long long)(w != NULL ? w->topic.length : 0));
		if ((err = client_call(s->z, ROUTE_TOPIC_READ, &p, query, bytes_of(NULL, 0),
			 &answer)) == ZT_OK)
			err = pb_decode(
			    &zt__topic_page__descriptor, buf_bytes(&answer), LIMIT_PAGE, &page);
		more = err == ZT_OK && page->more && page->n_lines > 0;
		for (size_t i = 0; err == ZT_OK && i < page->n_lines; i++) {
			/* Entries newer than the page of the log that we hold wait for the next
			 * one. */
			if (page->lines[i]->index >= merkle_size(s->o->tree)) {
				more = false;
				break;
			}
			if (page->lines[i]->entry == NULL &&
			    !is_mine(s->o, &s->z->user, topic)) {
				more = false; /* what was there before, or after, this device's
						 time */
				break;
			}
			err = take_topic_line(s, b, page->lines[i]);
		}
		pb_free(page);
		buf_free(&answer);
	}
	return err;
}

static enum zt_err
catch_up(struct sync *s)
{
	struct behind *b;
	size_t at = 0;
	enum zt_err err = ZT_OK;

	while (err == ZT_OK && (b = idmap_next(&s->behind, &at)) != NULL)
		if ((err = fetch_topic(s, b)) == ZT_OK && b->count > 0)
			err = refuse_entry(s->z, ZT_ERR_CORRUPT, b->index[0],
			    "it does not follow the entries of its topic");
	return err;
}

/* What the greeter vouched for must be a prefix of what the server shows (J6). */
static enum zt_err
check_vouched(struct sync *s)
{
	struct hash root;

	if (s->z->vouched_size == 0)
		return ZT_OK;
	if (merkle_root(s->o->tree, s->z->vouched_size, &root) ||
	    !hash_equal(&root, &s->z->vouched_root))
		return client_refuse(s->z, ZT_ERR_FORK,
		    "the server's log is not the one that the greeter had verified");
	return ZT_OK;
}

/* With the newest head a device proves later that what it brings back was in this very log; one
 * of the same size does as well. */
static enum zt_err
keep_head(struct sync *s)
{
	struct bytes key = bytes_text(head_key);
	uint64_t size = merkle_size(s->o->tree), kept = 0;
	struct buf b = buf_init(1024);
	enum zt_err err = store_newest(s->z->store, STORE_META, key, &kept, &b);

	if (err == ZT_ERR_NOT_FOUND || err == ZT_OK)
		err = store_forget(s->z->store, STORE_META, key);
	if (err == ZT_OK)
		err = store_put(s->z->store, STORE_META, key, size, buf_bytes(&s->head));
	buf_free(&b);
	return err;
}

/* A true head covers hidden entries too: one of a topic that this user may see shows that the
 * server hides it (P4, P5). */
static enum zt_err
check_hidden(struct sync *s)
{
	const struct org_workspace *w;
	size_t at = 0;

	if (org_state_hides_next(s->o, &s->o->id))
		return client_refuse(s->z, ZT_ERR_FORK,
		    "the server hides an entry of the trust log that every member may see");
	while ((w = idmap_next(&s->o->workspaces, &at)) != NULL)
		if (is_mine(s->o, &s->z->user, &w->id) && org_state_hides_next(s->o, &w->id))
			return client_refuse(s->z, ZT_ERR_FORK,
			    "the server hides an entry of a workspace of yours");
	return ZT_OK;
}

/* The log key signs the time of each head: an old head means that the server withholds entries
 * (P4). */
static enum zt_err
check_fresh(struct sync *s, const struct head *h)
{
	uint64_t now = client_now_ms();
	Zt__Statement *m = NULL;
	struct statement st;
	struct head kept;

	if (h->time + LIMIT_HEAD_AGE_MS < now)
		return client_refuse(s->z, ZT_ERR_CLOCK,
		    "the server's newest tree head is %llu minutes old by this device's clock: "
		    "one "
		    "of the two clocks is wrong, or the server holds back what is new",
		    (unsigned long long)((now - h->time) / 60000));
	if (!s->keep || client_kept_head(s->z, &m))
		return ZT_OK;
	if (statement_of(m, &st) == ZT_OK &&
	    head_check(s->o->log_key, &s->o->id, &st, &kept) == ZT_OK && h->size >= kept.size &&
	    h->time + LIMIT_CLOCK_MS < kept.time) {
		pb_free(m);
		return client_refuse(s->z, ZT_ERR_FORK,
		    "the server's tree head covers more than the last one and bears an earlier "
		    "time");
	}
	pb_free(m);
	return ZT_OK;
}

static enum zt_err
run(struct sync *s)
{
	struct head head = { 0 };
	struct hash root;
	enum zt_err err = ZT_OK;

	do {
		uint64_t from = merkle_size(s->o->tree);
		Zt__LogPage *page = NULL;

		if ((err = fetch_page(s, from, &page)) == ZT_OK)
			err = take_page(s, page, from, &head);
		if (err == ZT_OK && page->n_lines == 0 && merkle_size(s->o->tree) < head.size)
			err =
			    client_refuse(s->z, ZT_ERR_CORRUPT, "the server withholds entries");
		pb_free(page);
		client_working(s->z, ZT_VERIFIES_LOG, merkle_size(s->o->tree), head.size);
	} while (err == ZT_OK && merkle_size(s->o->tree) < head.size);
	if (err)
		return err;
	if (merkle_root(s->o->tree, head.size, &root) || !hash_equal(&root, &head.root))
		return client_refuse(s->z, ZT_ERR_FORK,
		    "the entries that the server sent are not those of its signed tree head");
	if ((err = check_vouched(s)) || (err = check_fresh(s, &head)) || (err = catch_up(s)) ||
	    (err = check_hidden(s)))
		return err;
	return s->keep ? keep_head(s) : ZT_OK;
}

enum zt_err
client_sync_log(struct zt *z)
{
	struct sync s = { .z = z, .o = z->state, .keep = true, .head = buf_init(1024) };
	enum zt_err err, reload;

	if ((err = store_begin(z->store)))
		return err;
	if ((err = run(&s)) == ZT_OK)
		err = store_commit(z->store);
	store_rollback(z->store);
	idmap_free(&s.behind, behind_free);
	buf_free(&s.head);
	/* Drops what was applied before the refusal: reloads the state verified before. */
	(void)client_note_fork(z, NULL, err);
	if (err && (reload = client_load_log(z)))
		return reload;
	if (err == ZT_OK)
		err = learn(z);
	return err ? err : client_take_user_keys(z);
}

enum zt_err
log_verify(struct zt *z, uint64_t *entries)
{
	struct sync s = { .z = z, .head = buf_init(1024) };
	struct hash mine, root;
	uint64_t size = merkle_size(z->state->tree);
	enum zt_err err;

	z->why[0] = 0;
	if ((err = org_state_new(&z->org, &s.o)) == ZT_OK && (err = run(&s)) == ZT_OK) {
		/* The same history as the one that this device lives on. */
		if (merkle_size(s.o->tree) < size)
			err = client_refuse(
			    z, ZT_ERR_ROLLBACK, "the server's log became shorter");
		else if ((err = merkle_root(z->state->tree, size, &mine)) == ZT_OK &&
			 (err = merkle_root(s.o->tree, size, &root)) == ZT_OK &&
			 !hash_equal(&mine, &root))
			err = client_refuse(
			    z, ZT_ERR_FORK, "the server shows another history now");
	}
	if (err == ZT_OK)
		*entries = s.entries;
	idmap_free(&s.behind, behind_free);
	buf_free(&s.head);
	org_state_free(s.o);
	return client_note_fork(z, NULL, err);
}
