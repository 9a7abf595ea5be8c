#include "store/held_key.h"

#include <keyutils.h>
#include <stdio.h>

#include "crypto/suite.h"

enum { NAME_TEXT = 3 + 2 * HASH_BYTES + 1 };

static void
name_text(const struct hash *name, char out[NAME_TEXT])
{
	(void)snprintf(out, NAME_TEXT, "zt:");
	for (size_t i = 0; i < HASH_BYTES; i++)
		(void)snprintf(out + 3 + 2 * i, 3, "%02x", name->b[i]);
}

/* The session's keyring. A process that has none of its own sees its user's: to ask for the
 * session's would then make one that dies with this process. */
static key_serial_t
keyring(void)
{
	key_serial_t session = keyctl_get_keyring_ID(KEY_SPEC_SESSION_KEYRING, 0),
		     user = keyctl_get_keyring_ID(KEY_SPEC_USER_SESSION_KEYRING, 1);

	return session < 0 || session == user ? KEY_SPEC_USER_SESSION_KEYRING
					      : KEY_SPEC_SESSION_KEYRING;
}

static key_serial_t
find(const struct hash *name)
{
	char text[NAME_TEXT];

	name_text(name, text);
	return (key_serial_t)keyctl_search(keyring(), "user", text, 0);
}

enum zt_err
held_key_put(const struct hash *name, const struct secret *key, unsigned seconds)
{
	struct bytes b = secret_bytes(key);
	key_serial_t ring = keyring(), k;
	key_perm_t allowed = KEY_POS_VIEW | KEY_POS_READ | KEY_POS_SEARCH | KEY_POS_WRITE |
			     KEY_POS_SETATTR | KEY_USR_VIEW;
	char text[NAME_TEXT];

	name_text(name, text);
	if (ring == KEY_SPEC_USER_SESSION_KEYRING)
		allowed |= KEY_USR_READ | KEY_USR_SEARCH | KEY_USR_WRITE | KEY_USR_SETATTR;
	if ((k = add_key("user", text, b.p, b.n, ring)) < 0)
		return ZT_ERR_IO;
	if (keyctl_set_timeout(k, seconds) == 0 && keyctl_setperm(k, allowed) == 0)
		return ZT_OK;
	(void)keyctl_invalidate(k);
	return ZT_ERR_IO;
}

enum zt_err
held_key_get(const struct hash *name, struct secret **out)
{
	uint8_t b[SECRET_BYTES]; /* wiped below */
	key_serial_t k = find(name);
	enum zt_err err = ZT_ERR_NOT_FOUND;

	if (k > 0 && keyctl_read(k, (char *)b, sizeof b) == (long)sizeof b)
		err = secret_from(bytes_of(b, sizeof b), out);
	suite_wipe(b, sizeof b);
	return err;
}

void
held_key_drop(const struct hash *name)
{
	key_serial_t k = find(name);

	if (k > 0)
		(void)keyctl_revoke(k);
}
