/* SPDX-License-Identifier: Apache-2.0 */
/* joining_file.c - what a future device keeps of its enrolment, so that a process which was
 * killed continues it, or ends it. */
#include "store/joining_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "crypto/labels.h"
#include "crypto/secret.h"
#include "store/device_file.h"
#include "store/device_folder.h"
#include "store/passkeys.h"
#include "store/sealed_file.h"

enum { FILE_MAX = PASSKEYS_FILE_MAX };

static const struct sealed_file joining = { "joining.zt", LABEL_JOINING_FILE,
	&zt__joining__descriptor, false };

enum zt_err
joining_file_keep(const char *folder, const Zt__Joining *m, struct bytes password)
{
	struct buf file = buf_init(FILE_MAX);
	enum zt_err err;

	if ((err = device_folder_make(folder)) == ZT_OK &&
	    (err = sealed_file_compose(&joining, m, password, &file)) == ZT_OK)
		err = sealed_file_write(folder, &joining, buf_bytes(&file), true);
	buf_free(&file);
	return err;
}

enum zt_err
joining_file_read(const char *folder, struct bytes password, Zt__Joining **out)
{
	const struct device_opener by = { .password = password };
	struct buf file = buf_init(FILE_MAX);
	struct secret *key = NULL;
	enum zt_err err = sealed_file_read(folder, &joining, &file);

	if (err == ZT_OK)
		err = sealed_file_open(&joining, &file, &by, out, &key);
	secret_free(key);
	buf_free(&file);
	return err;
}

static void
attempt_path(const char *folder, const struct id *invitation, char out[DEVICE_FILE_PATH])
{
	char text[ID_TEXT];

	id_print(invitation, text);
	(void)snprintf(out, DEVICE_FILE_PATH, "%s/attempt-%s", folder, text);
}

enum zt_err
joining_file_note_attempt(
    const char *folder, const struct id *invitation, const struct id *attempt)
{
	enum zt_err err = device_folder_make(folder);
	char path[DEVICE_FILE_PATH];
	FILE *f;
	bool whole;

	if (err)
		return err;
	attempt_path(folder, invitation, path);
	if ((f = fopen(path, "wbe")) == NULL)
		return device_folder_err(errno);
	whole = fwrite(attempt->b, ID_BYTES, 1, f) == 1;
	return fclose(f) == 0 && whole ? ZT_OK : device_folder_err(errno);
}

bool
joining_file_noted_attempt(const char *folder, const struct id *invitation, struct id *attempt)
{
	char path[DEVICE_FILE_PATH];
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
joining_file_end_attempt(const char *folder, const struct id *invitation)
{
	char path[DEVICE_FILE_PATH];

	attempt_path(folder, invitation, path);
	(void)unlink(path);
	(void)rmdir(folder); /* where that was all that it held */
}

bool
joining_file_is_there(const char *folder)
{
	char path[DEVICE_FILE_PATH];

	(void)snprintf(path, sizeof path, "%s/%s", folder, joining.name);
	return access(path, F_OK) == 0 && device_file_may_begin(folder) == ZT_OK;
}

void
joining_file_end(const char *folder)
{
	sealed_file_remove(folder, &joining);
}
