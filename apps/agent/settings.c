/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "agent/settings.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/device.h"

static json_t *
load(const struct agent *a)
{
	char path[PATH_MAX + 16];

	(void)snprintf(path, sizeof path, "%s/settings", a->place);
	return json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
}

static void
copy_text(char *out, size_t n, const json_t *known, const char *name)
{
	const char *text = json_string_value(json_object_get(known, name));

	if (text != NULL && strlen(text) < n)
		memcpy(out, text, strlen(text) + 1);
}

void
settings_read(struct device *d)
{
	json_t *read = load(d->a);
	const json_t *after = json_object_get(json_object_get(read, "lockAfter"), d->key);
	const json_t *known = json_object_get(json_object_get(read, "known"), d->key);

	d->lock_after = SETTINGS_LOCK_AFTER;
	if (json_is_integer(after) && json_integer_value(after) >= 0 &&
	    json_integer_value(after) <= 7 * 24 * 60)
		d->lock_after = (unsigned)json_integer_value(after);
	copy_text(d->organization, sizeof d->organization, known, "organization");
	copy_text(d->server, sizeof d->server, known, "server");
	copy_text(d->email, sizeof d->email, known, "email");
	json_decref(read);
}

/* ---- what is written ---- */

/* Rows of devices whose folders are away, and the bytes of one. */
enum { AWAY_MAX = 256, ROW_MAX = 2048 };

/* Whether ROW is of a device that is not among those of A: its folder may come back. */
static bool
is_away(const struct agent *a, const char *key, const json_t *row)
{
	const struct device *d;

	LIST_FOREACH(d, &a->devices, link)
	if (strcmp(d->key, key) == 0)
		return false;
	return strlen(key) < RPC_KEY_MAX &&
	       json_dumpb(row, NULL, 0, JSON_COMPACT | JSON_ENCODE_ANY) <= ROW_MAX;
}

/* The rows of BEFORE, as the file has them under a name, that are kept: the last ones. */
static json_t *
keep_away(const struct agent *a, json_t *before)
{
	json_t *kept = json_object(), *row;
	const char *key;
	size_t count = 0;
	int failed = 0;

	json_object_foreach(before, key, row) if (is_away(a, key, row)) count++;
	json_object_foreach(before, key, row)
	{
		if (is_away(a, key, row) && count-- <= AWAY_MAX)
			failed |= json_object_set(kept, key, row);
	}
	if (failed == 0)
		return kept;
	json_decref(kept);
	return NULL;
}

/* {"lockAfter":{KEY:MINUTES},"known":{KEY:{"organization":...,"server":...,"email":...}}},
 * behind what BEFORE has of others. */
static json_t *
encode(const struct agent *a, const json_t *before)
{
	json_t *after = keep_away(a, json_object_get(before, "lockAfter")),
	       *known = keep_away(a, json_object_get(before, "known"));
	const struct device *d;
	int failed = after == NULL || known == NULL;

	LIST_FOREACH(d, &a->devices, link)
	{
		if (d->lock_after != SETTINGS_LOCK_AFTER)
			failed |= json_object_set_new(
			    after, d->key, json_integer((int)d->lock_after));
		/* What is no UTF-8 is left out. */
		if (d->organization[0] != 0)
			(void)json_object_set_new(known, d->key,
			    json_pack("{s:s,s:s,s:s}", "organization", d->organization,
				"server", d->server, "email", d->email));
	}
	if (failed) {
		json_decref(after);
		json_decref(known);
		return NULL;
	}
	return json_pack("{s:o,s:o}", "lockAfter", after, "known", known);
}

/* ALL becomes the file. */
static bool
store(const struct agent *a, const json_t *all)
{
	char path[PATH_MAX + 16], beside[PATH_MAX + 24];
	int fd;
	bool is_written;

	(void)snprintf(path, sizeof path, "%s/settings", a->place);
	(void)snprintf(beside, sizeof beside, "%s.new", path);
	fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	is_written =
	    all != NULL && fd >= 0 && json_dumpfd(all, fd, JSON_COMPACT) == 0 && fsync(fd) == 0;
	if (fd >= 0)
		(void)close(fd);
	return is_written && rename(beside, path) == 0;
}

bool
settings_write(const struct agent *a)
{
	json_t *before = load(a), *all = encode(a, before);
	bool is_written = store(a, all);

	json_decref(before);
	json_decref(all);
	return is_written;
}

bool
settings_forget(const struct agent *a, const char *key)
{
	json_t *all = load(a);
	bool had_time = json_object_del(json_object_get(all, "lockAfter"), key) == 0;
	bool was_known = json_object_del(json_object_get(all, "known"), key) == 0;
	bool is_gone = !(had_time || was_known) || store(a, all);

	json_decref(all);
	return is_gone;
}
