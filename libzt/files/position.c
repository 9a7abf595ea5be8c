/* SPDX-License-Identifier: Apache-2.0 */
#include "files/position.h"

#include "crypto/suite.h"
#include "format/pb.h"

enum zt_err
position_sign(const struct sign_key *log_key, const struct position *p, struct buf *body,
    struct statement *out)
{
	Zt__PositionBody m = ZT__POSITION_BODY__INIT;

	m.suite = SUITE_1;
	m.org = pb_field(p->org.b, ID_BYTES);
	m.workspace = pb_field(p->workspace.b, ID_BYTES);
	m.position = p->position;
	m.link = pb_field(p->link.b, HASH_BYTES);
	m.time = p->time;
	return statement_sign(log_key, STATEMENT_POSITION, &m, body, out);
}

enum zt_err
position_check(const uint8_t log_key[SIGN_PUBLIC_BYTES], const struct id *org,
    const struct id *workspace, const struct statement *s, struct position *out)
{
	Zt__PositionBody *m = NULL;
	struct position p = { .position = 0 };
	enum zt_err err;

	if ((err = statement_verify(log_key, STATEMENT_POSITION, s)) ||
	    (err = pb_decode(&zt__position_body__descriptor, s->body, 1024, &m)))
		return err;
	p.position = m->position;
	p.time = m->time;
	if (m->suite != SUITE_1)
		err = ZT_ERR_SUITE;
	else if (pb_id(m->org, &p.org) || !id_equal(&p.org, org) ||
		 pb_id(m->workspace, &p.workspace) || !id_equal(&p.workspace, workspace) ||
		 pb_hash(m->link, &p.link) || p.position == 0)
		err = ZT_ERR_CORRUPT;
	if (err == ZT_OK)
		*out = p;
	pb_free(m);
	return err;
}
