/* SPDX-License-Identifier: Apache-2.0 */
/* pki_state.c - joining with an X.509 certificate: what became of the request. */
#include "join/pki_state.h"

#include "format/pb.h"
#include "join/verbs.h"
#include "proto/enrol.pb-c.h"
#include "session/session.h"

static const char request_key[] = "pki request";

enum zt_err
pki_state_note(struct zt *z, const struct id *request)
{
	return store_put(
	    z->store, STORE_META, bytes_text(request_key), 0, bytes_of(request->b, ID_BYTES));
}

enum zt_err
join_pki_state(struct zt *z, const char **state)
{
	static const char *const words[] = { "", "open", "accepted", "rejected" };
	struct route_params p = { .org = z->org };
	struct buf b = buf_init(64), answer = buf_init(256);
	Zt__PkiRequest *m = NULL;
	enum zt_err err = store_get(z->store, STORE_META, bytes_text(request_key), 0, &b);

	z->message[0] = 0;
	if (err == ZT_ERR_NOT_FOUND || b.n != ID_BYTES) {
		err = session_refuse(
		    z, ZT_ERR_NOT_FOUND, "this device did not ask to join with a certificate");
		goto out;
	}
	memcpy(p.id.b, b.p, ID_BYTES);
	if ((err = session_call(z, ROUTE_PKI_STATE, &p, NULL, bytes_of(NULL, 0), &answer)) ||
	    (err = pb_decode(&zt__pki_request__descriptor, buf_bytes(&answer), 256, &m)))
		goto out;
	if (m->state < ZT__PKI_STATE__PKI_OPEN || m->state > ZT__PKI_STATE__PKI_REJECTED)
		err = ZT_ERR_CORRUPT;
	else
		*state = words[m->state];
out:
	pb_free(m);
	buf_free(&b);
	buf_free(&answer);
	return err;
}
