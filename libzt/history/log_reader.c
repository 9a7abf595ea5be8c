/* SPDX-License-Identifier: Apache-2.0 */
#include "history/log_reader.h"

#include <stdlib.h>

#include "base/vec.h"
#include "trust/rules.h"

/* ---- one line ---- */

enum zt_err
log_line_hidden(ProtobufCBinaryData digest, ProtobufCBinaryData tag, struct log_line *out)
{
	out->entry = NULL;
	if (pb_hash(digest, &out->digest) || pb_hash(tag, &out->tag))
		return ZT_ERR_CORRUPT;
	entry_leaf(&out->digest, &out->tag, &out->leaf);
	return ZT_OK;
}

enum zt_err
log_line_shown(const struct statement *s, struct log_line *out)
{
	enum zt_err err;

	out->entry = NULL;
	if ((err = entry_decode(s, &out->entry)) == ZT_OK)
		out->leaf = out->entry->leaf;
	return err;
}

static uint64_t
topic_length(const struct org_state *o, const struct id *topic)
{
	const struct org_workspace *w = org_state_workspace(o, topic);

	return w != NULL ? w->topic.length : 0;
}

bool
log_is_next(const struct org_state *o, const struct entry *e)
{
	return id_equal(&e->topic, &o->id) ||
	       e->body->topic_index == topic_length(o, &e->topic);
}

/* ---- refusals ---- */

static enum zt_err
refuse(struct log_reader *r, enum zt_err err, const char *message)
{
	r->is_of_entry = false;
	r->message = message;
	return err;
}

static enum zt_err
refuse_line(struct log_reader *r, enum zt_err err, uint64_t index, const char *message)
{
	r->is_of_entry = true;
	r->number = index;
	r->message = message[0] != 0 ? message : err_text(err);
	return err;
}

/* ---- entries behind hidden ones ---- */

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

void
log_reader_free(struct log_reader *r)
{
	idmap_free(&r->behind, behind_free);
}

static enum zt_err
note_behind(struct log_reader *r, const struct id *topic, uint64_t index)
{
	struct behind *b = idmap_get(&r->behind, topic);
	enum zt_err err;

	if (b == NULL) {
		if ((b = calloc(1, sizeof *b)) == NULL)
			return ZT_ERR_MEMORY;
		b->topic = *topic;
		if ((err = idmap_put(&r->behind, topic, b))) {
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

/* ---- lines ---- */

static enum zt_err
check_and_apply(struct log_reader *r, const struct entry *e, uint64_t index)
{
	const char *message = "";
	enum zt_err err;

	if (r->go_on != NULL && (err = r->go_on(r->ctx)))
		return err;
	err = rules_check(r->o, e, index, &message);
	/* Between two devices a conflict is a race; in a log that is shown it is a lie. */
	if (err == ZT_ERR_CONFLICT)
		err = ZT_ERR_FORK;
	if (err)
		return refuse_line(r, err, index, message);
	r->entries++;
	return org_state_apply(r->o, e, index);
}

/* The log's first entry is the genesis signed by the pinned root key. */
static enum zt_err
check_genesis(struct log_reader *r)
{
	/* rules.c has checked that the organization's id names this root key */
	if (r->o->begun && (r->root_key == NULL ||
			       memcmp(r->o->root_key, r->root_key, SIGN_PUBLIC_BYTES) == 0))
		return ZT_OK;
	return refuse(r, ZT_ERR_ROOT,
	    "the server's log begins with another root key than this device has pinned");
}

static enum zt_err
take_shown(struct log_reader *r, const struct entry *e, uint64_t index)
{
	if (log_is_next(r->o, e))
		return check_and_apply(r, e, index);
	if (e->body->topic_index < topic_length(r->o, &e->topic))
		return refuse_line(
		    r, ZT_ERR_FORK, index, "another entry is at its place of the topic");
	return note_behind(r, &e->topic, index);
}

static enum zt_err
read_line(struct log_reader *r, const Zt__LogLine *line, struct log_line *out)
{
	struct statement st;
	enum zt_err err;

	if (line->entry != NULL) {
		if ((err = statement_of(line->entry, &st)) == ZT_OK)
			err = log_line_shown(&st, out);
		return err ? refuse_line(r, err, line->index, "") : ZT_OK;
	}
	if ((err = log_line_hidden(line->digest, line->tag, out)))
		return refuse_line(r, err, line->index, "its hash is missing");
	return ZT_OK;
}

enum zt_err
log_reader_line(struct log_reader *r, const Zt__LogLine *line)
{
	uint64_t index = merkle_size(r->o->tree);
	struct log_line is = { .entry = NULL };
	enum zt_err err;

	if (line->index != index)
		return refuse_line(
		    r, ZT_ERR_CORRUPT, index, "entries were left out, or repeated");
	if ((err = read_line(r, line, &is)) == ZT_OK)
		err = is.entry == NULL ? org_state_hide(r->o, &is.tag)
				       : take_shown(r, is.entry, index);
	if (err == ZT_OK && index == 0)
		err = check_genesis(r);
	if (err == ZT_OK)
		err = merkle_add(r->o->tree, &is.leaf);
	if (err == ZT_OK && r->keep != NULL)
		err = r->keep(r->ctx, index, &is);
	entry_free(is.entry);
	return err;
}

/* ---- pages ---- */

/* The page's head: signed by the log key, not older than what was verified, and provably a
 * continuation of it. */
static enum zt_err
check_head(struct log_reader *r, const Zt__LogPage *page, uint64_t from)
{
	struct merkle_proof proof;
	struct statement st;
	struct hash root;
	enum zt_err err;

	if ((err = statement_of(page->head, &st)) ||
	    (err = head_check(r->o->log_key, &r->o->id, &st, &r->head)))
		return refuse(r, err, "the server's tree head is not one of this log");
	if (r->head.size < from) {
		r->number = r->head.size;
		r->other = from;
		return refuse(r, ZT_ERR_ROLLBACK,
		    "the server's trust log is shorter than what was verified");
	}
	if (from == 0)
		return ZT_OK;
	if ((err = merkle_root(r->o->tree, from, &root)) ||
	    (err = merkle_proof_of(page->n_consistency, page->consistency, &proof)) ||
	    (err = merkle_check_consistency(from, r->head.size, &root, &r->head.root, &proof)))
		return refuse(r, r->head.size == from ? ZT_ERR_FORK : ZT_ERR_PROOF,
		    "the server's trust log does not continue the one that this device has "
		    "verified");
	return ZT_OK;
}

enum zt_err
log_reader_page(struct log_reader *r, const Zt__LogPage *page)
{
	uint64_t from = merkle_size(r->o->tree);
	size_t i = 0;
	enum zt_err err = ZT_OK;

	if (from == 0) { /* the first entry has the head's key */
		if (page->n_lines == 0)
			return refuse(r, ZT_ERR_CORRUPT, "the server's log is empty");
		if ((err = log_reader_line(r, page->lines[i++])))
			return err;
	}
	if ((err = check_head(r, page, from)))
		return err;
	if (from + page->n_lines > r->head.size)
		return refuse(
		    r, ZT_ERR_CORRUPT, "the server sent more entries than its head covers");
	if (page->n_lines == 0 && from < r->head.size)
		return refuse(r, ZT_ERR_CORRUPT, "the server withholds entries");
	for (; err == ZT_OK && i < page->n_lines; i++)
		err = log_reader_line(r, page->lines[i]);
	if (err == ZT_OK && !log_reader_wants_page(r) &&
	    !log_reader_has(r, r->head.size, &r->head.root))
		err = refuse(r, ZT_ERR_FORK,
		    "the entries that the server sent are not those of its signed tree head");
	return err;
}

bool
log_reader_wants_page(const struct log_reader *r)
{
	return merkle_size(r->o->tree) < r->head.size;
}

/* ---- topics that became visible ---- */

/* Whether the reader has a role in the workspace TOPIC, as far as it is known here. */
static bool
is_mine(const struct log_reader *r, const struct id *topic)
{
	const struct org_workspace *w = org_state_workspace(r->o, topic);
	const struct org_user *u = r->user != NULL ? org_state_user(r->o, r->user) : NULL;

	return w != NULL && u != NULL && org_state_role(w, u, ORG_NEVER) != ROLE_NONE;
}

const struct id *
log_reader_wants_topic(struct log_reader *r, uint64_t *from)
{
	struct behind *b;
	size_t at = r->topic_at;

	while ((b = idmap_next(&r->behind, &at)) != NULL) {
		if (b->count > 0) {
			*from = topic_length(r->o, &b->topic);
			return &b->topic;
		}
		r->topic_at = at; /* no entry of it is missed any more */
	}
	return NULL;
}

static enum zt_err
take_topic_line(struct log_reader *r, struct behind *b, const Zt__LogLine *line)
{
	struct log_line is = { .entry = NULL };
	const struct entry *e;
	enum zt_err err;

	if (line->entry == NULL)
		return refuse(
		    r, ZT_ERR_CORRUPT, "the server withholds entries of a workspace of yours");
	if ((err = read_line(r, line, &is)))
		return err;
	e = is.entry;
	if (!hash_equal(merkle_leaf(r->o->tree, line->index), &e->leaf))
		err = refuse_line(r, ZT_ERR_PROOF, line->index,
		    "it is not the entry at this place of the verified log");
	else if (!id_equal(&e->topic, &b->topic))
		err =
		    refuse_line(r, ZT_ERR_CORRUPT, line->index, "it belongs to another topic");
	else
		err = check_and_apply(r, e, line->index);
	if (err == ZT_OK && r->keep != NULL)
		err = r->keep(r->ctx, line->index, &is);
	if (err == ZT_OK)
		caught_up(b, line->index);
	entry_free(is.entry);
	return err;
}

enum zt_err
log_reader_topic(struct log_reader *r, const struct id *topic, const Zt__TopicPage *page)
{
	struct behind *b = idmap_get(&r->behind, topic);
	uint64_t before = topic_length(r->o, topic);
	enum zt_err err = ZT_OK;

	for (size_t i = 0; b != NULL && err == ZT_OK && i < page->n_lines; i++) {
		const Zt__LogLine *line = page->lines[i];

		/* What is newer than the log so far waits for its page; and what was there
		 * before, or after, the reader's time is not for them. */
		if (line->index >= merkle_size(r->o->tree) ||
		    (line->entry == NULL && !is_mine(r, topic)))
			break;
		err = take_topic_line(r, b, line);
	}
	/* What nobody can tell of is made up: no other topic is asked for. */
	if (b != NULL && err == ZT_OK && b->count > 0 && topic_length(r->o, topic) == before)
		err = refuse_line(r, ZT_ERR_CORRUPT, b->index[0],
		    "it does not follow the entries of its topic");
	return err;
}

/* ---- the end ---- */

bool
log_reader_has(const struct log_reader *r, uint64_t size, const struct hash *root)
{
	struct hash is;

	return merkle_root(r->o->tree, size, &is) == ZT_OK && hash_equal(&is, root);
}

/* A true head covers hidden entries too: one of a topic that this reader may see shows that the
 * server hides it (P4, P5). */
static enum zt_err
check_hidden(struct log_reader *r)
{
	const struct org_workspace *w;
	size_t at = 0;

	if (org_state_hides_next(r->o, &r->o->id))
		return refuse(r, ZT_ERR_FORK,
		    "the server hides an entry of the trust log that every member may see");
	while ((w = idmap_next(&r->o->workspaces, &at)) != NULL)
		if (is_mine(r, &w->id) && org_state_hides_next(r->o, &w->id))
			return refuse(r, ZT_ERR_FORK,
			    "the server hides an entry of a workspace of yours");
	return ZT_OK;
}

enum zt_err
log_reader_end(struct log_reader *r)
{
	struct behind *b;
	size_t at = 0;

	if (log_reader_wants_page(r))
		return refuse(r, ZT_ERR_CORRUPT, "the server withholds entries");
	while ((b = idmap_next(&r->behind, &at)) != NULL)
		if (b->count > 0)
			return refuse_line(r, ZT_ERR_CORRUPT, b->index[0],
			    "it does not follow the entries of its topic");
	return check_hidden(r);
}
