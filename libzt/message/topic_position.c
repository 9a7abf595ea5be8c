/* SPDX-License-Identifier: Apache-2.0 */
#include "message/topic_position.h"

#include "crypto/suite.h"
#include "format/pb.h"

enum zt_err
topic_position_sign(const struct sign_key *log_key, const struct topic_position *p,
    struct buf *body, struct statement *out)
{
	Zt__TopicPositionBody m = ZT__TOPIC_POSITION_BODY__INIT;

	m.suite = SUITE_1;
	m.org = pb_field(p->org.b, ID_BYTES);
	m.space = pb_field(p->space.b, ID_BYTES);
	m.topic = pb_field(p->topic.b, ID_BYTES);
	m.position = p->position;
	m.link = pb_field(p->link.b, HASH_BYTES);
	m.time = p->time;
	return statement_sign(log_key, STATEMENT_TOPIC_POSITION, &m, body, out);
}

static bool
is_id(ProtobufCBinaryData field, const struct id *id)
{
	return bytes_equal(pb_bytes(field), bytes_of(id->b, ID_BYTES));
}

enum zt_err
topic_position_check(const uint8_t log_key[SIGN_PUBLIC_BYTES], const struct statement *s,
    struct topic_position *out)
{
	Zt__TopicPositionBody *m = NULL;
	struct topic_position p = *out;
	enum zt_err err;

	if ((err = statement_verify(log_key, STATEMENT_TOPIC_POSITION, s)) ||
	    (err = pb_decode(&zt__topic_position_body__descriptor, s->body, 1024, &m)))
		return err;
	p.position = m->position;
	p.time = m->time;
	if (m->suite != SUITE_1)
		err = ZT_ERR_SUITE;
	else if (!is_id(m->org, &p.org) || !is_id(m->space, &p.space) ||
		 !is_id(m->topic, &p.topic) || pb_hash(m->link, &p.link) || p.position == 0)
		err = ZT_ERR_CORRUPT;
	if (err == ZT_OK)
		*out = p;
	pb_free(m);
	return err;
}
