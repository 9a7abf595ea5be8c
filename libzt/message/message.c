/* SPDX-License-Identifier: Apache-2.0 */
#include "message/message.h"

#include "base/wire.h"
#include "crypto/aead.h"
#include "crypto/labels.h"
#include "crypto/suite.h"
#include "format/limits.h"
#include "format/pb.h"

static const struct authored_words words = {
	.elsewhere = N_("a message of another organization or space is in this conversation"),
	.no_place = N_("a message names a place of its conversation that does not exist"),
	.not_adjacent = N_("a message that must be right behind another is elsewhere"),
	.other_log =
	    N_("a colleague's device has seen another trust log than the server shows here"),
	.no_device = N_("a message's author is not a device of the organization"),
	.signature = N_("a message's signature does not match"),
	.no_right = N_("a message's author had no right to write"),
	.old_key = N_("a message was written under a key that was no longer the newest"),
	.late = N_("a removed member's message was put in after the removal; it is left out"),
};

static struct authored
authored_of(const struct message *m)
{
	return (struct authored){ .org = &m->org,
		.space = &m->space,
		.author = &m->author,
		.generation = m->generation,
		.parent_position = m->parent_position,
		.seen_size = m->seen_size,
		.seen_root = &m->seen_root,
		.stmt = &m->stmt,
		.kind = STATEMENT_MESSAGE };
}

/* ---- what is sealed ---- */

/* Binds what is sealed to its place and author: it opens as nothing else. */
static void
add_header(const struct message *m, struct buf *out)
{
	buf_add(out, bytes_of(LABEL_MESSAGE_PAYLOAD, sizeof LABEL_MESSAGE_PAYLOAD));
	buf_add(out, bytes_of(m->org.b, ID_BYTES));
	buf_add(out, bytes_of(m->space.b, ID_BYTES));
	buf_add(out, bytes_of(m->topic.b, ID_BYTES));
	buf_add(out, bytes_of(m->author.b, ID_BYTES));
	buf_add(out, bytes_of(m->id.b, ID_BYTES));
	wire_put_u32(out, m->generation);
}

enum zt_err
message_seal(const struct secret *key, struct message *m, struct bytes clear, struct buf *out)
{
	struct buf header = buf_init(256);
	enum zt_err err;

	add_header(m, &header);
	if ((err = buf_err(&header)) == ZT_OK &&
	    (err = aead_seal(key, buf_bytes(&header), clear, out)) == ZT_OK)
		hash_blake2b(LABEL_MESSAGE_SEALED, buf_bytes(out), &m->sealed);
	buf_free(&header);
	return err;
}

static bool
is_signed(const struct message *m, struct bytes sealed)
{
	struct hash is;

	hash_blake2b(LABEL_MESSAGE_SEALED, sealed, &is);
	return hash_equal(&is, &m->sealed);
}

enum zt_err
message_open(
    const struct secret *key, const struct message *m, struct bytes sealed, struct buf *clear)
{
	struct buf header = buf_init(256);
	enum zt_err err;

	add_header(m, &header);
	err = buf_err(&header);
	if (err == ZT_OK && !is_signed(m, sealed))
		err = ZT_ERR_CORRUPT;
	if (err == ZT_OK)
		err = aead_open(key, buf_bytes(&header), sealed, clear);
	buf_free(&header);
	return err;
}

/* ---- what is signed ---- */

enum zt_err
message_sign(const struct sign_key *key, struct message *m, struct buf *body)
{
	Zt__MessageBody b = ZT__MESSAGE_BODY__INIT;
	Zt__TreeHead seen = ZT__TREE_HEAD__INIT;

	seen.tree_size = m->seen_size;
	seen.root_hash = pb_field(m->seen_root.b, HASH_BYTES);
	b.suite = SUITE_1;
	b.org = pb_field(m->org.b, ID_BYTES);
	b.space = pb_field(m->space.b, ID_BYTES);
	b.topic = pb_field(m->topic.b, ID_BYTES);
	b.generation = m->generation;
	b.parent_position = m->parent_position;
	if (m->parent_position > 0)
		b.parent_link = pb_field(m->parent_link.b, HASH_BYTES);
	b.seen = &seen;
	b.author = pb_field(m->author.b, ID_BYTES);
	b.time = m->time;
	b.id = pb_field(m->id.b, ID_BYTES);
	b.sealed = pb_field(m->sealed.b, HASH_BYTES);
	return statement_sign(key, STATEMENT_MESSAGE, &b, body, &m->stmt);
}

static enum zt_err
read_body(const Zt__MessageBody *b, struct message *out)
{
	if (suite_check(b->suite))
		return ZT_ERR_SUITE;
	if (b->seen == NULL || pb_id(b->org, &out->org) || pb_id(b->space, &out->space) ||
	    pb_id(b->topic, &out->topic) || pb_id(b->author, &out->author) ||
	    pb_id(b->id, &out->id) || pb_hash(b->sealed, &out->sealed) ||
	    pb_hash(b->seen->root_hash, &out->seen_root) || b->generation == 0 ||
	    b->parent_link.len != (b->parent_position > 0 ? HASH_BYTES : 0))
		return ZT_ERR_CORRUPT;
	if (b->parent_position > 0)
		memcpy(out->parent_link.b, b->parent_link.data, HASH_BYTES);
	out->parent_position = b->parent_position;
	out->generation = b->generation;
	out->seen_size = b->seen->tree_size;
	out->time = b->time;
	return ZT_OK;
}

enum zt_err
message_read_statement(const Zt__Statement *s, struct message *out)
{
	Zt__MessageBody *b = NULL;
	struct message m = { .time = 0 };
	enum zt_err err;

	if ((err = statement_of(s, &m.stmt)) == ZT_OK &&
	    (err = pb_decode(&zt__message_body__descriptor, m.stmt.body, LIMIT_MESSAGE_BODY,
		 &b)) == ZT_OK &&
	    (err = read_body(b, &m)) == ZT_OK)
		*out = m;
	pb_free(b);
	return err;
}

enum zt_err
message_read(const Zt__Message *m, struct message *out)
{
	struct message is;
	enum zt_err err = message_read_statement(m->statement, &is);

	if (err)
		return err;
	if (m->sealed.len > LIMIT_MESSAGE)
		return ZT_ERR_TOO_BIG;
	/* Nobody but its author says what a message says: a server that could leave that out
	 * would hide it, or what a deletion or an edit did. */
	if (m->sealed.len == 0 || !is_signed(&is, pb_bytes(m->sealed)))
		return ZT_ERR_CORRUPT;
	*out = is;
	return ZT_OK;
}

void
message_link(const struct hash *before, const struct statement *s, struct hash *out)
{
	struct bytes said[] = { s->body, bytes_of(s->signature, sizeof s->signature) };
	struct hash digest;
	struct bytes parts[] = { bytes_of(before->b, HASH_BYTES),
		bytes_of(digest.b, HASH_BYTES) };

	hash_blake2b_parts(LABEL_MESSAGE_DIGEST, said, 2, &digest);
	hash_blake2b_parts(LABEL_MESSAGE_LINK, parts, 2, out);
}

/* ---- whether it is valid ---- */

enum zt_err
message_check(const struct org_state *o, const struct org_workspace *w, const struct message *m,
    const struct authored_place *place, const char **message)
{
	struct authored a = authored_of(m);

	*message = N_("a message of another conversation is in this one");
	if (!id_equal(&m->topic, place->topic))
		return ZT_ERR_CORRUPT;
	return authored_check(o, w, &a, place, &words, message);
}

enum zt_err
message_check_parent(const struct message *m, const struct hash *link, uint64_t time)
{
	return authored_check_parent(&m->parent_link, m->time, link, time);
}

enum zt_err
message_check_pin(const struct org_workspace *w, const struct id *topic, uint64_t position,
    const struct hash *link, const char **message)
{
	const struct org_topic_pin *is;

	for (size_t i = 0; i < w->pin_count; i++)
		if (!w->pins[i].voided &&
		    (is = org_state_topic_pin(&w->pins[i], topic)) != NULL &&
		    is->position == position && !hash_equal(&is->link, link)) {
			*message = N_("the trust log pins another conversation at this place");
			return ZT_ERR_FORK;
		}
	return ZT_OK;
}

enum zt_err
message_judge(const struct org_state *o, const struct message *m, uint64_t position,
    const struct hash *link, const char **message)
{
	const struct org_workspace *w = org_state_workspace(o, &m->space);
	const struct org_topic_pin *far;
	struct authored_place place = {
		.topic = &m->topic, .position = position, .known = merkle_size(o->tree)
	};
	struct authored a = authored_of(m);
	enum zt_err err;

	*message = "";
	/* The one topic of a channel or a conversation is its own; a workspace has none. */
	if (w == NULL || w->kind == SPACE_WORKSPACE || !id_equal(&m->topic, &w->id))
		return ZT_ERR_NOT_FOUND;
	far = org_state_furthest_topic_pin(w, &m->topic);
	if ((err = authored_check_now(
		 o, w, &a, position, far != NULL ? far->position : 0, &words, message)) ||
	    (err = message_check(o, w, m, &place, message)))
		return err;
	return message_check_pin(w, &m->topic, position, link, message);
}
