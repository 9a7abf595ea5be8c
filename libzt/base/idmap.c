#include "base/idmap.h"

#include <stdlib.h>

static struct idmap_slot *
find(struct idmap_slot *slots, size_t cap, const struct id *id)
{
	size_t i = id_slot(id) & (cap - 1);

	while (slots[i].value != NULL && !id_equal(&slots[i].id, id))
		i = (i + 1) & (cap - 1);
	return &slots[i];
}

void *
idmap_get(const struct idmap *m, const struct id *id)
{
	return m->cap == 0 ? NULL : find(m->slots, m->cap, id)->value;
}

static enum zt_err
grow(struct idmap *m)
{
	size_t cap = m->cap == 0 ? 16 : m->cap * 2;
	struct idmap_slot *slots = calloc(cap, sizeof *slots);

	if (slots == NULL)
		return ZT_ERR_MEMORY;
	for (size_t i = 0; i < m->cap; i++)
		if (m->slots[i].value != NULL)
			*find(slots, cap, &m->slots[i].id) = m->slots[i];
	free(m->slots);
	m->slots = slots;
	m->cap = cap;
	return ZT_OK;
}

enum zt_err
idmap_put(struct idmap *m, const struct id *id, void *value)
{
	struct idmap_slot *s;

	if (m->count + 1 > m->cap / 2 && grow(m) != ZT_OK)
		return ZT_ERR_MEMORY;
	s = find(m->slots, m->cap, id);
	if (s->value == NULL)
		m->count++;
	s->id = *id;
	s->value = value;
	return ZT_OK;
}

void *
idmap_next(const struct idmap *m, size_t *at)
{
	while (*at < m->cap) {
		void *v = m->slots[(*at)++].value;

		if (v != NULL)
			return v;
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
	free(m->slots);
	*m = (struct idmap){ 0 };
}
