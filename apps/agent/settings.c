/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "agent/settings.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <unistd.h>

#include "agent/device.h"

unsigned
settings_lock_after(const struct agent *a, const char *key)
{
	char path[PATH_MAX + 16];
	unsigned minutes = SETTINGS_LOCK_AFTER;
	json_t *read, *after;

	(void)snprintf(path, sizeof path, "%s/settings", a->place);
	read = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
	after = json_object_get(json_object_get(read, "lockAfter"), key);
	if (json_is_integer(after) && json_integer_value(after) >= 0 &&
	    json_integer_value(after) <= 7 * 24 * 60)
		minutes = (unsigned)json_integer_value(after);
	json_decref(read);
	return minutes;
}

/* {"lockAfter":{KEY:MINUTES}} */
static json_t *
encode(const struct agent *a)
{
	json_t *each = json_object();
	const struct device *d;

	LIST_FOREACH(d, &a->devices, link)
	if (d->lock_after != SETTINGS_LOCK_AFTER &&
	    json_object_set_new(each, d->key, json_integer((int)d->lock_after)) != 0) {
		json_decref(each);
		return NULL;
	}
	return json_pack("{s:o}", "lockAfter", each);
}

bool
settings_write(const struct agent *a)
{
	char path[PATH_MAX + 16], beside[PATH_MAX + 24];
	json_t *all = encode(a);
	int fd;
	bool is_written;

	(void)snprintf(path, sizeof path, "%s/settings", a->place);
	(void)snprintf(beside, sizeof beside, "%s.new", path);
	fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	is_written =
	    all != NULL && fd >= 0 && json_dumpfd(all, fd, JSON_COMPACT) == 0 && fsync(fd) == 0;
	json_decref(all);
	if (fd >= 0)
		(void)close(fd);
	return is_written && rename(beside, path) == 0;
}
