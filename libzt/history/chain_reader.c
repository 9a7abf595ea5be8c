/* SPDX-License-Identifier: Apache-2.0 */
#include "history/chain_reader.h"

#include <stdlib.h>

static enum zt_err
refuse(struct chain_reader *r, enum zt_err err, const char *message)
{
	r->message = message[0] != 0 ? message : err_text(err);
	return err;
}

/* What the author had verified must be a link of this very chain. */
static enum zt_err
check_parent(struct chain_reader *r, const struct changeset *cs)
{
	struct hash link;
	uint64_t time = 0;
	enum zt_err err = r->parent(r->ctx, cs, &link, &time);

	if (err == ZT_OK)
		err = changeset_check_parent(cs, &link, time);
	else if (err != ZT_ERR_NOT_FOUND && err != ZT_ERR_FORK)
		return err;
	if (err == ZT_ERR_CLOCK)
		return refuse(r, ZT_ERR_CORRUPT,
		    "it claims an earlier time than the changeset that its author built on");
	return err ? refuse(r, ZT_ERR_FORK,
			 "its author had seen another history of this workspace than is shown "
			 "here")
		   : ZT_OK;
}

/* Whether CS is valid in its place; it may be, and not count. */
static enum zt_err
judge(struct chain_reader *r, const struct changeset *cs, uint64_t known)
{
	struct changeset_place place = { r->position + 1, known };
	const char *message = "";
	enum zt_err err;

	if (cs->parent_position > 0 && cs->parent_position < place.position &&
	    (err = check_parent(r, cs)))
		return err;
	err = changeset_check(r->o, r->w, cs, &place, &message);
	r->is_excluded = err == ZT_ERR_REVOKED;
	if (err == ZT_OK || r->is_excluded)
		return ZT_OK;
	r->is_of_author = true;
	return refuse(r, err, message);
}

static void
advance(struct chain_reader *r, const struct hash *link, uint64_t time)
{
	r->position++;
	r->link = *link;
	r->time = time;
}

static enum zt_err
take_changes(struct chain_reader *r, const struct changeset *cs, const struct change *changes)
{
	struct chain_change of = { cs, r->position + 1, r->is_excluded, false };
	enum zt_err err = ZT_OK;

	for (size_t i = 0; err == ZT_OK && i < cs->count; i++)
		err = r->change(r->ctx, &of, &changes[i]);
	return err;
}

enum zt_err
chain_reader_take(struct chain_reader *r, const Zt__Changeset *m, uint64_t known)
{
	struct changeset cs;
	struct change *changes = NULL;
	struct hash next = { { 0 } };
	const char *message = "";
	enum zt_err err;

	r->message = NULL;
	r->has_author = r->is_excluded = r->is_of_author = false;
	r->count = 0;
	r->seen_size = 0;
	if (changeset_read_statement(m->statement, &cs) == ZT_OK) {
		changeset_link(&r->link, &cs.stmt, &next);
		r->is_excluded = org_state_is_void(r->w, r->position + 1, &next);
	}
	if ((err = changeset_read(m, &cs, &changes))) {
		if (!r->is_excluded)
			return refuse(
			    r, err, "it is not what its author signed, or cannot be read");
		advance(r, &next, 0); /* an owner passed over what nobody can read */
		return ZT_OK;
	}
	r->has_author = true;
	r->author = cs.author;
	r->count = cs.count;
	r->seen_size = cs.seen_size;
	if (!r->is_excluded && (err = judge(r, &cs, known)))
		goto out;
	if ((err = changeset_check_pin(r->w, r->position + 1, &next, &message))) {
		err = refuse(r, err, message);
		goto out;
	}
	if ((err = take_changes(r, &cs, changes)) == ZT_OK)
		advance(r, &next, cs.time);
out:
	free(changes);
	return err;
}
