/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/keyring.h"

#include "base/wire.h"
#include "crypto/aead.h"
#include "crypto/envelope.h"
#include "crypto/hpke.h"
#include "crypto/labels.h"
#include "crypto/suite.h"
#include "format/pb.h"

enum { SUBJECT_BYTES = 3 * ID_BYTES + 8, PLACE_BYTES = ID_BYTES + 4 };

void
keyring_commit(const struct secret *key, struct hash *out)
{
	envelope_commit(LABEL_WORKSPACE_KEY, secret_bytes(key), out);
}

/* The associated data of a sealed key: a key for one subject opens for no other. */
static struct bytes
subject_bytes(const struct keyring_subject *s, uint8_t out[SUBJECT_BYTES])
{
	memcpy(out, s->org.b, ID_BYTES);
	memcpy(out + ID_BYTES, s->workspace.b, ID_BYTES);
	memcpy(out + 2 * ID_BYTES, s->user.b, ID_BYTES);
	wire_store_u32(out + 3 * ID_BYTES, s->generation);
	wire_store_u32(out + 3 * ID_BYTES + 4, s->user_generation);
	return bytes_of(out, SUBJECT_BYTES);
}

enum zt_err
keyring_seal(const struct sign_key *signer, const struct id *author,
    const struct keyring_subject *s, const uint8_t user_key[32], const struct secret *key,
    struct buf *body, struct statement *out)
{
	Zt__SealedKeyBody m = ZT__SEALED_KEY_BODY__INIT;
	struct buf sealed = buf_init(256);
	uint8_t aad[SUBJECT_BYTES];
	enum zt_err err = hpke_seal(user_key, bytes_text(LABEL_WORKSPACE_KEY),
	    subject_bytes(s, aad), secret_bytes(key), &sealed);

	if (err == ZT_OK) {
		m.suite = SUITE_1;
		m.org = pb_field(s->org.b, ID_BYTES);
		m.workspace = pb_field(s->workspace.b, ID_BYTES);
		m.generation = s->generation;
		m.user = pb_field(s->user.b, ID_BYTES);
		m.user_generation = s->user_generation;
		m.author = pb_field(author->b, ID_BYTES);
		m.sealed = pb_field(sealed.p, sealed.n);
		err = statement_sign(signer, STATEMENT_SEALED_KEY, &m, body, out);
	}
	buf_free(&sealed);
	return err;
}

static enum zt_err
read_body(const struct statement *sealed, Zt__SealedKeyBody **out, struct keyring_subject *s,
    struct id *author)
{
	Zt__SealedKeyBody *m = NULL;
	enum zt_err err = pb_decode(&zt__sealed_key_body__descriptor, sealed->body, 1024, &m);

	if (err)
		return err;
	if (suite_check(m->suite))
		err = ZT_ERR_SUITE;
	else if (pb_id(m->org, &s->org) || pb_id(m->workspace, &s->workspace) ||
		 pb_id(m->user, &s->user) || pb_id(m->author, author) ||
		 m->sealed.len != SECRET_BYTES + HPKE_OVERHEAD)
		err = ZT_ERR_CORRUPT;
	s->generation = m->generation;
	s->user_generation = m->user_generation;
	if (err)
		pb_free(m);
	else
		*out = m;
	return err;
}

enum zt_err
keyring_read(const struct statement *sealed, struct keyring_subject *out, struct id *author)
{
	Zt__SealedKeyBody *m = NULL;
	enum zt_err err = read_body(sealed, &m, out, author);

	pb_free(m);
	return err;
}

/* Takes the one key in OPENED, if it is the committed one. */
static enum zt_err
committed(const struct buf *opened, const struct hash *commitment, struct secret **out)
{
	struct secret *key = NULL;
	struct hash is;
	enum zt_err err = secret_from(buf_bytes(opened), &key);

	if (err)
		return err == ZT_ERR_MEMORY ? err : ZT_ERR_KEY;
	keyring_commit(key, &is);
	if (!hash_equal(&is, commitment)) {
		secret_free(key);
		return ZT_ERR_KEY;
	}
	*out = key;
	return ZT_OK;
}

static bool
same_subject(const struct keyring_subject *a, const struct keyring_subject *b)
{
	return id_equal(&a->org, &b->org) && id_equal(&a->workspace, &b->workspace) &&
	       id_equal(&a->user, &b->user) && a->generation == b->generation &&
	       a->user_generation == b->user_generation;
}

enum zt_err
keyring_open(const struct org_state *o, const struct keyring_subject *s,
    const struct statement *sealed, const struct secret *user_key,
    const struct hash *commitment, struct secret **out)
{
	Zt__SealedKeyBody *m = NULL;
	struct buf opened = buf_init(256);
	uint8_t aad[SUBJECT_BYTES];
	struct keyring_subject is;
	const struct org_device *device;
	struct id author;
	enum zt_err err;

	if ((err = read_body(sealed, &m, &is, &author)))
		goto out;
	err = ZT_ERR_CORRUPT;
	if (!same_subject(&is, s))
		goto out;
	err = ZT_ERR_UNKNOWN_DEVICE;
	if ((device = org_state_device(o, &author)) == NULL)
		goto out;
	if ((err = statement_verify(device->sign_key, STATEMENT_SEALED_KEY, sealed)))
		goto out;
	if ((err = hpke_open(user_key, bytes_text(LABEL_WORKSPACE_KEY), subject_bytes(s, aad),
		 pb_bytes(m->sealed), &opened))) {
		err = err == ZT_ERR_CORRUPT ? ZT_ERR_KEY : err;
		goto out;
	}
	err = committed(&opened, commitment, out);
out:
	buf_free(&opened);
	pb_free(m);
	return err;
}

static struct bytes
place_bytes(const struct id *workspace, unsigned generation, uint8_t out[PLACE_BYTES])
{
	memcpy(out, workspace->b, ID_BYTES);
	wire_store_u32(out + ID_BYTES, generation);
	return bytes_of(out, PLACE_BYTES);
}

/* CLEAR under a key derived from KEY for PURPOSE, in its place: of whom (a workspace or a
 * user), and which generation. */
static enum zt_err
seal_under(const struct secret *key, const char *purpose, const struct id *of,
    unsigned generation, struct bytes clear, struct buf *out)
{
	uint8_t place[PLACE_BYTES];
	struct secret *kek = NULL;
	enum zt_err err = secret_derive(key, purpose, &kek);

	if (err == ZT_OK)
		err = aead_seal(kek, place_bytes(of, generation, place), clear, out);
	secret_free(kek);
	return err;
}

static enum zt_err
open_under(const struct secret *key, const char *purpose, const struct id *of,
    unsigned generation, struct bytes sealed, struct buf *out)
{
	uint8_t place[PLACE_BYTES];
	struct secret *kek = NULL;
	enum zt_err err = secret_derive(key, purpose, &kek);

	if (err == ZT_OK)
		err = aead_open(kek, place_bytes(of, generation, place), sealed, out);
	secret_free(kek);
	return err;
}

enum zt_err
keyring_seal_older(const struct secret *key, const struct id *workspace, unsigned generation,
    const struct secret *older, struct buf *out)
{
	return seal_under(
	    key, LABEL_PREVIOUS_KEY, workspace, generation, secret_bytes(older), out);
}

enum zt_err
keyring_open_older(const struct secret *key, const struct id *workspace, unsigned generation,
    struct bytes sealed, const struct hash *commitment, struct secret **out)
{
	struct buf opened = buf_init(256);
	enum zt_err err =
	    open_under(key, LABEL_PREVIOUS_KEY, workspace, generation, sealed, &opened);

	if (err == ZT_OK)
		err = committed(&opened, commitment, out);
	else if (err == ZT_ERR_CORRUPT)
		err = ZT_ERR_KEY;
	buf_free(&opened);
	return err;
}

/* ---- a user's own keys ---- */

enum { DEVICE_AAD = 2 * ID_BYTES + 4 };

static struct bytes
device_bytes(const struct org_device *d, unsigned generation, uint8_t out[DEVICE_AAD])
{
	memcpy(out, d->user->id.b, ID_BYTES);
	memcpy(out + ID_BYTES, d->id.b, ID_BYTES);
	wire_store_u32(out + 2 * ID_BYTES, generation);
	return bytes_of(out, DEVICE_AAD);
}

/* OPENED as a secret, when it is the private half of PUBLIC. */
static enum zt_err
private_half(const struct buf *opened, const uint8_t public[32], struct secret **out)
{
	struct secret *key = NULL;
	uint8_t is[HPKE_PUBLIC_BYTES];
	enum zt_err err = secret_from(buf_bytes(opened), &key);

	if (err)
		return err == ZT_ERR_CORRUPT ? ZT_ERR_KEY : err;
	hpke_public(key, is);
	if (memcmp(is, public, sizeof is) != 0) { /* both are public */
		secret_free(key);
		return ZT_ERR_KEY;
	}
	*out = key;
	return ZT_OK;
}

enum zt_err
keyring_seal_user_key(
    const struct org_device *to, unsigned generation, const struct secret *key, struct buf *out)
{
	uint8_t aad[DEVICE_AAD];

	return hpke_seal(to->seal_key, bytes_text(LABEL_USER_KEY),
	    device_bytes(to, generation, aad), secret_bytes(key), out);
}

enum zt_err
keyring_open_user_key(const struct org_device *d, unsigned generation,
    const struct secret *seal, struct secret **out)
{
	const struct org_sealed_key *k = NULL;
	struct buf opened = buf_init(256);
	uint8_t aad[DEVICE_AAD];
	enum zt_err err;

	for (size_t i = d->sealed_key_count; i-- > 0 && k == NULL;)
		if (d->sealed_keys[i].generation == generation)
			k = &d->sealed_keys[i];
	if (k == NULL || generation == 0 || generation > d->user->key_generation)
		return ZT_ERR_NOT_FOUND;
	err = hpke_open(seal, bytes_text(LABEL_USER_KEY), device_bytes(d, generation, aad),
	    bytes_of(k->sealed, sizeof k->sealed), &opened);
	if (err == ZT_OK)
		err = private_half(&opened, d->user->keys[generation - 1].key, out);
	else if (err == ZT_ERR_CORRUPT)
		err = ZT_ERR_KEY;
	buf_free(&opened);
	return err;
}

enum zt_err
keyring_seal_user_older(const struct secret *key, const struct id *user, unsigned generation,
    const struct secret *older, struct buf *out)
{
	return seal_under(
	    key, LABEL_PREVIOUS_USER_KEY, user, generation, secret_bytes(older), out);
}

enum zt_err
keyring_open_user_older(const struct org_user *u, unsigned generation, const struct secret *key,
    const struct org_older *older, struct secret **out)
{
	struct buf opened = buf_init(256);
	enum zt_err err;

	if (older->generation == 0 || older->generation >= generation)
		return ZT_ERR_KEY;
	err = open_under(key, LABEL_PREVIOUS_USER_KEY, &u->id, generation,
	    bytes_of(older->sealed, sizeof older->sealed), &opened);
	if (err == ZT_OK)
		err = private_half(&opened, u->keys[older->generation - 1].key, out);
	else if (err == ZT_ERR_CORRUPT)
		err = ZT_ERR_KEY;
	buf_free(&opened);
	return err;
}

enum zt_err
keyring_seal_name(const struct secret *key, const struct id *workspace, unsigned generation,
    struct bytes name, struct buf *out)
{
	return seal_under(key, LABEL_WORKSPACE_NAME, workspace, generation, name, out);
}

enum zt_err
keyring_open_name(const struct secret *key, const struct id *workspace, unsigned generation,
    struct bytes sealed, struct buf *out)
{
	return open_under(key, LABEL_WORKSPACE_NAME, workspace, generation, sealed, out);
}
