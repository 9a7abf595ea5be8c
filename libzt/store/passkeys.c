/* SPDX-License-Identifier: Apache-2.0 */
#include "store/passkeys.h"

#include <string.h>

#include "base/utf8.h"
#include "base/wire.h"
#include "crypto/aead.h"
#include "crypto/hkdf.h"
#include "crypto/labels.h"
#include "crypto/password.h"
#include "format/pb.h"
#include "store/device_file.h"

/* A credential's id has 1,023 bytes at most (WebAuthn level 3, 5.8.3), and a salt 32, both in
 * base64url; a domain 253 letters. */
enum { CREDENTIAL_MAX = 1364, SALT_TEXT = 43, DOMAIN_MAX = 253, LABEL_MAX = 128 };
enum { WRAP_BYTES = AEAD_OVERHEAD + SECRET_BYTES, BOUND_MAX = 4096 };

static const char base64url[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const char domain[] = "abcdefghijklmnopqrstuvwxyz0123456789-.";

/* Whether TEXT has LEAST to MOST letters, all of SET. */
static bool
is_of(const char *text, const char *set, size_t least, size_t most)
{
	size_t n = strlen(text);

	return n >= least && n <= most && strspn(text, set) == n;
}

enum zt_err
passkeys_check(const Zt__Passkey *p)
{
	struct bytes label = bytes_text(p->label);

	return is_of(p->relying_party, domain, 1, DOMAIN_MAX) &&
		       is_of(p->credential, base64url, 1, CREDENTIAL_MAX) &&
		       is_of(p->salt, base64url, SALT_TEXT, SALT_TEXT) &&
		       label.n <= LABEL_MAX && utf8_valid(label)
		   ? ZT_OK
		   : ZT_ERR_INVALID;
}

const Zt__Passkey *
passkeys_find(const Zt__DeviceFile *m, const char *credential)
{
	for (size_t i = 0; i < m->n_passkeys; i++)
		if (strcmp(m->passkeys[i]->credential, credential) == 0)
			return m->passkeys[i];
	return NULL;
}

/* ---- the file ---- */

static bool
are_rows_good(const Zt__DeviceFile *m)
{
	if (m->n_passkeys == 0 || m->n_passkeys > PASSKEYS_MAX)
		return false;
	for (size_t i = 0; i < m->n_passkeys; i++)
		if (passkeys_check(m->passkeys[i]) || m->passkeys[i]->wrap.len != WRAP_BYTES ||
		    passkeys_find(m, m->passkeys[i]->credential) != m->passkeys[i])
			return false;
	return true;
}

/* Nobody adds to it what its header does not cover. */
static bool
is_one_encoding(const Zt__DeviceFile *m, struct bytes in)
{
	struct buf again = buf_init(PASSKEYS_FILE_MAX);
	bool is = pb_encode(m, &again) == ZT_OK && bytes_equal(buf_bytes(&again), in);

	buf_free(&again);
	return is;
}

static enum zt_err
check_file(const Zt__DeviceFile *m, struct bytes in)
{
	if (m->version == 0 || m->version > PASSKEYS_FILE_VERSION ||
	    m->protector < BY_PASSWORD || m->protector > BY_DESKTOP)
		return ZT_ERR_VERSION;
	if (m->protector == BY_PASSWORD && m->salt.len != PASSWORD_SALT_BYTES)
		return ZT_ERR_CORRUPT;
	if (m->version != PASSKEYS_FILE_VERSION)
		return m->n_passkeys == 0 && m->name.len == 0 && m->wrap.len == 0
			   ? ZT_OK
			   : ZT_ERR_CORRUPT;
	return m->protector == BY_PASSWORD && m->token[0] == 0 && m->wrapped.len == 0 &&
		       m->item.len == 0 && m->name.len == PASSKEY_NAME &&
		       m->wrap.len == WRAP_BYTES && are_rows_good(m) && is_one_encoding(m, in)
		   ? ZT_OK
		   : ZT_ERR_CORRUPT;
}

enum zt_err
passkeys_decode(struct bytes in, Zt__DeviceFile **out)
{
	Zt__DeviceFile *m = NULL;
	enum zt_err err = pb_decode(&zt__device_file__descriptor, in, PASSKEYS_FILE_MAX, &m);

	if (err)
		return err;
	if ((err = check_file(m, in)))
		pb_free(m);
	else
		*out = m;
	return err;
}

/* ---- what is bound to what ---- */

static void
put_text(struct buf *out, const char *text)
{
	wire_put_counted(out, bytes_text(text));
}

static void
put_password(struct buf *out, const Zt__DeviceFile *m)
{
	wire_put_counted(out, pb_bytes(m->salt));
	wire_put_u64(out, m->passes);
	wire_put_u64(out, m->memory);
	wire_put_u32(out, m->lanes);
}

static void
put_passkey(struct buf *out, const Zt__Passkey *p)
{
	put_text(out, p->relying_party);
	put_text(out, p->credential);
	put_text(out, p->salt);
	put_text(out, p->label);
	wire_put_u64(out, p->added);
}

/* Appends LABEL, a zero byte, and which file it is. */
static void
put_head(struct buf *out, const char *label, const Zt__DeviceFile *m)
{
	buf_add(out, bytes_of(label, strlen(label) + 1));
	wire_put_u32(out, PASSKEYS_FILE_VERSION);
	wire_put_counted(out, pb_bytes(m->name));
}

void
passkeys_header(const Zt__DeviceFile *m, struct buf *out)
{
	put_head(out, LABEL_DEVICE_FILE_2, m);
	wire_put_u32(out, m->protector);
	put_password(out, m);
	wire_put_counted(out, pb_bytes(m->wrap));
	wire_put_u32(out, (uint32_t)m->n_passkeys);
	for (size_t i = 0; i < m->n_passkeys; i++) {
		put_passkey(out, m->passkeys[i]);
		wire_put_counted(out, pb_bytes(m->passkeys[i]->wrap));
	}
}

static enum zt_err
bound(const Zt__DeviceFile *m, const Zt__Passkey *p, struct buf *out)
{
	put_head(out, LABEL_FILE_KEY, m);
	wire_put_u8(out, p != NULL);
	if (p != NULL)
		put_passkey(out, p);
	else
		put_password(out, m);
	return buf_err(out);
}

/* ---- keys ---- */

enum zt_err
passkeys_key(const Zt__Passkey *p, struct bytes output, struct secret **out)
{
	struct buf info = buf_init(BOUND_MAX);
	uint8_t prk[HKDF_BYTES], key[SECRET_BYTES]; /* wiped below */
	struct bytes is;
	enum zt_err err;

	if (output.n != PASSKEY_OUTPUT)
		return ZT_ERR_INVALID;
	buf_add(&info, bytes_of(LABEL_PASSKEY, sizeof LABEL_PASSKEY));
	put_text(&info, p->relying_party);
	put_text(&info, p->credential);
	put_text(&info, p->salt);
	is = buf_bytes(&info);
	hkdf_extract(bytes_of(NULL, 0), &output, 1, prk);
	if ((err = buf_err(&info)) == ZT_OK &&
	    (err = hkdf_expand(prk, &is, 1, key, sizeof key)) == ZT_OK)
		err = secret_from(bytes_of(key, sizeof key), out);
	explicit_bzero(prk, sizeof prk);
	explicit_bzero(key, sizeof key);
	buf_free(&info);
	return err;
}

enum zt_err
passkeys_wrap(const Zt__DeviceFile *m, const Zt__Passkey *p, const struct secret *under,
    const struct secret *key, struct buf *out)
{
	struct buf header = buf_init(BOUND_MAX);
	enum zt_err err = bound(m, p, &header);

	if (err == ZT_OK)
		err = aead_seal(under, buf_bytes(&header), secret_bytes(key), out);
	buf_free(&header);
	return err;
}

enum zt_err
passkeys_unwrap(const Zt__DeviceFile *m, const Zt__Passkey *p, const struct secret *under,
    struct secret **out)
{
	struct buf header = buf_init(BOUND_MAX), clear = buf_init(SECRET_BYTES);
	enum zt_err err = bound(m, p, &header);

	if (err == ZT_OK)
		err = aead_open(
		    under, buf_bytes(&header), pb_bytes(p != NULL ? p->wrap : m->wrap), &clear);
	if (err == ZT_OK)
		err = secret_from(buf_bytes(&clear), out);
	buf_free(&header);
	buf_free(&clear);
	return err == ZT_ERR_CORRUPT ? ZT_ERR_PASSWORD : err;
}
