/* SPDX-License-Identifier: Apache-2.0 */
/* pin.c - how far a topic counts of those who lost the right to write: what this device
 * verified, or a colleague's message says that they had, before the loss was known. */
#include "topic/pin.h"

#include "format/pb.h"

enum { BACK = 500, BACK_MOST = 100000 };

/* Makes sure that POSITION is held. *IS: it is. */
static enum zt_err
reach(struct topic *t, uint64_t position, bool *is)
{
	bool is_all = false;
	enum zt_err err = ZT_OK;

	while (err == ZT_OK && position < t->first && !is_all)
		err = topic_back(t, BACK, &is_all);
	*is = err == ZT_OK && t->first > 0 && position >= t->first;
	return err;
}

/* How far M, a message, says that its author had verified the topic before LOSS; or that this
 * device had. 0: it says nothing. */
static uint64_t
says(const struct topic *t, const struct topic_message *m, uint64_t loss)
{
	const struct org_device *d = org_state_device(t->s->z->state, &m->m.author);

	if (m->known <= loss)
		return m->position;
	return m->m.seen_size <= loss && d != NULL &&
		       org_state_loss(t->s->w, d, m->m.seen_size) == ORG_NEVER
		   ? m->m.parent_position
		   : 0;
}

/* What pins from before LOSS say of T. */
static uint64_t
pinned_before(const struct topic *t, uint64_t loss)
{
	const struct org_workspace *w = t->s->w;
	uint64_t far = 0;

	for (size_t i = 0; i < w->pin_count; i++) {
		const struct org_topic_pin *is = w->pins[i].voided || w->pins[i].index >= loss
						     ? NULL
						     : org_state_topic_pin(&w->pins[i], &t->id);

		if (is != NULL && is->position > far)
			far = is->position;
	}
	return far;
}

static enum zt_err
counts_to(struct topic *t, uint64_t *out)
{
	uint64_t loss = org_state_unpinned_loss(t->s->w, ORG_NEVER), far, q;
	enum zt_err err = ZT_OK;

	*out = t->position;
	if (loss == ORG_NEVER)
		return ZT_OK;
	far = pinned_before(t, loss);
	for (uint64_t p = t->position; err == ZT_OK && p > far && t->position - p < BACK_MOST;
	     p--) {
		struct topic_message m;
		bool is;

		if ((err = reach(t, p, &is)) || !is || (err = topic_get(t, p, &m)))
			break;
		if ((q = says(t, &m, loss)) > far)
			far = q;
		topic_message_end(&m);
	}
	*out = far;
	return err;
}

static enum zt_err
link_of(struct topic *t, uint64_t position, struct hash *out)
{
	const struct org_topic_pin *far = org_state_furthest_topic_pin(t->s->w, &t->id);
	struct topic_message m;
	bool is;
	enum zt_err err;

	if (far != NULL && far->position == position) {
		*out = far->link; /* also where the server does not show it any more */
		return ZT_OK;
	}
	err = reach(t, position, &is);

	if (err == ZT_OK && (err = topic_get(t, position, &m)) == ZT_OK) {
		*out = m.link;
		topic_message_end(&m);
	}
	return err;
}

/* To take access away is never prevented by what a member or the server shows of a topic: then
 * it is pinned as far as it is valid here. */
static enum zt_err
tolerate(struct topic *t, enum zt_err err)
{
	if (err != ZT_ERR_FORK && err != ZT_ERR_ROLLBACK && err != ZT_ERR_CORRUPT &&
	    err != ZT_ERR_RESTORED && err != ZT_ERR_SIGNATURE && err != ZT_ERR_FORBIDDEN &&
	    err != ZT_ERR_UNKNOWN_DEVICE && err != ZT_ERR_STALE_KEY)
		return err;
	t->s->z->message[0] = 0;
	return ZT_OK;
}

enum zt_err
topic_add_pins(
    struct workspace *s, bool is_rotation, struct topic_pins *keep, Zt__ChainPin *pin)
{
	struct topic t;
	uint64_t far;
	enum zt_err err;

	if (s->w->kind == SPACE_WORKSPACE)
		return ZT_OK;
	if ((err = topic_open(s, &s->w->id, &t)) || (err = tolerate(&t, topic_sync(&t))))
		return err;
	far = t.position;
	if ((is_rotation && (err = tolerate(&t, counts_to(&t, &far)))) || far == 0 ||
	    (err = link_of(&t, far, &keep->link)))
		return err;
	zt__topic_pin__init(&keep->pin);
	keep->topic = s->w->id;
	keep->pin.topic = pb_field(keep->topic.b, ID_BYTES);
	keep->pin.position = far;
	keep->pin.link = pb_field(keep->link.b, HASH_BYTES);
	keep->list[0] = &keep->pin;
	pin->topics = keep->list;
	pin->n_topics = 1;
	return ZT_OK;
}
