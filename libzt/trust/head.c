/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/head.h"

#include "crypto/suite.h"
#include "format/pb.h"

enum zt_err
head_sign(const struct sign_key *log_key, const struct id *org, const struct head *h,
    struct buf *body, struct statement *out)
{
	Zt__HeadBody m = ZT__HEAD_BODY__INIT;

	m.suite = SUITE_1;
	m.org = pb_field(org->b, ID_BYTES);
	m.tree_size = h->size;
	m.root_hash = pb_field(h->root.b, HASH_BYTES);
	m.time = h->time;
	return statement_sign(log_key, STATEMENT_HEAD, &m, body, out);
}

enum zt_err
head_check(const uint8_t log_key[SIGN_PUBLIC_BYTES], const struct id *org,
    const struct statement *s, struct head *out)
{
	Zt__HeadBody *m = NULL;
	struct head h = { 0 };
	struct id of;
	enum zt_err err;

	if ((err = statement_verify(log_key, STATEMENT_HEAD, s)) ||
	    (err = pb_decode(&zt__head_body__descriptor, s->body, 1024, &m)))
		return err;
	h.size = m->tree_size;
	h.time = m->time;
	if (m->suite != SUITE_1)
		err = ZT_ERR_SUITE;
	else if (pb_id(m->org, &of) || !id_equal(&of, org) || pb_hash(m->root_hash, &h.root))
		err = ZT_ERR_CORRUPT;
	if (err == ZT_OK)
		*out = h;
	pb_free(m);
	return err;
}
