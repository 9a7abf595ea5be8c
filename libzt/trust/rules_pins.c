/* SPDX-License-Identifier: Apache-2.0 */
/* rules_pins.c - the places of chains that an act pins, for those who lose the right to write.
 */
#include "format/limits.h"
#include "trust/rules_parts.h"

static enum zt_err
topics_are_good(struct act *a, const Zt__ChainPin *m)
{
	if (m->n_topics > LIMIT_TOPIC_PINS)
		return rules_no(a, ZT_ERR_LIMIT, "an act pins too many topics");
	for (size_t i = 0; i < m->n_topics; i++) {
		const Zt__TopicPin *t = m->topics[i];

		if (t->topic.len != ID_BYTES || t->link.len != HASH_BYTES || t->position == 0)
			return rules_no(
			    a, ZT_ERR_CORRUPT, "the place in a topic is not well formed");
		/* Each rotation pins again what an earlier one pinned: no member makes the
		 * others pin what they do not know. */
		if (a->w->kind == SPACE_WORKSPACE ||
		    memcmp(t->topic.data, a->w->id.b, ID_BYTES) != 0)
			return rules_no(a, ZT_ERR_CORRUPT,
			    "a topic is pinned that the space does not have");
		if (i > 0 && memcmp(m->topics[i - 1]->topic.data, t->topic.data, ID_BYTES) >= 0)
			return rules_no(
			    a, ZT_ERR_CORRUPT, "topics are pinned in another order");
	}
	return ZT_OK;
}

/* What M says of topic IS of the earlier pin P; NULL: nothing. */
static const Zt__TopicPin *
pinned_again(const Zt__ChainPin *m, const struct org_topic_pin *is)
{
	for (size_t i = 0; i < m->n_topics; i++)
		if (memcmp(m->topics[i]->topic.data, is->topic.b, ID_BYTES) == 0)
			return m->topics[i];
	return NULL;
}

/* The same rules as for the chain, for each topic that P pinned. */
static enum zt_err
follows_topics(
    struct act *a, const Zt__ChainPin *m, const struct org_pin *p, bool both_rotations)
{
	for (size_t i = 0; i < p->topic_count; i++) {
		const struct org_topic_pin *is = &p->topics[i];
		const Zt__TopicPin *t = pinned_again(m, is);

		if (both_rotations && (t == NULL || t->position < is->position))
			return rules_no(a, ZT_ERR_CORRUPT,
			    "the rotation pins an older place than the one before");
		if (t != NULL && t->position == is->position &&
		    memcmp(t->link.data, is->link.b, HASH_BYTES) != 0)
			return rules_no(
			    a, ZT_ERR_FORK, "an entry before pins another chain at this place");
	}
	return ZT_OK;
}

enum zt_err
rules_check_pin(struct act *a, const Zt__ChainPin *m, bool is_rotation)
{
	enum zt_err err = topics_are_good(a, m);

	if (err)
		return err;
	if (m->link.len != (m->position > 0 ? HASH_BYTES : 0))
		return rules_no(a, ZT_ERR_CORRUPT, "the place in the chain is not well formed");
	for (size_t i = 0; i < a->w->pin_count; i++) {
		const struct org_pin *p = &a->w->pins[i];

		if (p->voided)
			continue;
		if (is_rotation && p->of == NULL && m->position < p->position)
			return rules_no(a, ZT_ERR_CORRUPT,
			    "the rotation pins an older place than the one before");
		if (m->position > 0 && m->position == p->position &&
		    memcmp(m->link.data, p->link.b, HASH_BYTES) != 0)
			return rules_no(
			    a, ZT_ERR_FORK, "an entry before pins another chain at this place");
		if ((err = follows_topics(a, m, p, is_rotation && p->of == NULL)))
			return err;
	}
	return ZT_OK;
}
