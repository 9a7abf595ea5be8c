/* SPDX-License-Identifier: Apache-2.0 */
#include "store/device_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
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
#include "store/device_parts.h"
#include "store/passkeys.h"

enum { VERSION = 1, FILE_MAX = PASSKEYS_FILE_MAX, PATH_SIZE = 4200 };
/* For a person to find the desktop's prompt and type a password. */
enum { DESKTOP_SECONDS = 120 };

/* A file of a state folder whose content is sealed: its name, and what its content is bound to.
 */
struct sealed_file {
	const char *name, *header;
	const ProtobufCMessageDescriptor *content;
};
static const struct sealed_file device = { "device.zt", LABEL_DEVICE_FILE,
	&zt__device_secrets__descriptor };
static const struct sealed_file joining = { "joining.zt", LABEL_JOINING_FILE,
	&zt__joining__descriptor };

static enum zt_err
err_of(int number)
{
	switch (number) {
	case ENOENT:
		return ZT_ERR_NOT_FOUND;
	case EEXIST:
		return ZT_ERR_EXISTS;
	case ENOSPC:
	case EDQUOT:
		return ZT_ERR_FULL;
	default:
		return ZT_ERR_IO;
	}
}

/* Who else may write to it puts a lock, a store or a device of theirs in the place of ours. */
enum zt_err
device_file_check_folder(const char *folder)
{
	struct stat st;

	if (stat(folder, &st) != 0)
		return err_of(errno);
	return S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
		       (st.st_mode & (S_IWGRP | S_IWOTH)) == 0
		   ? ZT_OK
		   : ZT_ERR_FOLDER;
}

enum zt_err
device_file_folder(const char *folder)
{
	char part[PATH_SIZE];

	if (strlen(folder) >= sizeof part)
		return ZT_ERR_TOO_BIG;
	for (const char *p = folder + 1;; p++) {
		if (*p != '/' && *p != 0)
			continue;
		memcpy(part, folder, (size_t)(p - folder));
		part[p - folder] = 0;
		if (mkdir(part, 0700) != 0 && errno != EEXIST)
			return err_of(errno);
		if (*p == 0)
			return device_file_check_folder(folder);
	}
}

/* Beside first, synced, then linked in place: link() refuses to replace a device. Whole or not
 * at all; what is there stays unless it is to be REPLACED. */
static enum zt_err
write_file(const char *folder, const struct sealed_file *f, struct bytes content, bool replaced)
{
	char temp[PATH_SIZE + 64], path[PATH_SIZE + 64];
	int fd, dir;
	enum zt_err err = ZT_OK;

	(void)snprintf(temp, sizeof temp, "%s/%s.%d", folder, f->name, (int)getpid());
	(void)snprintf(path, sizeof path, "%s/%s", folder, f->name);
	(void)unlink(temp);
	if ((fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) < 0)
		return err_of(errno);
	errno = 0; /* a short write says nothing */
	if (write(fd, content.p, content.n) != (ssize_t)content.n || fsync(fd) != 0)
		err = errno != 0 ? err_of(errno) : ZT_ERR_FULL;
	if (close(fd) != 0 && err == ZT_OK)
		err = err_of(errno);
	if (err == ZT_OK && (replaced ? rename(temp, path) : link(temp, path)) != 0)
		err = err_of(errno);
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

/* CONTENT under KEY, into the file that M begins, of the first version unless it has one. */
static enum zt_err
seal(const struct sealed_file *f, const void *content, const struct secret *key,
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
device_seal(Zt__DeviceFile *m, const Zt__DeviceSecrets *secrets, const struct secret *key,
    struct buf *out)
{
	return seal(&device, secrets, key, m, out);
}

/* CONTENT under PASSWORD, as the file's bytes. */
static enum zt_err
compose(
    const struct sealed_file *f, const void *content, struct bytes password, struct buf *out)
{
	struct password_cost cost = password_cost_now();
	Zt__DeviceFile m = ZT__DEVICE_FILE__INIT;
	uint8_t salt[PASSWORD_SALT_BYTES];
	struct secret *key = NULL;
	enum zt_err err;

	if (password.n == 0)
		return ZT_ERR_PASSWORD; /* without a password the file alone would give the
					 * keys */
	random_bytes(salt, sizeof salt);
	m.protector = BY_PASSWORD;
	m.salt = pb_field(salt, sizeof salt);
	m.passes = cost.passes;
	m.memory = cost.memory;
	m.lanes = cost.lanes;
	if ((err = password_key(password, salt, cost, &key)) == ZT_OK)
		err = seal(f, content, key, &m, out);
	secret_free(key);
	return err;
}

enum zt_err
device_compose(const Zt__DeviceSecrets *secrets, struct bytes password, struct buf *out)
{
	return compose(&device, secrets, password, out);
}

/* A device's secrets under a token. */
static enum zt_err
compose_by_token(
    const Zt__DeviceSecrets *secrets, const char *uri, const char *pin, struct buf *out)
{
	Zt__DeviceFile m = ZT__DEVICE_FILE__INIT;
	struct buf wrapped = buf_init(FILE_MAX);
	struct secret *key = NULL;
	enum zt_err err = protect_token_new(uri, pin, &wrapped, &key);

	m.protector = BY_TOKEN;
	m.token = (char *)(uintptr_t)uri;
	m.wrapped = pb_field(wrapped.p, wrapped.n);
	if (err == ZT_OK)
		err = seal(&device, secrets, key, &m, out);
	secret_free(key);
	buf_free(&wrapped);
	return err;
}

/* The same under the key that the desktop's secret service holds under ITEM from now on. */
static enum zt_err
compose_by_desktop(const Zt__DeviceSecrets *secrets, struct id *item, struct buf *out)
{
	Zt__DeviceFile m = ZT__DEVICE_FILE__INIT;
	struct secret *key = NULL;
	enum zt_err err = protect_desktop_new(item, DESKTOP_SECONDS, &key);

	m.protector = BY_DESKTOP;
	m.item = pb_field(item->b, ID_BYTES);
	if (err == ZT_OK)
		err = seal(&device, secrets, key, &m, out);
	secret_free(key);
	return err;
}

enum zt_err
device_file_create(const char *folder, const Zt__DeviceSecrets *secrets, struct bytes password)
{
	struct buf file = buf_init(FILE_MAX);
	enum zt_err err;

	if ((err = device_file_folder(folder)) == ZT_OK &&
	    (err = compose(&device, secrets, password, &file)) == ZT_OK)
		err = write_file(folder, &device, buf_bytes(&file), false);
	buf_free(&file);
	return err;
}

static enum zt_err
read_file(const char *folder, const struct sealed_file *of, struct buf *out)
{
	char path[PATH_SIZE + 64];
	uint8_t chunk[4096];
	size_t n;
	FILE *f;

	enum zt_err err = device_file_check_folder(folder);

	if (err)
		return err;
	(void)snprintf(path, sizeof path, "%s/%s", folder, of->name);
	if ((f = fopen(path, "rbe")) == NULL)
		return err_of(errno);
	while ((n = fread(chunk, 1, sizeof chunk, f)) > 0)
		buf_add(out, bytes_of(chunk, n));
	if (ferror(f) != 0)
		err = ZT_ERR_IO;
	(void)fclose(f);
	if (err == ZT_OK && out->n == 0)
		err = ZT_ERR_CORRUPT; /* a power cut emptied it */
	return err ? err : buf_err(out);
}

enum zt_err
device_file_may_begin(const char *folder)
{
	char path[PATH_SIZE + 64];
	enum zt_err err = device_file_check_folder(folder);

	if (err)
		return err == ZT_ERR_NOT_FOUND ? ZT_OK : err;
	(void)snprintf(path, sizeof path, "%s/%s", folder, device.name);
	return access(path, F_OK) == 0 ? ZT_ERR_EXISTS : ZT_OK;
}

/* By the whole file: with another password it is another key. */
static void
held_name(const struct buf *file, struct hash *out)
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

	held_name(file, &name);
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

/* Opens FILE, which is M; the caller gives *OUT, of F's content, to pb_wipe and *KEY to
 * secret_free. */
static enum zt_err
open_decoded(const struct sealed_file *f, const struct buf *file, const Zt__DeviceFile *m,
    const struct device_opener *by, void *out, struct secret **key)
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

static enum zt_err
open_file(const struct sealed_file *f, const struct buf *file, const struct device_opener *by,
    void *out, struct secret **key)
{
	Zt__DeviceFile *m = NULL;
	enum zt_err err = passkeys_decode(buf_bytes(file), &m);

	if (err)
		return err;
	err = f != &device && m->version != VERSION ? ZT_ERR_VERSION
						    : open_decoded(f, file, m, by, out, key);
	pb_free(m);
	return err;
}

enum zt_err
device_open(const struct buf *file, const Zt__DeviceFile *m, const struct device_opener *by,
    Zt__DeviceSecrets **out, struct secret **key)
{
	return open_decoded(&device, file, m, by, out, key);
}

enum zt_err
device_file_open_by(const char *folder, const struct device_opener *by, Zt__DeviceSecrets **out)
{
	struct buf file = buf_init(FILE_MAX);
	struct secret *key = NULL;
	enum zt_err err = read_file(folder, &device, &file);

	if (err == ZT_OK)
		err = open_file(&device, &file, by, out, &key);
	secret_free(key);
	buf_free(&file);
	return err;
}

enum zt_err
device_file_open(const char *folder, struct bytes password, Zt__DeviceSecrets **out)
{
	return device_file_open_by(
	    folder, &(struct device_opener){ .password = password }, out);
}

enum zt_err
device_file_hold(const char *folder, struct bytes password, unsigned seconds)
{
	const struct device_opener by = { .password = password };
	struct buf file = buf_init(FILE_MAX);
	Zt__DeviceSecrets *m = NULL;
	struct secret *key = NULL;
	struct hash name;
	enum zt_err err = read_file(folder, &device, &file);

	if (err == ZT_OK && (err = open_file(&device, &file, &by, &m, &key)) == ZT_OK) {
		held_name(&file, &name);
		err = held_key_put(&name, key, seconds);
	}
	pb_wipe(m);
	secret_free(key);
	buf_free(&file);
	return err;
}

enum zt_err
device_file_release(const char *folder)
{
	struct buf file = buf_init(FILE_MAX);
	struct hash name;
	enum zt_err err = read_file(folder, &device, &file);

	if (err == ZT_OK) {
		held_name(&file, &name);
		err = held_key_drop(&name);
	}
	buf_free(&file);
	return err;
}

bool
device_file_is_held(const char *folder)
{
	struct buf file = buf_init(FILE_MAX);
	struct secret *key = NULL;
	struct hash name;
	bool held = false;

	if (read_file(folder, &device, &file) == ZT_OK) {
		held_name(&file, &name);
		held = held_key_get(&name, &key) == ZT_OK;
	}
	buf_free(&file);
	secret_free(key);
	return held;
}

/* The item of FILE's key in the desktop's secret service, if that is where it is. */
static bool
desktop_item(const struct buf *file, struct id *item)
{
	Zt__DeviceFile *m = NULL;
	bool is =
	    pb_decode(&zt__device_file__descriptor, buf_bytes(file), FILE_MAX, &m) == ZT_OK &&
	    m->protector == BY_DESKTOP && pb_id(m->item, item) == ZT_OK;

	pb_free(m);
	return is;
}

enum zt_err
device_read(const char *folder, struct buf *out)
{
	return read_file(folder, &device, out);
}

/* Held keys open the old file only. */
enum zt_err
device_replace(const char *folder, const struct buf *file)
{
	struct buf old = buf_init(FILE_MAX);
	struct id item;
	struct hash name;
	enum zt_err err = read_file(folder, &device, &old);

	if (err == ZT_OK &&
	    (err = write_file(folder, &device, buf_bytes(file), true)) == ZT_OK) {
		held_name(&old, &name);
		(void)!held_key_drop(&name);
		if (desktop_item(&old, &item))
			protect_desktop_forget(&item, DESKTOP_SECONDS);
	}
	buf_free(&old);
	return err;
}

enum zt_err
device_file_protect(const char *folder, struct bytes password, const char *uri, const char *pin)
{
	struct buf file = buf_init(FILE_MAX);
	Zt__DeviceSecrets *m = NULL;
	enum zt_err err;

	if ((err = device_file_open(folder, password, &m)) == ZT_OK &&
	    (err = compose_by_token(m, uri, pin, &file)) == ZT_OK)
		err = device_replace(folder, &file);
	pb_wipe(m);
	buf_free(&file);
	return err;
}

enum zt_err
device_file_protect_by_desktop(const char *folder, struct bytes password)
{
	struct buf file = buf_init(FILE_MAX);
	Zt__DeviceSecrets *m = NULL;
	struct id item;
	enum zt_err err;

	random_bytes(item.b, ID_BYTES);
	if ((err = device_file_open(folder, password, &m)) == ZT_OK &&
	    (err = compose_by_desktop(m, &item, &file)) == ZT_OK &&
	    (err = device_replace(folder, &file)))
		protect_desktop_forget(&item, DESKTOP_SECONDS);
	pb_wipe(m);
	buf_free(&file);
	return err;
}

enum protector
device_file_protector(const char *folder)
{
	struct buf file = buf_init(FILE_MAX);
	Zt__DeviceFile *m = NULL;
	enum protector by = BY_NOTHING;

	if (read_file(folder, &device, &file) == ZT_OK &&
	    pb_decode(&zt__device_file__descriptor, buf_bytes(&file), FILE_MAX, &m) == ZT_OK &&
	    m->protector >= BY_PASSWORD && m->protector <= BY_DESKTOP)
		by = (enum protector)m->protector;
	pb_free(m);
	buf_free(&file);
	return by;
}

/* ---- why a folder does not work ---- */

/* Whether PATH, which must be of KIND, is not as it must be: OUT says so. */
static bool
is_unfit(const char *path, mode_t kind, int access_mode, char *out, size_t size)
{
	struct stat st;

	if (stat(path, &st) != 0) {
		if (errno == ENOENT)
			return false;
		(void)snprintf(out, size, "%.160s: %s", path, strerror(errno));
		return true;
	}
	if ((st.st_mode & S_IFMT) != kind)
		(void)snprintf(out, size, "%.160s: %s", path,
		    strerror(kind == S_IFDIR       ? ENOTDIR
			     : S_ISDIR(st.st_mode) ? EISDIR
						   : EINVAL));
	else if (st.st_uid != geteuid())
		(void)snprintf(out, size, "%.160s: uid %u, not %u", path, (unsigned)st.st_uid,
		    (unsigned)geteuid());
	else if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		(void)snprintf(
		    out, size, "%.160s: mode %03o", path, (unsigned)(st.st_mode & 0777));
	else if (access(path, access_mode) != 0)
		(void)snprintf(out, size, "%.160s: %s", path, strerror(errno));
	else
		return false;
	return true;
}

/* Some file systems know no locks. */
static void
explain_lock(const char *path, char *out, size_t size)
{
	int fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return;
	if (flock(fd, LOCK_EX | LOCK_NB) != 0 && errno != EWOULDBLOCK)
		(void)snprintf(out, size, "%.160s: %s", path, strerror(errno));
	(void)close(fd);
}

void
device_file_explain(const char *folder, char *out, size_t size)
{
	static const char *const names[] = { "lock", "device.zt", "joining.zt", "store.db",
		"store.db-wal", "store.db-shm" };
	char path[PATH_SIZE + 64];

	out[0] = 0;
	if (is_unfit(folder, S_IFDIR, R_OK | W_OK | X_OK, out, size))
		return;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		(void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
		if (is_unfit(path, S_IFREG, R_OK | W_OK, out, size))
			return;
	}
	(void)snprintf(path, sizeof path, "%s/lock", folder);
	explain_lock(path, out, size);
}

static void
discard(const char *folder, const struct sealed_file *f)
{
	char path[PATH_SIZE + 64];

	(void)snprintf(path, sizeof path, "%s/%s", folder, f->name);
	(void)unlink(path);
}

void
device_file_discard(const char *folder)
{
	discard(folder, &device);
}

enum zt_err
device_file_keep_joining(const char *folder, const Zt__Joining *m, struct bytes password)
{
	struct buf file = buf_init(FILE_MAX);
	enum zt_err err;

	if ((err = device_file_folder(folder)) == ZT_OK &&
	    (err = compose(&joining, m, password, &file)) == ZT_OK)
		err = write_file(folder, &joining, buf_bytes(&file), true);
	buf_free(&file);
	return err;
}

enum zt_err
device_file_read_joining(const char *folder, struct bytes password, Zt__Joining **out)
{
	const struct device_opener by = { .password = password };
	struct buf file = buf_init(FILE_MAX);
	struct secret *key = NULL;
	enum zt_err err = read_file(folder, &joining, &file);

	if (err == ZT_OK)
		err = open_file(&joining, &file, &by, out, &key);
	secret_free(key);
	buf_free(&file);
	return err;
}

static void
attempt_path(const char *folder, const struct id *invitation, char out[PATH_SIZE + 64])
{
	char text[ID_TEXT];

	id_print(invitation, text);
	(void)snprintf(out, PATH_SIZE + 64, "%s/attempt-%s", folder, text);
}

enum zt_err
device_file_note_attempt(
    const char *folder, const struct id *invitation, const struct id *attempt)
{
	enum zt_err err = device_file_folder(folder);
	char path[PATH_SIZE + 64];
	FILE *f;
	bool whole;

	if (err)
		return err;
	attempt_path(folder, invitation, path);
	if ((f = fopen(path, "wbe")) == NULL)
		return err_of(errno);
	whole = fwrite(attempt->b, ID_BYTES, 1, f) == 1;
	return fclose(f) == 0 && whole ? ZT_OK : err_of(errno);
}

bool
device_file_noted_attempt(const char *folder, const struct id *invitation, struct id *attempt)
{
	char path[PATH_SIZE + 64];
	struct id noted;
	FILE *f;
	bool is;

	attempt_path(folder, invitation, path);
	f = fopen(path, "rbe");
	is = f != NULL && fread(&noted, sizeof noted, 1, f) == 1;
	if (f != NULL)
		(void)fclose(f);
	if (is)
		*attempt = noted;
	return is;
}

void
device_file_end_attempt(const char *folder, const struct id *invitation)
{
	char path[PATH_SIZE + 64];

	attempt_path(folder, invitation, path);
	(void)unlink(path);
	(void)rmdir(folder); /* where that was all that it held */
}

bool
device_file_is_missing(const char *folder)
{
	char path[PATH_SIZE + 64];

	(void)snprintf(path, sizeof path, "%s/%s", folder, device.name);
	return access(path, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR);
}

bool
device_file_is_joining(const char *folder)
{
	char path[PATH_SIZE + 64];

	(void)snprintf(path, sizeof path, "%s/%s", folder, joining.name);
	return access(path, F_OK) == 0 && device_file_may_begin(folder) == ZT_OK;
}

void
device_file_end_joining(const char *folder)
{
	discard(folder, &joining);
}
