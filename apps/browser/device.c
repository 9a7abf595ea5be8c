/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* device.c - the devices of this browser: a folder each, locked or open. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "browser/host.h"
#include "hosts/folders.h"
#include "zt/enrol.h"
#include "zt/org.h"
#include "zt/protect.h"
#include "zt/sync.h"

static uint64_t
clock_ms(clockid_t which)
{
	struct timespec t;

	(void)clock_gettime(which, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

uint64_t
host_now_steady_ms(void)
{
	return clock_ms(CLOCK_MONOTONIC);
}

uint64_t
host_now_ms(void)
{
	return clock_ms(CLOCK_REALTIME);
}

/* ---- the folders ---- */

/* Letters and digits, as name_folder makes them. */
static bool
is_key(const char *key)
{
	return key[0] != 0 && strlen(key) < RPC_KEY_MAX &&
	       strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(key);
}

static struct device *
known(const struct host *h, const char *key)
{
	for (struct device *d = h->devices; d != NULL; d = d->next)
		if (strcmp(d->key, key) == 0)
			return d;
	return NULL;
}

static void
add(struct host *h, const char *key, const char *home)
{
	struct device **at = &h->devices, *d;
	unsigned count = 0;

	for (d = h->devices; d != NULL; d = d->next)
		count++;
	if (count >= FOLDERS_MAX || (d = calloc(1, sizeof *d)) == NULL)
		return;
	(void)snprintf(d->key, sizeof d->key, "%s", key);
	(void)snprintf(d->home, sizeof d->home, "%s", home);
	d->lock_after = host_lock_after(d->key);
	while (*at != NULL && strcmp((*at)->key, key) < 0)
		at = &(*at)->next;
	d->next = *at;
	*at = d;
}

static void
look_at(void *ctx, const char *name)
{
	char home[HOST_HOME_MAX];

	if (!is_key(name) || known(ctx, name) != NULL)
		return;
	(void)snprintf(home, sizeof home, "%s/%s", HOST_ROOT, name);
	if (folders_has_device(home))
		add(ctx, name, home);
}

void
host_scan(struct host *h)
{
	folders_each(HOST_ROOT, look_at, h);
}

struct device *
host_find(struct host *h, const char *key)
{
	struct device *d = known(h, key);

	if (d == NULL) {
		host_scan(h);
		d = known(h, key);
	}
	return d;
}

enum zt_err
host_folder(const char *key, char home[HOST_HOME_MAX])
{
	if (!is_key(key))
		return ZT_ERR_NAME;
	(void)snprintf(home, HOST_HOME_MAX, "%s/%s", HOST_ROOT, key);
	return folders_make(home);
}

/* ---- open, and locked ---- */

struct zt_options
host_options(struct host *h, const char *home, const char *password)
{
	return (
	    struct zt_options){ .home = home, .password = password, .cancel = &h->cancels[0] };
}

static void
each_device(void *ctx, const struct zt_device *one)
{
	struct device *d = ctx;

	if (one->is_me)
		(void)snprintf(d->label, sizeof d->label, "%s", one->label);
}

enum zt_err
host_open_device(struct host *h, struct device *d, const struct host_opener *by, char *message)
{
	struct zt_options o = host_options(h, d->home, by->password);
	struct zt_identity id;
	enum zt_err err;

	if (d->z != NULL)
		return ZT_OK;
	err = by->passkey != NULL ? zt_open_by_passkey(&o, by->passkey, &d->z, message)
				  : zt_open(&o, &d->z, message);
	if (err)
		return err;
	zt_whoami(d->z, &id);
	(void)snprintf(d->organization, sizeof d->organization, "%s", id.slug);
	(void)snprintf(d->server, sizeof d->server, "%s", id.server);
	(void)snprintf(d->email, sizeof d->email, "%s", id.email);
	if (zt_devices(d->z, each_device, d) != ZT_OK)
		d->label[0] = 0; /* it is known by its organization */
	zt_use_cancel(d->z, NULL);
	d->log_size = id.log_size;
	d->used_ms = d->polled_ms = host_now_steady_ms();
	d->confirmed_until_ms = d->used_ms + HOST_CONFIRMED_MS;
	host_changed(h);
	host_listen(d);
	return ZT_OK;
}

void
host_listen(struct device *d)
{
	char url[ZT_LISTEN_URL], first[ZT_LISTEN_FIRST];

	d->is_heard = false;
	if (zt_listen(d->z, url, first) == ZT_OK) /* else it is polled */
		worker_line(d->key, url, first);
}

static void
lane_free(struct lane *l)
{
	rpc_lane_use(l->rpc, NULL);
	zt_close(l->z);
	rpc_lane_free(l->rpc);
	free(l);
}

void
host_lock_device(struct host *h, struct device *d)
{
	struct lane *l;

	if (d->z == NULL)
		return;
	while ((l = d->lanes) != NULL) {
		d->lanes = l->next;
		lane_free(l);
	}
	worker_line(d->key, NULL, NULL);
	zt_close(d->z);
	d->z = NULL;
	d->confirmed_until_ms = 0;
	host_changed(h);
}

void
host_forget_page(struct device *d, unsigned page)
{
	for (struct lane **at = &d->lanes; *at != NULL;) {
		struct lane *l = *at;

		if (l->page != page) {
			at = &l->next;
			continue;
		}
		*at = l->next;
		lane_free(l);
	}
}

enum zt_err
host_lane_of(
    struct host *h, struct device *d, unsigned page, bool is_persons, struct lane **out)
{
	struct rpc_host as = { 0 };
	struct zt_options o = { 0 };
	struct lane *l;
	enum zt_err err;

	for (l = d->lanes; l != NULL; l = l->next)
		if (l->page == page && l->is_persons == is_persons) {
			*out = l;
			return ZT_OK;
		}
	if ((l = calloc(1, sizeof *l)) == NULL)
		return ZT_ERR_MEMORY;
	l->h = h;
	l->device = d;
	l->page = page;
	l->is_persons = is_persons;
	host_lane(l, &as);
	if ((err = rpc_lane_new(&as, &l->rpc))) {
		free(l);
		return err;
	}
	rpc_lane_hear(l->rpc, &o);
	if ((err = zt_open_again(d->z, &o, &l->z))) {
		lane_free(l);
		return err;
	}
	rpc_lane_use(l->rpc, l->z);
	l->next = d->lanes;
	d->lanes = l;
	*out = l;
	return ZT_OK;
}
