/* SPDX-License-Identifier: Apache-2.0 */
#include "log/handles.h"

#include <stdio.h>

#include "crypto/hpke.h"
#include "crypto/labels.h"
#include "format/limits.h"
#include "format/pb.h"
#include "proto/auth.pb-c.h"
#include "session/session.h"

void
log_commit_handle(const struct id *user, struct bytes handle, struct hash *out)
{
	struct bytes parts[] = { bytes_of(user->b, ID_BYTES), handle };

	hash_blake2b_parts(LABEL_HANDLE, parts, 2, out); /* the handle holds its 32-byte salt */
}

enum zt_err
log_seal_handle(const struct id *org, const struct org_user *recipient,
    const struct id *subject, struct bytes handle, struct buf *out)
{
	uint8_t aad[3 * ID_BYTES];

	memcpy(aad, org->b, ID_BYTES);
	memcpy(aad + ID_BYTES, recipient->id.b, ID_BYTES);
	memcpy(aad + 2 * ID_BYTES, subject->b, ID_BYTES);
	return hpke_seal(
	    recipient->key, bytes_text(LABEL_HANDLE), bytes_of(aad, sizeof aad), handle, out);
}

enum zt_err
log_take_handle(struct zt *z, const struct id *user, struct bytes handle)
{
	const struct org_user *u = org_state_user(z->state, user);
	struct hash is;

	if (u == NULL)
		return ZT_ERR_NOT_FOUND;
	log_commit_handle(user, handle, &is);
	return hash_equal(&is, &u->handle_commitment)
		   ? store_put(z->store, STORE_HANDLE, bytes_of(user->b, ID_BYTES), 0, handle)
		   : ZT_ERR_KEY;
}

/* Opens one disclosure. */
static enum zt_err
take_disclosure(struct zt *z, const Zt__Disclosure *d)
{
	struct buf clear = buf_init(4096);
	uint8_t aad[3 * ID_BYTES];
	struct id subject;
	enum zt_err err = ZT_ERR_CORRUPT;

	if (pb_id(d->subject, &subject))
		return ZT_ERR_CORRUPT;
	memcpy(aad, z->org.b, ID_BYTES);
	memcpy(aad + ID_BYTES, z->user.b, ID_BYTES);
	memcpy(aad + 2 * ID_BYTES, subject.b, ID_BYTES);
	for (size_t i = z->user_key_count; err == ZT_ERR_CORRUPT && i-- > 0;)
		err = hpke_open(z->user_keys[i].key, bytes_text(LABEL_HANDLE),
		    bytes_of(aad, sizeof aad), pb_bytes(d->sealed), &clear);
	if (err == ZT_OK)
		err = log_take_handle(z, &subject, buf_bytes(&clear));
	buf_free(&clear);
	return err;
}

static bool
lacks_handles(struct zt *z)
{
	struct org_user *u;
	size_t at = 0;

	while ((u = idmap_next(&z->state->users, &at)) != NULL) {
		struct buf b = buf_init(4096);
		enum zt_err err =
		    store_get(z->store, STORE_HANDLE, bytes_of(u->id.b, ID_BYTES), 0, &b);

		buf_free(&b);
		if (err)
			return true;
	}
	return false;
}

static enum zt_err
sync_handles_page(struct zt *z, size_t *from, bool *more)
{
	struct route_params p = { .org = z->org };
	struct buf answer = buf_init(LIMIT_PAGE);
	Zt__Disclosures *m = NULL;
	char query[40];
	enum zt_err err;

	(void)snprintf(query, sizeof query, "from=%zu", *from);
	if ((err = session_call(z, ROUTE_DISCLOSURES, &p, query, bytes_of(NULL, 0), &answer)) ||
	    (err = pb_decode(&zt__disclosures__descriptor, buf_bytes(&answer), LIMIT_PAGE, &m)))
		goto out;
	for (size_t i = 0; i < m->n_items; i++)
		(void)take_disclosure(z, m->items[i]); /* a false one is as good as none */
	*from += m->n_items;
	*more = m->more && m->n_items > 0;
out:
	pb_free(m);
	buf_free(&answer);
	return err;
}

enum zt_err
log_sync_handles(struct zt *z)
{
	size_t from = 0;
	bool more = true;
	enum zt_err err = ZT_OK;

	while (err == ZT_OK && more && lacks_handles(z))
		err = sync_handles_page(z, &from, &more);
	return err;
}

void
log_handle(struct zt *z, const struct id *user, struct log_handle *out)
{
	struct buf b = buf_init(4096);
	Zt__Handle *m = NULL;

	memset(out, 0, sizeof *out);
	if (store_get(z->store, STORE_HANDLE, bytes_of(user->b, ID_BYTES), 0, &b) == ZT_OK &&
	    pb_decode(&zt__handle__descriptor, buf_bytes(&b), 4096, &m) == ZT_OK) {
		(void)snprintf(out->email, sizeof out->email, "%s", m->email);
		(void)snprintf(out->name, sizeof out->name, "%s", m->name);
	}
	pb_free(m);
	buf_free(&b);
}
