/* SPDX-License-Identifier: Apache-2.0 */
#include "content/lost.h"

#include <stdlib.h>

#include "base/wire.h"
#include "chain/bring.h"
#include "crypto/idmap.h"
#include "files/changeset.h"
#include "format/pb.h"

struct lost {
	struct workspace *s;
	struct idmap asked; /* positions, as keys */
	struct idmap ids;   /* of lost blocks */
	/* The changeset that was looked at last: files of one folder came in few. */
	uint64_t position;
	Zt__PushRequest *push;
	struct changeset cs;
	struct change *changes;
};

enum zt_err
lost_new(struct workspace *s, struct lost **out)
{
	if ((*out = calloc(1, sizeof **out)) == NULL)
		return ZT_ERR_MEMORY;
	(*out)->s = s;
	return ZT_OK;
}

static void
forget_changeset(struct lost *l)
{
	free(l->changes);
	pb_free(l->push);
	l->changes = NULL;
	l->push = NULL;
	l->position = 0;
}

void
lost_free(struct lost *l)
{
	if (l == NULL)
		return;
	forget_changeset(l);
	idmap_free(&l->asked, NULL);
	idmap_free(&l->ids, NULL);
	free(l);
}

static enum zt_err
look_at(struct lost *l, uint64_t position)
{
	enum zt_err err;

	if (l->position == position)
		return ZT_OK;
	forget_changeset(l);
	if ((err = bring_held(l->s, position, &l->push)) == ZT_OK &&
	    (err = changeset_read(l->push->changeset, &l->cs, &l->changes)) == ZT_OK)
		l->position = position;
	else
		forget_changeset(l);
	return err;
}

/* The change of VLOB in the changeset that is looked at, or NULL. */
static const struct change *
change_of(const struct lost *l, const struct id *vlob)
{
	for (size_t i = 0; i < l->cs.count; i++)
		if (id_equal(&l->changes[i].vlob, vlob))
			return &l->changes[i];
	return NULL;
}

/* Asks for the changeset that is looked at, unless it was asked for. */
static enum zt_err
ask(struct lost *l)
{
	Zt__RepairAnswer *answer = NULL;
	struct id key = { { 0 } }, id;
	enum zt_err err;

	wire_store_u64(key.b, l->position);
	if (idmap_get(&l->asked, &key) != NULL)
		return ZT_OK;
	if ((err = idmap_put(&l->asked, &key, l)) == ZT_OK)
		err = bring_send(l->s, l->position, l->push, NULL, l->cs.count, &answer);
	for (size_t i = 0; err == ZT_OK && i + ID_BYTES <= answer->lost.len; i += ID_BYTES) {
		memcpy(id.b, answer->lost.data + i, ID_BYTES);
		err = idmap_put(&l->ids, &id, l);
	}
	pb_free(answer);
	return err;
}

static struct id
block_at(const struct change *c, size_t at)
{
	struct id id = { { 0 } };

	memcpy(id.b, c->blocks.p + at, ID_BYTES);
	return id;
}

/* Takes out of WANTED what C added of it, and sets *ANY if the server lacks some of that. */
static enum zt_err
look_for(struct lost *l, const struct change *c, struct idmap *wanted, bool *any)
{
	bool is_here = false;
	struct id id;
	enum zt_err err;

	for (size_t i = 0; !is_here && i + ID_BYTES <= c->blocks.n; i += ID_BYTES) {
		id = block_at(c, i);
		is_here = idmap_get(wanted, &id) != NULL;
	}
	if (!is_here)
		return ZT_OK;
	if ((err = ask(l)))
		return err;
	for (size_t i = 0; i + ID_BYTES <= c->blocks.n; i += ID_BYTES) {
		id = block_at(c, i);
		if (idmap_remove(wanted, &id) != NULL && idmap_get(&l->ids, &id) != NULL)
			*any = true;
	}
	return ZT_OK;
}

/* The blocks of F, each once. */
static enum zt_err
blocks_of(struct lost *l, const Zt__FileManifest *f, struct idmap *wanted)
{
	size_t n =
	    f->content_case == ZT__FILE_MANIFEST__CONTENT_BLOCKS ? f->blocks->n_blocks : 0;
	enum zt_err err = ZT_OK;

	for (size_t i = 0; err == ZT_OK && i < n; i++) {
		struct id id;

		if (f->blocks->blocks[i]->hole == 0 &&
		    (err = pb_id(f->blocks->blocks[i]->id, &id)) == ZT_OK)
			err = idmap_put(wanted, &id, l);
	}
	return err;
}

/* A version may keep blocks that older ones added: from the newest back, until each is found.
 */
enum zt_err
lost_any(struct lost *l, const struct id *vlob, uint64_t version, const Zt__FileManifest *f,
    bool *any)
{
	struct idmap wanted = { 0 };
	enum zt_err err = blocks_of(l, f, &wanted);

	*any = false;
	for (; err == ZT_OK && version > 0 && wanted.count > 0; version--) {
		const struct change *c = NULL;
		struct workspace_version v;

		if ((err = workspace_version(l->s, vlob, version, &v)) == ZT_OK &&
		    (err = look_at(l, v.position)) == ZT_OK && (c = change_of(l, vlob)) != NULL)
			err = look_for(l, c, &wanted, any);
		if (err == ZT_ERR_NOT_FOUND && c == NULL)
			err = ZT_OK; /* it is not known here */
	}
	idmap_free(&wanted, NULL);
	return err;
}
