/* SPDX-License-Identifier: Apache-2.0 */
/* watch.c - events of the servers, with the names that this device knows. */
#include "base/stop.h"
#include "chain/space.h"
#include "format/limits.h"
#include "log/enter.h"
#include "log/sync.h"
#include "net/events.h"
#include "people/acts.h"
#include "people/verbs.h"
#include "session/session.h"
#include "workspace/verbs.h"
#include "zt/sync.h"
#include "zt/workspace.h"

enum {
	FILL_MS = 200,        /* backfill budget per idle tick (250 ms) */
	TEND_AGAIN_MS = 60000 /* retry interval after a failure */
};

struct watching {
	struct zt *z;
	const struct zt_watch *w;
	bool fills;       /* a chain may need backfill */
	uint64_t told;    /* devices added before this log entry were reported */
	uint64_t tend_at; /* when to retry failed work; 0: nothing failed */
};

/* Reports each new device that the person has not acknowledged, once. */
static void
announce(struct watching *v)
{
	if (v->w->new_device != NULL)
		acts_new_devices(v->z, v->told, v->w->new_device, v->w->ctx);
	v->told = merkle_size(v->z->state->tree);
}

/* Any online manager performs pending rotations. */
static void
look_after(struct watching *v)
{
	enum zt_err err;

	if ((err = client_wake(v->z, true)) == ZT_OK &&
	    (err = client_sync_log(v->z)) == ZT_OK) {
		announce(v);
		err = workspace_tend(v->z, NULL);
	}
	v->tend_at = err ? client_now_ms() + TEND_AGAIN_MS : 0;
	client_rest(v->z);
}

/* Catches up: events during a disconnection were missed. */
static void
ready(void *ctx)
{
	struct watching *v = ctx;

	v->w->ready(v->w->ctx);
	look_after(v);
	v->fills = true;
}

static enum zt_event_kind
kind_of(const char *said)
{
	return strcmp(said, "log") == 0     ? ZT_EVENT_LOG
	       : strcmp(said, "chain") == 0 ? ZT_EVENT_CHAIN
	       : strcmp(said, "keys") == 0  ? ZT_EVENT_KEYS
					    : ZT_EVENT_OTHER;
}

static void
event(void *ctx, const char *kind, const struct id *topic, uint64_t position)
{
	struct watching *v = ctx;
	struct org_workspace *w;
	char name[260] = "";
	struct zt_event e = { .kind = kind_of(kind), .workspace = name, .position = position };
	struct space *s;

	if (client_wake(v->z, true) == ZT_OK &&
	    (w = org_state_workspace(v->z->state, topic)) != NULL &&
	    space_of(v->z, w, &s) == ZT_OK)
		space_name(s, name);
	else if (!id_equal(topic, &v->z->org))
		id_print(topic, name);
	client_rest(v->z);
	v->w->event(v->w->ctx, &e);
	if (e.kind == ZT_EVENT_LOG)
		look_after(v);
	v->fills = true;
}

/* Verifies a part of the chain before a checkpoint; when it is complete, this device may write
 * a checkpoint. */
static enum zt_err
fill(struct watching *v, struct org_workspace *w)
{
	struct space *s;
	enum zt_err err;

	if ((err = space_of(v->z, w, &s)) || s->base == 0)
		return err;
	if ((err = space_backfill(s, FILL_MS)))
		return err;
	v->fills |= s->base > 0;
	return s->base > 0 ? ZT_OK : space_tend(s, 0);
}

/* Skips work while another process holds the folder; retries failed work after the next
 * event. */
static void
idle(void *ctx)
{
	struct watching *v = ctx;
	struct zt *z = v->z;
	struct org_workspace *w;
	size_t at = 0;
	enum zt_err err;

	if (v->tend_at != 0 && client_now_ms() >= v->tend_at)
		look_after(v);
	if (!v->fills || (err = client_wake(z, false)) == ZT_ERR_LOCKED)
		return;
	v->fills = false;
	while (err == ZT_OK && (w = idmap_next(&z->state->workspaces, &at)) != NULL)
		(void)!(int)fill(v, w);
	z->why[0] = 0;
	client_rest(z);
}

/* The line ended, or did not come to stand: a call says why. What waiting heals is waited for.
 */
static enum zt_err
lost(void *ctx)
{
	struct watching *v = ctx;
	enum zt_err err = ZT_OK;

	if (!v->w->stop(v->w->ctx) && (err = client_wake(v->z, true)) == ZT_OK)
		err = client_sync_log(v->z);
	client_rest(v->z);
	return err_retry(err) ? ZT_OK : err;
}

static void
full(void *ctx, const char *why)
{
	struct watching *v = ctx;

	(void)client_refuse(v->z, ZT_ERR_LIMIT, "%s", why);
}

static bool
stop(void *ctx)
{
	struct watching *v = ctx;

	return stop_is_set(v->z->stop) || v->w->stop(v->w->ctx);
}

enum zt_err
people_watch(struct zt *z, const struct zt_watch *w)
{
	struct watching v = { .z = z, .w = w };
	struct events_options o = { .calls = z->calls,
		.ca_file = z->ca_file,
		.org = z->org,
		.ctx = &v,
		.ready = ready,
		.event = event,
		.idle = idle,
		.lost = lost,
		.full = full,
		.stop = stop };
	enum zt_err err, woken;

	z->why[0] = 0;
	if ((err = client_sync_log(z)))
		return err;
	client_rest(z);
	err = events_watch(&o);
	woken = client_wake(z, true);
	return err ? err : woken;
}
