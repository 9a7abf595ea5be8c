/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "agent/device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/host.h"
#include "agent/lane.h"
#include "agent/settings.h"
#include "hosts/folders.h"

/* ---- the folders ---- */

/* Whether NAME may be a key: a name of a folder that is not hidden, and can be shown. Of the
 * root that other programs use too, only zt and zt-... are looked at. */
static bool
is_key(const struct agent *a, const char *name)
{
	if (name[0] == 0 || name[0] == '.' || strlen(name) >= RPC_KEY_MAX ||
	    strcmp(name, "zt-agent") == 0)
		return false;
	for (const char *at = name; *at != 0; at++)
		if ((unsigned char)*at < 0x20 || *at == 0x7f || *at == '/')
			return false;
	return !a->is_usual || strcmp(name, "zt") == 0 || strncmp(name, "zt-", 3) == 0;
}

/* Whether PATH is a folder of this user's, in which nobody else can write. */
static bool
is_ours(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
	       (st.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

static struct device *
known(const struct agent *a, const char *key)
{
	struct device *d;

	LIST_FOREACH(d, &a->devices, link)
	if (strcmp(d->key, key) == 0)
		return d;
	return NULL;
}

static void
forget(struct device *d)
{
	LIST_REMOVE(d, link);
	(void)pthread_mutex_destroy(&d->base_lock);
	free(d);
}

static void
add(struct agent *a, const char *key, const char *home)
{
	struct device *d, *last = NULL, *one;
	unsigned count = 0;

	LIST_FOREACH(one, &a->devices, link)
	{
		last = one;
		count++;
	}
	if (count >= FOLDERS_MAX || (d = calloc(1, sizeof *d)) == NULL)
		return;
	d->a = a;
	memcpy(d->key, key, strnlen(key, sizeof d->key - 1));
	(void)snprintf(d->home, sizeof d->home, "%s", home);
	(void)pthread_mutex_init(&d->base_lock, NULL);
	settings_read(d);
	if (last != NULL)
		LIST_INSERT_AFTER(last, d, link);
	else
		LIST_INSERT_HEAD(&a->devices, d, link);
}

static bool
holds_device(const char *home)
{
	return is_ours(home) && folders_has_device(home);
}

static void
look_at(void *ctx, const char *name)
{
	struct agent *a = ctx;
	char home[PATH_MAX];

	if (is_key(a, name) && known(a, name) == NULL &&
	    snprintf(home, sizeof home, "%s/%s", a->root, name) < (int)sizeof home &&
	    holds_device(home))
		add(a, name, home);
}

void
device_scan(struct agent *a)
{
	struct device *d, *next;

	folders_each(a->root, look_at, a);
	for (d = LIST_FIRST(&a->devices); d != NULL; d = next) {
		next = LIST_NEXT(d, link);
		if (d->state == DEVICE_LOCKED && d->running == 0 && !holds_device(d->home))
			forget(d);
	}
}

struct device *
device_find(struct agent *a, const char *key)
{
	struct device *d = known(a, key);

	if (d == NULL && key[0] != 0) {
		device_scan(a);
		d = known(a, key);
	}
	return d;
}

enum zt_err
device_folder(struct agent *a, const char *name, char home[PATH_MAX])
{
	enum zt_err err;

	if (!is_key(a, name) || snprintf(home, PATH_MAX, "%s/%s", a->root, name) >= PATH_MAX)
		return ZT_ERR_NAME;
	if ((err = folders_make(home)) != ZT_OK && err != ZT_ERR_EXISTS)
		return err;
	if (!is_ours(home))
		return ZT_ERR_FOLDER;
	if (!holds_device(home) && !settings_forget(a, name))
		return ZT_ERR_IO;
	return err;
}

void
device_forget_all(struct agent *a)
{
	struct device *d, *next;

	for (d = LIST_FIRST(&a->devices); d != NULL; d = next) {
		next = LIST_NEXT(d, link);
		forget(d);
	}
}

/* ---- open, and locked ---- */

void
device_used(struct device *d)
{
	idle_now(&d->used);
}

uint64_t
device_locks_at(const struct device *d)
{
	return d->state == DEVICE_OPEN && d->lock_after > 0
		   ? d->used.wall_ms + (uint64_t)d->lock_after * 60000
		   : 0;
}

static struct lane *
lane_of(struct device *d, enum rpc_lane_kind kind)
{
	if (d->lanes[kind] == NULL &&
	    (d->lanes[kind] = lane_begin(d->a, d, LANE_SERVE)) != NULL)
		d->threads++;
	return d->lanes[kind];
}

void
device_opened(struct device *d, struct zt *z)
{
	d->base = z;
	d->state = DEVICE_OPEN;
	device_used(d);
	if (lane_of(d, RPC_QUICK) == NULL)
		device_lane_opened(d);
}

void
device_lane_opened(struct device *d)
{
	if (d->state == DEVICE_OPEN && d->watch == NULL &&
	    (d->watch = lane_begin(d->a, d, LANE_WATCH)) != NULL)
		d->threads++;
}

static void
close_if_idle(struct device *d)
{
	if (d->state != DEVICE_LOCKING || d->threads > 0)
		return;
	zt_close(d->base);
	d->base = NULL;
	d->state = DEVICE_LOCKED;
	agent_log("a device is locked");
	host_changed(d->a);
}

void
device_thread_ended(struct device *d)
{
	d->threads--;
	close_if_idle(d);
}

/* Every call of D ends. */
static void
cancel_all(struct device *d)
{
	struct connection *c;
	struct request *r;

	LIST_FOREACH(c, &d->a->connections, link)
	LIST_FOREACH(r, &c->requests, of_connection)
	if (r->device == d)
		request_cancel(r);
}

static void
end_streams(struct device *d)
{
	struct connection *c;
	struct lane *l, *next;

	LIST_FOREACH(c, &d->a->connections, link)
	for (l = LIST_FIRST(&c->streams); l != NULL; l = next) {
		next = LIST_NEXT(l, link);
		if (l->device != d)
			continue;
		LIST_REMOVE(l, link);
		l->connection = NULL;
		d->streams--;
		lane_end(l);
	}
}

void
device_shut(struct device *d)
{
	d->locks_next = d->state == DEVICE_OPENING;
	if (d->state != DEVICE_OPEN)
		return;
	d->state = DEVICE_LOCKING;
	atomic_store(&d->confirmed_until_ms, 0);
	cancel_all(d);
	end_streams(d);
	for (size_t i = 0; i < sizeof d->lanes / sizeof d->lanes[0]; i++) {
		if (d->lanes[i] != NULL)
			lane_end(d->lanes[i]);
		d->lanes[i] = NULL;
	}
	if (d->watch != NULL)
		lane_end(d->watch);
	d->watch = NULL;
	close_if_idle(d);
}

void
device_shut_all(struct agent *a)
{
	struct device *d;

	LIST_FOREACH(d, &a->devices, link)
	device_shut(d);
}

bool
device_is_open(const struct agent *a)
{
	const struct device *d;

	LIST_FOREACH(d, &a->devices, link)
	if (d->state != DEVICE_LOCKED)
		return true;
	return false;
}

bool
device_locks(const struct agent *a)
{
	const struct device *d;

	LIST_FOREACH(d, &a->devices, link)
	if (d->state == DEVICE_LOCKING)
		return true;
	return false;
}

void
device_tick(struct agent *a, const struct idle_clocks *now, bool slept)
{
	struct device *d;

	LIST_FOREACH(d, &a->devices, link)
	if (slept || (d->state == DEVICE_OPEN && d->running == 0 &&
			 idle_is_over(&d->used, now, (uint64_t)d->lock_after * 60000)))
		device_shut(d);
}

/* ---- requests ---- */

/* The lane of C for streams of D; NULL: as many connections have one as may, or no memory. */
static struct lane *
stream_of(struct connection *c, struct device *d)
{
	struct lane *l;

	LIST_FOREACH(l, &c->streams, link)
	if (l->device == d)
		return l;
	if (d->streams >= CONNECTION_DEVICE || (l = lane_begin(d->a, d, LANE_SERVE)) == NULL)
		return NULL;
	l->connection = c;
	LIST_INSERT_HEAD(&c->streams, l, link);
	d->streams++;
	d->threads++;
	return l;
}

void
device_take(struct device *d, struct request *r)
{
	struct lane *l =
	    r->lane == RPC_STREAM ? stream_of(r->connection, d) : lane_of(d, r->lane);

	r->device = d;
	d->running++;
	device_used(d);
	if (l == NULL)
		connection_answer(r, request_refusal(r, ZT_ERR_RATE));
	else
		lane_give(l, r);
}
