/* SPDX-License-Identifier: Apache-2.0 */
/* send.c - a message of this device, until it has its place. */
#include "chain/keys.h"
#include "format/limits.h"
#include "format/pb.h"
#include "log/sync.h"
#include "session/freeze.h"
#include "topic/records.h"
#include "topic/take.h"
#include "topic/topic.h"

enum { TRIES = 6 };

/* One try: the message as it is sealed and signed for it. */
struct outgoing {
	struct message m;
	struct buf sealed, body;
};

static enum zt_err
sign_one(struct topic *t, struct bytes clear, struct outgoing *o)
{
	struct zt *z = t->s->z;
	const struct secret *key;
	uint64_t now = session_now_ms();
	enum zt_err err;

	if (org_state_needs_rotation(t->s->w, ORG_NEVER))
		return session_refuse(z, ZT_ERR_STALE_KEY,
		    "a member left: nothing new is written here until a manager's or owner's "
		    "device has rotated the key");
	if ((err = workspace_key_to_write(t->s, &key)))
		return err;
	o->m.org = z->org;
	o->m.space = t->s->w->id;
	o->m.topic = t->id;
	o->m.author = z->device;
	o->m.generation = (unsigned)t->s->w->generation_count;
	o->m.parent_position = t->position;
	o->m.parent_link = t->link;
	o->m.seen_size = merkle_size(z->state->tree);
	/* Never earlier than the parent's time, even if its author's clock was wrong. */
	o->m.time = now > t->time ? now : t->time;
	if (merkle_root(z->state->tree, o->m.seen_size, &o->m.seen_root))
		return ZT_ERR_STORE;
	buf_empty(&o->sealed);
	buf_empty(&o->body);
	return (err = message_seal(key, &o->m, clear, &o->sealed))
		   ? err
		   : message_sign(z->sign, &o->m, &o->body);
}

static enum zt_err
call(struct topic *t, const Zt__Message *m, Zt__MessageAnswer **out)
{
	struct zt *z = t->s->z;
	struct route_params p = { .org = z->org, .id = t->s->w->id, .about = t->id };
	struct buf body = buf_init(LIMIT_MESSAGE + 2 * LIMIT_MESSAGE_BODY),
		   answer = buf_init(4096);
	enum zt_err err = pb_encode(m, &body);

	if (err == ZT_OK)
		err = session_call(z, ROUTE_MESSAGE_PUT, &p, NULL, buf_bytes(&body), &answer);
	if (err == ZT_OK)
		err = pb_decode(&zt__message_answer__descriptor, buf_bytes(&answer), 4096, out);
	buf_free(&body);
	buf_free(&answer);
	return err;
}

/* It came right behind what is held here: nothing is to be fetched. */
static enum zt_err
take_next(struct topic *t, const Zt__Message *m)
{
	struct zt *z = t->s->z;
	struct topic before = *t;
	struct message_reader r = topic_reader(t);
	enum zt_err err;

	if ((err = store_begin(z->store)))
		return err;
	if (t->first == 0)
		t->first = 1;
	if ((err = topic_take(t, &r, m)) == ZT_OK) {
		t->position = r.position;
		t->link = r.link;
		t->time = r.m.time;
	}
	if (err == ZT_OK && (err = topic_note(t)) == ZT_OK)
		err = store_commit(z->store);
	store_rollback(z->store);
	if (err)
		*t = before;
	return session_note_fork(z, &t->s->w->id, err);
}

/* What the server acknowledged must be where it says: otherwise it could drop a message without
 * a trace. */
static enum zt_err
check_there(struct topic *t, const struct id *id, uint64_t position)
{
	uint64_t at = 0;
	bool is_all = false;
	enum zt_err err = topic_sync(t);

	while (err == ZT_OK && position < t->first && !is_all)
		err = topic_back(t, t->first - position, &is_all);
	if (err)
		return err;
	if (topic_find(t, id, &at) || at != position)
		return session_refuse(t->s->z, ZT_ERR_ROLLBACK,
		    "the server said that it had taken the message, and shows the conversation "
		    "without it: nothing of it is there");
	return ZT_OK;
}

static enum zt_err
try_one(struct topic *t, struct bytes clear, struct outgoing *o, uint64_t *position)
{
	Zt__Message m = ZT__MESSAGE__INIT;
	Zt__MessageAnswer *a = NULL;
	Zt__Statement st;
	struct hash next;
	enum zt_err err = sign_one(t, clear, o);

	if (err)
		return err;
	message_link(&t->link, &o->m.stmt, &next);
	st = statement_message(&o->m.stmt);
	m.statement = &st;
	m.sealed = pb_field(o->sealed.p, o->sealed.n);
	if ((err = call(t, &m, &a)))
		return err;
	/* Another link: it is there as it was signed at an earlier try, whose answer was lost.
	 * What the log key did not sign is looked for. */
	err =
	    a->position == t->position + 1 && topic_is_signed(t, a->signed_, a->position, &next)
		? take_next(t, &m)
		: check_there(t, &o->m.id, a->position);
	if (err == ZT_OK)
		*position = a->position;
	pb_free(a);
	return err;
}

enum zt_err
topic_send(struct topic *t, const struct id *id, struct bytes clear, uint64_t *position)
{
	struct outgoing o = { .m = { .id = *id },
		.sealed = buf_init(LIMIT_MESSAGE),
		.body = buf_init(LIMIT_MESSAGE_BODY) };
	enum zt_err err = session_may_write(t->s->z, &t->s->w->id);

	if (err == ZT_OK)
		err = try_one(t, clear, &o, position);
	for (int tries = 1; tries < TRIES && err == ZT_ERR_STALE_KEY &&
			    !org_state_needs_rotation(t->s->w, ORG_NEVER);
	     tries++)
		if ((err = log_fetch(t->s->z)) == ZT_OK && (err = topic_sync(t)) == ZT_OK)
			err = try_one(t, clear, &o, position);
	buf_free(&o.sealed);
	buf_free(&o.body);
	return err;
}
