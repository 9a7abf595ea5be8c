/* SPDX-License-Identifier: Apache-2.0 */
/* sealed_file.c - a file of the state folder whose content is sealed: written whole or not at
 * all, and opened by what its own words name. */
#include "store/sealed_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "crypto/aead.h"
#include "crypto/hash.h"
#include "crypto/labels.h"
#include "crypto/password.h"
#include "crypto/suite.h"
#include "format/pb.h"
#include "port/held_key.h"
#include "port/protect_desktop.h"
#include "port/protect_token.h"
#include "store/device_folder.h"
#include "store/passkeys.h"

enum { VERSION = 1, FILE_MAX = PASSKEYS_FILE_MAX };

/* Beside first, synced, then linked in place: link() refuses to replace a device. Whole or not
 * at all; what is there stays unless it is to be REPLACED. */
enum zt_err
sealed_file_write(
    const char *folder, const struct sealed_file *f, struct bytes content, bool replaced)
{
	char temp[DEVICE_FILE_PATH], path[DEVICE_FILE_PATH];
	int fd, dir;
	enum zt_err err = ZT_OK;

	(void)snprintf(temp, sizeof temp, "%s/%s.%d", folder, f->name, (int)getpid());
	(void)snprintf(path, sizeof path, "%s/%s", folder, f->name);
	(void)unlink(temp);
	if ((fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) < 0)
		return device_folder_err(errno);
	errno = 0; /* a short write says nothing */
	if (write(fd, content.p, content.n) != (ssize_t)content.n || fsync(fd) != 0)
		err = errno != 0 ? device_folder_err(errno) : ZT_ERR_FULL;
	if (close(fd) != 0 && err == ZT_OK)
		err = device_folder_err(errno);
	if (err == ZT_OK && (replaced ? rename(temp, path) : link(temp, path)) != 0)
		err = device_folder_err(errno);
	/* One that was renamed is there no more: that name may be another thread's by now. */
	if (err || !replaced)
		(void)unlink(temp);
	if (err == ZT_OK && (dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) >= 0) {
		(void)fsync(dir);
		(void)close(dir);
	}
	return err;
}

/* What the content of M, a file of F, is bound to. */
static enum zt_err
header_of(const struct sealed_file *f, const Zt__DeviceFile *m, struct buf *out)
{
	if (m->version == PASSKEYS_FILE_VERSION)
		passkeys_header(m, out);
	else
		buf_add_text(out, f->header);
	return buf_err(out);
}

enum zt_err
sealed_file_seal(const struct sealed_file *f, const void *content, const struct secret *key,
    Zt__DeviceFile *m, struct buf *out)
{
	struct buf clear = buf_init(FILE_MAX), sealed = buf_init(FILE_MAX),
		   header = buf_init(FILE_MAX);
	enum zt_err err;

	if (m->version == 0)
		m->version = VERSION;
	if ((err = pb_encode(content, &clear)) == ZT_OK &&
	    (err = header_of(f, m, &header)) == ZT_OK &&
	    (err = aead_seal(key, buf_bytes(&header), buf_bytes(&clear), &sealed)) == ZT_OK) {
		m->sealed = pb_field(sealed.p, sealed.n);
		err = pb_encode(m, out);
	}
	buf_free(&clear);
	buf_free(&sealed);
	buf_free(&header);
	return err;
}

enum zt_err
sealed_file_password(Zt__DeviceFile *m, struct bytes password,
    uint8_t salt[PASSWORD_SALT_BYTES], struct secret **key)
{
	struct password_cost cost = password_cost_now();

	if (password.n == 0)
		return ZT_ERR_PASSWORD; /* without a password the file alone would give the keys
					 */
	random_bytes(salt, PASSWORD_SALT_BYTES);
	m->salt = pb_field(salt, PASSWORD_SALT_BYTES);
	m->passes = cost.passes;
	m->memory = cost.memory;
	m->lanes = cost.lanes;
	return password_key(password, salt, cost, key);
}

enum zt_err
sealed_file_compose(
    const struct sealed_file *f, const void *content, struct bytes password, struct buf *out)
{
	Zt__DeviceFile m = ZT__DEVICE_FILE__INIT;
	uint8_t salt[PASSWORD_SALT_BYTES];
	struct secret *key = NULL;
	enum zt_err err;

	m.protector = BY_PASSWORD;
	if ((err = sealed_file_password(&m, password, salt, &key)) == ZT_OK)
		err = sealed_file_seal(f, content, key, &m, out);
	secret_free(key);
	return err;
}

enum zt_err
sealed_file_read(const char *folder, const struct sealed_file *of, struct buf *out)
{
	char path[DEVICE_FILE_PATH];
	uint8_t chunk[4096];
	size_t n;
	FILE *f;

	enum zt_err err = device_folder_check(folder);

	if (err)
		return err;
	(void)snprintf(path, sizeof path, "%s/%s", folder, of->name);
	if ((f = fopen(path, "rbe")) == NULL)
		return device_folder_err(errno);
	while ((n = fread(chunk, 1, sizeof chunk, f)) > 0)
		buf_add(out, bytes_of(chunk, n));
	if (ferror(f) != 0)
		err = ZT_ERR_IO;
	(void)fclose(f);
	if (err == ZT_OK && out->n == 0)
		err = ZT_ERR_CORRUPT; /* a power cut emptied it */
	return err ? err : buf_err(out);
}

void
sealed_file_held_name(const struct buf *file, struct hash *out)
{
	hash_blake2b(LABEL_HELD_KEY, buf_bytes(file), out);
}

/* The key of M's content by the password's, which it takes. */
static enum zt_err
unwrap(const Zt__DeviceFile *m, struct secret *under, struct secret **key)
{
	enum zt_err err;

	if (m->version != PASSKEYS_FILE_VERSION) {
		*key = under;
		return ZT_OK;
	}
	err = passkeys_unwrap(m, NULL, under, key);
	secret_free(under);
	return err;
}

static enum zt_err
derive_by_passkey(const Zt__DeviceFile *m, const struct device_opener *by, struct secret **key)
{
	const Zt__Passkey *p = passkeys_find(m, by->credential);
	struct secret *under = NULL;
	enum zt_err err;

	if (p == NULL)
		return ZT_ERR_NOT_FOUND;
	if ((err = passkeys_key(p, by->output, &under)) == ZT_OK)
		err = passkeys_unwrap(m, p, under, key);
	secret_free(under);
	return err;
}

static enum zt_err
derive(const struct buf *file, const Zt__DeviceFile *m, const struct device_opener *by,
    struct secret **key)
{
	struct bytes password = by->password;
	struct secret *under = NULL;
	struct hash name;
	struct id item;
	enum zt_err err;

	sealed_file_held_name(file, &name);
	if (by->credential != NULL)
		return derive_by_passkey(m, by, key);
	if (m->protector == BY_DESKTOP) {
		if (held_key_get(&name, key) == ZT_OK)
			return ZT_OK;
		return (err = pb_id(m->item, &item))
			   ? err
			   : protect_desktop_open(&item, DESKTOP_SECONDS, key);
	}
	if (password.p != NULL && m->protector == BY_TOKEN)
		return protect_token_open(
		    m->token, (const char *)password.p, pb_bytes(m->wrapped), key);
	if (password.p != NULL)
		return (err = password_key(password, m->salt.data,
			    (struct password_cost){ m->passes, m->memory, m->lanes }, &under))
			   ? err
			   : unwrap(m, under, key);
	err = held_key_get(&name, key);
	return err == ZT_ERR_NOT_FOUND ? ZT_ERR_PASSWORD : err;
}

enum zt_err
sealed_file_open_decoded(const struct sealed_file *f, const struct buf *file,
    const Zt__DeviceFile *m, const struct device_opener *by, void *out, struct secret **key)
{
	struct buf clear = buf_init(FILE_MAX), header = buf_init(FILE_MAX);
	enum zt_err err;

	if ((err = derive(file, m, by, key)) || (err = header_of(f, m, &header)))
		goto out;
	if ((err = aead_open(*key, buf_bytes(&header), pb_bytes(m->sealed), &clear)))
		/* A file's own key was right: something beside it was altered. */
		err = err == ZT_ERR_CORRUPT && m->version == VERSION ? ZT_ERR_PASSWORD : err;
	else
		err = pb_decode(f->content, buf_bytes(&clear), FILE_MAX, out);
out:
	buf_free(&clear);
	buf_free(&header);
	return err;
}

enum zt_err
sealed_file_open(const struct sealed_file *f, const struct buf *file,
    const struct device_opener *by, void *out, struct secret **key)
{
	Zt__DeviceFile *m = NULL;
	enum zt_err err = passkeys_decode(buf_bytes(file), &m);

	if (err)
		return err;
	err = !f->may_have_passkeys && m->version != VERSION
		  ? ZT_ERR_VERSION
		  : sealed_file_open_decoded(f, file, m, by, out, key);
	pb_free(m);
	return err;
}

void
sealed_file_remove(const char *folder, const struct sealed_file *f)
{
	char path[DEVICE_FILE_PATH];

	(void)snprintf(path, sizeof path, "%s/%s", folder, f->name);
	(void)unlink(path);
}
