/* SPDX-License-Identifier: Apache-2.0 */
#include "port/token.h"

#include <p11-kit/p11-kit.h>
#include <p11-kit/uri.h>
#include <stdlib.h>

#include "crypto/hash.h"
#include "format/limits.h"

enum { OBJECTS = 16, SLOTS = 64, ID_MAX = 256 };

struct token {
	P11KitUri *uri;
	CK_FUNCTION_LIST **modules, *own[2]; /* all that are known, or the one that is named */
	CK_FUNCTION_LIST *module;
	CK_SESSION_HANDLE session;
	bool is_open;
	uint8_t id[ID_MAX]; /* of the certificate, and so of its key */
	CK_ULONG id_n;
};

/* A PIN in a URI would be in arguments, and in clear in the file that names the token. */
static enum zt_err
parse(const char *text, P11KitUri *uri)
{
	return p11_kit_uri_parse(text, P11_KIT_URI_FOR_ANY, uri) == P11_KIT_URI_OK &&
		       !p11_kit_uri_any_unrecognized(uri) &&
		       p11_kit_uri_get_pin_value(uri) == NULL &&
		       p11_kit_uri_get_pin_source(uri) == NULL
		   ? ZT_OK
		   : ZT_ERR_INVALID;
}

bool
token_uri_is_plain(const char *text)
{
	P11KitUri *uri = p11_kit_uri_new();
	bool is = uri != NULL && parse(text, uri) == ZT_OK &&
		  p11_kit_uri_get_module_path(uri) == NULL &&
		  p11_kit_uri_get_module_name(uri) == NULL;

	p11_kit_uri_free(uri);
	return is;
}

bool
token_is_uri(const char *text)
{
	return strncmp(text, "pkcs11:", 7) == 0;
}

static enum zt_err
err_of(CK_RV rv)
{
	switch (rv) {
	case CKR_OK:
		return ZT_OK;
	case CKR_HOST_MEMORY:
	case CKR_DEVICE_MEMORY:
		return ZT_ERR_MEMORY;
	case CKR_PIN_INCORRECT:
	case CKR_PIN_INVALID:
	case CKR_PIN_LEN_RANGE:
		return ZT_ERR_PASSWORD;
	case CKR_PIN_LOCKED:
		return ZT_ERR_LOCKED;
	case CKR_TOKEN_NOT_PRESENT:
	case CKR_DEVICE_REMOVED:
		return ZT_ERR_NOT_FOUND;
	default:
		return ZT_ERR_IO;
	}
}

/* ---- the module and the slot ---- */

static enum zt_err
load(struct token *t)
{
	const char *path = p11_kit_uri_get_module_path(t->uri);

	if (path == NULL) {
		t->modules = p11_kit_modules_load_and_initialize(0);
		return t->modules != NULL ? ZT_OK : ZT_ERR_IO;
	}
	if ((t->own[0] = p11_kit_module_load(path, 0)) == NULL)
		return ZT_ERR_NOT_FOUND;
	if (p11_kit_module_initialize(t->own[0]) != CKR_OK) {
		p11_kit_module_release(t->own[0]);
		t->own[0] = NULL;
		return ZT_ERR_IO;
	}
	return ZT_OK;
}

/* The slot of MODULE whose token the URI describes. */
static enum zt_err
slot_of(struct token *t, CK_FUNCTION_LIST *module, CK_SLOT_ID *out)
{
	CK_SLOT_ID slots[SLOTS];
	CK_TOKEN_INFO info;
	CK_ULONG n = SLOTS;

	if (module->C_GetSlotList(CK_TRUE, slots, &n) != CKR_OK)
		return ZT_ERR_NOT_FOUND;
	for (CK_ULONG i = 0; i < n; i++)
		if (module->C_GetTokenInfo(slots[i], &info) == CKR_OK &&
		    (info.flags & CKF_TOKEN_INITIALIZED) != 0 &&
		    p11_kit_uri_match_token_info(t->uri, &info) == 1) {
			*out = slots[i];
			return ZT_OK;
		}
	return ZT_ERR_NOT_FOUND;
}

static enum zt_err
find_slot(struct token *t, CK_SLOT_ID *slot)
{
	CK_FUNCTION_LIST **modules = t->modules != NULL ? t->modules : t->own;

	for (; *modules != NULL; modules++)
		if (slot_of(t, *modules, slot) == ZT_OK) {
			t->module = *modules;
			return ZT_OK;
		}
	return ZT_ERR_NOT_FOUND;
}

static enum zt_err
log_in(struct token *t, CK_SLOT_ID slot, const char *pin)
{
	CK_RV rv = t->module->C_OpenSession(
	    slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &t->session);

	if (rv != CKR_OK)
		return err_of(rv);
	t->is_open = true;
	if (pin == NULL)
		return ZT_OK;
	rv = t->module->C_Login(
	    t->session, CKU_USER, (CK_UTF8CHAR *)(uintptr_t)pin, (CK_ULONG)strlen(pin));
	return rv == CKR_USER_ALREADY_LOGGED_IN ? ZT_OK : err_of(rv);
}

enum zt_err
token_open(const char *uri, const char *pin, struct token **out)
{
	struct token *t = calloc(1, sizeof *t);
	CK_SLOT_ID slot = 0;
	enum zt_err err = ZT_ERR_MEMORY;

	if (t == NULL || (t->uri = p11_kit_uri_new()) == NULL)
		goto out;
	if ((err = parse(uri, t->uri)) || (err = load(t)) || (err = find_slot(t, &slot)) ||
	    (err = log_in(t, slot, pin)))
		goto out;
	*out = t;
	t = NULL;
out:
	token_close(t);
	return err;
}

void
token_close(struct token *t)
{
	if (t == NULL)
		return;
	if (t->is_open)
		(void)t->module->C_CloseSession(t->session);
	if (t->modules != NULL)
		p11_kit_modules_finalize_and_release(t->modules);
	if (t->own[0] != NULL) {
		(void)p11_kit_module_finalize(t->own[0]);
		p11_kit_module_release(t->own[0]);
	}
	p11_kit_uri_free(t->uri);
	free(t);
}

/* ---- objects ---- */

/* The first object of what WANTED says. */
static enum zt_err
find_object(struct token *t, CK_ATTRIBUTE *wanted, size_t count, CK_OBJECT_HANDLE *out)
{
	CK_ULONG n = 0;
	CK_RV rv = t->module->C_FindObjectsInit(t->session, wanted, (CK_ULONG)count);

	if (rv != CKR_OK)
		return err_of(rv);
	rv = t->module->C_FindObjects(t->session, out, 1, &n);
	(void)t->module->C_FindObjectsFinal(t->session);
	if (rv != CKR_OK)
		return err_of(rv);
	return n == 1 ? ZT_OK : ZT_ERR_NOT_FOUND;
}

/* Appends the attribute; at most MAX bytes. */
static enum zt_err
read_attribute(struct token *t, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, size_t max,
    struct buf *out)
{
	CK_ATTRIBUTE a = { .type = type };
	CK_RV rv = t->module->C_GetAttributeValue(t->session, object, &a, 1);
	uint8_t *to;

	if (rv != CKR_OK || a.ulValueLen == (CK_ULONG)-1)
		return err_of(rv == CKR_OK ? CKR_GENERAL_ERROR : rv);
	if (a.ulValueLen > max)
		return ZT_ERR_TOO_BIG;
	if (a.ulValueLen == 0)
		return ZT_OK;
	if ((to = buf_room(out, a.ulValueLen)) == NULL)
		return buf_err(out);
	a.pValue = to;
	return err_of(t->module->C_GetAttributeValue(t->session, object, &a, 1));
}

enum zt_err
token_certificate(struct token *t, struct buf *der)
{
	CK_OBJECT_CLASS class = CKO_CERTIFICATE;
	CK_ATTRIBUTE wanted[OBJECTS] = { { CKA_CLASS, &class, sizeof class } }, *named;
	CK_ULONG count = 0;
	size_t n = 1;
	CK_OBJECT_HANDLE object;
	struct buf id = buf_init(ID_MAX);
	enum zt_err err;

	named = p11_kit_uri_get_attributes(t->uri, &count);
	for (CK_ULONG i = 0; i < count && n < OBJECTS; i++)
		if (named[i].type != CKA_CLASS)
			wanted[n++] = named[i];
	if ((err = find_object(t, wanted, n, &object)) == ZT_OK &&
	    (err = read_attribute(t, object, CKA_VALUE, LIMIT_CERTIFICATE, der)) == ZT_OK &&
	    (err = read_attribute(t, object, CKA_ID, ID_MAX, &id)) == ZT_OK) {
		if (id.n > 0)
			memcpy(t->id, id.p, id.n);
		t->id_n = (CK_ULONG)id.n;
	}
	buf_free(&id);
	return err;
}

enum zt_err
token_sign(struct token *t, struct bytes statement, bool *is_ecdsa, struct buf *signature)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_KEY_TYPE type = 0;
	CK_ATTRIBUTE wanted[] = { { CKA_CLASS, &class, sizeof class },
		{ CKA_ID, t->id, t->id_n } };
	CK_ATTRIBUTE kind = { CKA_KEY_TYPE, &type, sizeof type };
	CK_MECHANISM how = { .mechanism = CKM_SHA256_RSA_PKCS };
	CK_OBJECT_HANDLE key;
	CK_ULONG n = 1024; /* RSA of 8192 */
	struct hash digest;
	uint8_t *to;
	CK_RV rv;
	enum zt_err err;

	if ((err = find_object(t, wanted, 2, &key)))
		return err;
	if ((rv = t->module->C_GetAttributeValue(t->session, key, &kind, 1)) != CKR_OK)
		return err_of(rv);
	*is_ecdsa = type == CKK_EC;
	if (*is_ecdsa) { /* not every token hashes for it */
		hash_sha256(statement.p[0], bytes_of(statement.p + 1, statement.n - 1),
		    bytes_of(NULL, 0), &digest);
		statement = bytes_of(digest.b, HASH_BYTES);
		how.mechanism = CKM_ECDSA;
	}
	if ((to = buf_room(signature, n)) == NULL)
		return buf_err(signature);
	if ((rv = t->module->C_SignInit(t->session, &how, key)) == CKR_OK)
		rv = t->module->C_Sign(t->session, (CK_BYTE *)(uintptr_t)statement.p,
		    (CK_ULONG)statement.n, to, &n);
	signature->n = (size_t)(to - signature->p) + (rv == CKR_OK ? n : 0);
	return err_of(rv);
}

enum zt_err
token_decrypt(struct token *t, struct bytes wrapped, struct buf *clear)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE wanted[] = { { CKA_CLASS, &class, sizeof class },
		{ CKA_ID, t->id, t->id_n } };
	CK_RSA_PKCS_OAEP_PARAMS oaep = {
		.hashAlg = CKM_SHA_1, .mgf = CKG_MGF1_SHA1, .source = CKZ_DATA_SPECIFIED
	};
	CK_MECHANISM how = { CKM_RSA_PKCS_OAEP, &oaep, sizeof oaep };
	CK_OBJECT_HANDLE key;
	CK_ULONG n = 1024;
	uint8_t *to;
	CK_RV rv;
	enum zt_err err;

	if ((err = find_object(t, wanted, 2, &key)))
		return err;
	if ((to = buf_room(clear, n)) == NULL)
		return buf_err(clear);
	if ((rv = t->module->C_DecryptInit(t->session, &how, key)) == CKR_OK)
		rv = t->module->C_Decrypt(
		    t->session, (CK_BYTE *)(uintptr_t)wrapped.p, (CK_ULONG)wrapped.n, to, &n);
	clear->n = (size_t)(to - clear->p) + (rv == CKR_OK ? n : 0);
	return rv == CKR_OK ? ZT_OK : rv == CKR_DEVICE_REMOVED ? ZT_ERR_NOT_FOUND : ZT_ERR_KEY;
}
