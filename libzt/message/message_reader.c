/* SPDX-License-Identifier: Apache-2.0 */
#include "message/message_reader.h"

static enum zt_err
refuse(struct message_reader *r, enum zt_err err, const char *message)
{
	r->message = message[0] != 0 ? message : err_text(err);
	return err;
}

/* What the author had verified must be a link of this very topic. */
static enum zt_err
check_parent(struct message_reader *r)
{
	struct hash link;
	uint64_t time = 0;
	enum zt_err err;

	if (r->m.parent_position == 0 || r->m.parent_position > r->position)
		return ZT_OK; /* message_check says that the place does not exist */
	if ((err = r->parent(r->ctx, r->m.parent_position, &link, &time)) == ZT_ERR_NOT_FOUND) {
		r->owes = true;
		return ZT_OK;
	}
	if (err)
		return err;
	if ((err = message_check_parent(&r->m, &link, time)) == ZT_ERR_FORK)
		return refuse(r, err,
		    N_("its author had seen another history of this conversation than is shown "
		       "here"));
	if (err)
		return refuse(r, ZT_ERR_CORRUPT,
		    N_("it claims an earlier time than the message that its author answered"));
	return ZT_OK;
}

enum zt_err
message_reader_take(struct message_reader *r, const Zt__Message *m, uint64_t known)
{
	struct authored_place place = {
		.topic = &r->topic, .position = r->position + 1, .known = known
	};
	struct hash next;
	const char *message = "";
	enum zt_err err;

	r->message = NULL;
	r->has_author = r->owes = r->is_excluded = false;
	if ((err = message_read(m, &r->m)))
		return refuse(
		    r, err, N_("it is not what its author signed, or cannot be read"));
	r->has_author = true;
	if (r->is_there(r->ctx, &r->m.id))
		return refuse(r, ZT_ERR_CORRUPT, N_("it is shown at two places"));
	if ((err = check_parent(r)))
		return err;
	err = message_check(r->o, r->w, &r->m, &place, &message);
	r->is_excluded = err == ZT_ERR_REVOKED;
	if (err && !r->is_excluded)
		return refuse(r, err, message);
	message_link(&r->link, &r->m.stmt, &next);
	if ((err = message_check_pin(r->w, &r->topic, place.position, &next, &message)))
		return refuse(r, err, message);
	r->position++;
	r->link = next;
	return ZT_OK;
}
