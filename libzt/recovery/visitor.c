/* SPDX-License-Identifier: Apache-2.0 */
#include "recovery/visitor.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "log/sync.h"
#include "log/user_keys.h"
#include "session/session.h"
#include "store/device_folder.h"

static const char prefix[] = "visiting-";
enum { FRESH_S = 60 }; /* a folder without a lock may be one that is just being made */

static void
remove_folder(const char *folder)
{
	static const char *const names[] = { "store.db", "store.db-wal", "store.db-shm",
		"lock" };
	char path[4300];

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		(void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
		(void)unlink(path);
	}
	(void)rmdir(folder);
}

/* Whether FOLDER is unused: a process that uses it holds its lock. */
static bool
is_left(const char *folder)
{
	char path[4300];
	struct stat st;
	bool is;
	int fd;

	(void)snprintf(path, sizeof path, "%s/lock", folder);
	if ((fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC)) < 0)
		return stat(folder, &st) == 0 && st.st_mtime + FRESH_S < time(NULL);
	is = flock(fd, LOCK_EX | LOCK_NB) == 0;
	(void)close(fd);
	return is;
}

/* What killed ones left: nobody has the key to it. */
static void
sweep(const char *home)
{
	DIR *d = opendir(home);
	const struct dirent *e;
	char path[4200];

	while (d != NULL && (e = readdir(d)) != NULL) {
		if (strncmp(e->d_name, prefix, sizeof prefix - 1) != 0 ||
		    snprintf(path, sizeof path, "%s/%s", home, e->d_name) >= (int)sizeof path)
			continue;
		if (is_left(path))
			remove_folder(path);
	}
	if (d != NULL)
		(void)closedir(d);
}

/* In HOME, and of no other that is under way. */
static enum zt_err
make_folder(const char *home, struct visitor *v)
{
	enum zt_err err = device_folder_make(home);

	if (err)
		return err;
	sweep(home);
	if (snprintf(v->folder, sizeof v->folder, "%s/%sXXXXXX", home, prefix) >=
	    (int)sizeof v->folder) {
		v->folder[0] = 0;
		return ZT_ERR_TOO_BIG;
	}
	if (mkdtemp(v->folder) == NULL) {
		v->folder[0] = 0;
		return ZT_ERR_IO;
	}
	return ZT_OK;
}

static enum zt_err
take_keys(struct zt *z, const struct zt_options *o, const struct visitor_keys *k)
{
	struct secret *user_key = NULL;
	enum zt_err err;

	session_take_options(z, o);
	z->org = k->org;
	z->device = k->device;
	z->root_by_id = true;
	z->server = strdup(k->server);
	z->ca_file = o->ca_file != NULL ? strdup(o->ca_file) : NULL;
	if (z->server == NULL)
		return ZT_ERR_MEMORY;
	if ((err = sign_from_seed(sign_seed(k->sign), &z->sign)) ||
	    (err = secret_from(secret_bytes(k->seal), &z->seal)) ||
	    (err = secret_generate(&z->local)))
		return err;
	if (k->user_key != NULL &&
	    (err = secret_from(secret_bytes(k->user_key), &user_key)) == ZT_OK)
		err = log_add_user_key(z, user_key);
	return err;
}

enum zt_err
visitor_open(const struct zt_options *o, const struct visitor_keys *k, struct visitor *v)
{
	const struct org_device *d;
	struct zt *z = calloc(1, sizeof *z);
	enum zt_err err;

	*v = (struct visitor){ .z = z };
	if (z == NULL)
		return ZT_ERR_MEMORY;
	if ((err = take_keys(z, o, k)) || (err = make_folder(o->home, v)) ||
	    (err = store_open(v->folder, z->local, z->stop, &z->store)) ||
	    (err = session_connect(z)) || (err = org_state_new(&z->org, &z->state)) ||
	    (err = log_fetch(z)))
		return err;
	/* The first look says whose device this is, the second opens what is that user's. */
	if ((d = org_state_device(z->state, &z->device)) == NULL)
		return ZT_ERR_UNKNOWN_DEVICE;
	z->user = d->user->id;
	return log_fetch(z);
}

void
visitor_close(const struct zt_options *o, struct visitor *v)
{
	session_close(v->z);
	v->z = NULL;
	if (v->folder[0] != 0)
		remove_folder(v->folder);
	(void)rmdir(o->home); /* where that folder was all that it held */
}
