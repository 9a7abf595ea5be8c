/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/idmap.h"

#include <stdlib.h>

enum { FIRST = 16, MOVE = 8 };

/* Marks a slot whose entry was removed, or is in the other table by now: a search continues. */
static const char gone;
#define GONE ((void *)(uintptr_t)&gone)

static bool
is_live(const struct idmap_slot *s)
{
	return s->value != NULL && s->value != GONE;
}

/* The slot of ID, or the free one where the search for it ends. */
static struct idmap_slot *
find(const struct idmap *m, const struct idmap_table *t, const struct id *id)
{
	size_t i = (size_t)hash_short(&m->key, bytes_of(id->b, ID_BYTES)) & (t->cap - 1);

	while (t->slots[i].value != NULL &&
	       (t->slots[i].value == GONE || !id_equal(&t->slots[i].id, id)))
		i = (i + 1) & (t->cap - 1);
	return &t->slots[i];
}

static struct idmap_slot *
look_up(const struct idmap *m, const struct id *id)
{
	struct idmap_slot *s;

	if (m->now.cap != 0 && (s = find(m, &m->now, id))->value != NULL)
		return s;
	if (m->old.cap != 0 && (s = find(m, &m->old, id))->value != NULL)
		return s;
	return NULL;
}

void *
idmap_get(const struct idmap *m, const struct id *id)
{
	const struct idmap_slot *s = look_up(m, id);

	return s != NULL ? s->value : NULL;
}

static void
add(struct idmap *m, const struct idmap_slot *entry)
{
	*find(m, &m->now, &entry->id) = *entry;
	m->now.used++;
}

/* A table is full at half of its slots, and begins at most a quarter full: with eight slots for
 * each put the old one is empty long before the new one is full. */
static void
move_some(struct idmap *m)
{
	for (size_t n = 0; n < MOVE && m->moved < m->old.cap; n++) {
		struct idmap_slot *s = &m->old.slots[m->moved++];

		if (is_live(s)) {
			add(m, s);
			s->value = GONE;
		}
	}
	if (m->old.cap != 0 && m->moved == m->old.cap) {
		free(m->old.slots);
		m->old = (struct idmap_table){ 0 };
	}
}

static enum zt_err
grow(struct idmap *m)
{
	struct idmap_table t = { .cap = m->now.cap };

	if (t.cap == 0) {
		t.cap = FIRST;
		hash_key_make(&m->key);
	} else if (m->count > t.cap / 4) {
		t.cap *= 2;
	}
	if ((t.slots = calloc(t.cap, sizeof *t.slots)) == NULL)
		return ZT_ERR_MEMORY;
	while (m->old.cap != 0) /* none are left, unless the table is tiny */
		move_some(m);
	m->old = m->now;
	m->now = t;
	m->moved = 0;
	return ZT_OK;
}

enum zt_err
idmap_put(struct idmap *m, const struct id *id, void *value)
{
	struct idmap_slot *s = look_up(m, id);

	if (s != NULL) {
		s->value = value;
		return ZT_OK;
	}
	if (m->now.used + 1 > m->now.cap / 2 && grow(m) != ZT_OK)
		return ZT_ERR_MEMORY;
	add(m, &(struct idmap_slot){ *id, value });
	m->count++;
	move_some(m);
	return ZT_OK;
}

void *
idmap_remove(struct idmap *m, const struct id *id)
{
	struct idmap_slot *s = look_up(m, id);
	void *value = NULL;

	if (s != NULL) {
		value = s->value;
		s->value = GONE;
		m->count--;
	}
	return value;
}

void *
idmap_next(const struct idmap *m, size_t *at)
{
	while (*at < m->old.cap + m->now.cap) {
		size_t i = (*at)++;
		const struct idmap_slot *s =
		    i < m->old.cap ? &m->old.slots[i] : &m->now.slots[i - m->old.cap];

		if (is_live(s))
			return s->value;
	}
	return NULL;
}

void
idmap_free(struct idmap *m, void (*free_value)(void *))
{
	size_t at = 0;
	void *v;

	while (free_value != NULL && (v = idmap_next(m, &at)) != NULL)
		free_value(v);
	free(m->old.slots);
	free(m->now.slots);
	*m = (struct idmap){ 0 };
}
