/* SPDX-License-Identifier: Apache-2.0 */
#include "port/held_key.h"

#include <errno.h>
#include <keyutils.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/suite.h"

enum { NAME_TEXT = 3 + 2 * HASH_BYTES + 1 };

static void
name_text(const struct hash *name, char out[NAME_TEXT])
{
	(void)snprintf(out, NAME_TEXT, "zt:");
	for (size_t i = 0; i < HASH_BYTES; i++)
		(void)snprintf(out + 3 + 2 * i, 3, "%02x", name->b[i]);
}

/* The session's keyring. A process without one uses the user's: asking for a session keyring
 * would make one that ends with this process. */
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
	/* The user's other sessions may see that it is held, and end that; not read it. */
	key_perm_t allowed = KEY_POS_VIEW | KEY_POS_READ | KEY_POS_SEARCH | KEY_POS_WRITE |
			     KEY_POS_SETATTR | KEY_USR_VIEW | KEY_USR_WRITE;
	char text[NAME_TEXT];

	name_text(name, text);
	if (ring == KEY_SPEC_USER_SESSION_KEYRING)
		allowed |= KEY_USR_READ | KEY_USR_SEARCH | KEY_USR_SETATTR;
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
	wipe(b, sizeof b);
	return err;
}

/* The key that a line of /proc/keys tells of, if it is one of NAME that was not revoked; else
 * 0.
 */
static key_serial_t
line_key(const char *line, const char *name)
{
	unsigned id;
	char flags[16];
	const char *at = strstr(line, name);

	return at != NULL && at > line && at[-1] == ' ' && at[strlen(name)] == ':' &&
		       sscanf(line, "%x %15s", &id, flags) == 2 && strchr(flags, 'R') == NULL
		   ? (key_serial_t)id
		   : 0;
}

/* Revokes the keys that the kernel lists under NAME, in all sessions. COUNT: how many. */
static enum zt_err
revoke_all(const char *name, size_t *count)
{
	FILE *f = fopen("/proc/keys", "re");
	char *line = NULL;
	size_t size = 0;
	enum zt_err err = ZT_OK;

	while (f != NULL && getline(&line, &size, f) > 0) {
		key_serial_t k = line_key(line, name);

		if (k > 0 && keyctl_revoke(k) == 0)
			(*count)++;
		else if (k > 0 && errno != ENOKEY && errno != EKEYEXPIRED &&
			 errno != EKEYREVOKED)
			err = ZT_ERR_IO;
	}
	free(line);
	if (f != NULL)
		(void)fclose(f);
	return err;
}

enum zt_err
held_key_drop(const struct hash *name)
{
	char text[NAME_TEXT];
	key_serial_t k = find(name); /* this session's needs no list */
	size_t count = k > 0 && keyctl_revoke(k) == 0;
	enum zt_err err;

	name_text(name, text);
	if ((err = revoke_all(text, &count)))
		return err;
	return count > 0 ? ZT_OK : ZT_ERR_NOT_FOUND;
}
