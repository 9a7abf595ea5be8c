/* SPDX-License-Identifier: Apache-2.0 */
/* watch.c - events of the servers, with the names that this device knows. */
#include <stdio.h>

#include "base/stop.h"
#include "chain/workspace.h"
#include "format/limits.h"
#include "log/enter.h"
#include "log/sync.h"
#include "net/events.h"
#include "people/acts.h"
#include "people/hear.h"
#include "people/verbs.h"
#include "port/clock.h"
#include "release/verbs.h"
#include "session/session.h"
#include "workspace/verbs.h"
#include "zt/sync.h"
#include "zt/workspace.h"

enum {
	FILL_MS = 200,            /* backfill budget per idle tick (250 ms) */
	MAINTAIN_AGAIN_MS = 60000 /* retry interval after a failure */
};

struct watching {
	struct zt *z;
	const struct zt_watch *w;
	bool fills;                /* a chain may need backfill */
	uint64_t reported;         /* devices added before this log entry were reported */
	uint64_t turned_ms;        /* the steady clock at the last idle turn */
	struct release_look *look; /* at the page, under way; or NULL */
	uint64_t maintain_at;      /* when to retry failed work; 0: nothing failed */
	bool has_begun;
	enum zt_err err; /* of the first look at the log, which waiting does not heal */
};

/* Reports each new device that the person has not acknowledged, once. */
static void
announce(struct watching *v)
{
	if (v->w->new_device != NULL)
		acts_new_devices(v->z, v->reported, v->w->new_device, v->w->ctx);
	v->reported = merkle_size(v->z->state->tree);
}

/* Any online manager performs pending rotations. Returns the error of the log; the keys' is
 * tried again. */
static enum zt_err
look_after(struct watching *v)
{
	enum zt_err err, keys = ZT_OK;

	if ((err = log_wake(v->z, true)) == ZT_OK && (err = log_fetch(v->z)) == ZT_OK) {
		announce(v);
		keys = workspace_maintain_keys(v->z, NULL);
	}
	v->maintain_at = err || keys ? session_now_ms() + MAINTAIN_AGAIN_MS : 0;
	log_rest(v->z);
	return err;
}

/* Catches up: events during a disconnection were missed. */
static void
ready(void *ctx)
{
	struct watching *v = ctx;
	enum zt_err err;

	v->w->ready(v->w->ctx);
	if ((err = look_after(v)) && !v->has_begun && !err_retry(err))
		v->err = err;
	v->has_begun = true;
	v->fills = true;
}

static void
event(void *ctx, const struct event *one)
{
	struct watching *v = ctx;
	char name[HEAR_NAME] = "", space[ID_TEXT];
	struct zt_event e;

	if (log_wake(v->z, true) == ZT_OK)
		hear_name(v->z, &one->topic, name);
	log_rest(v->z);
	e = hear_event(one, name, space);
	v->w->event(v->w->ctx, &e);
	if (e.kind == ZT_EVENT_LOG)
		(void)!(int)look_after(v);
	v->fills = true;
}

/* Verifies a part of the chain before a checkpoint; when it is complete, this device may write
 * a checkpoint. */
static enum zt_err
fill(struct watching *v, struct org_workspace *w)
{
	struct workspace *s;
	enum zt_err err;

	if ((err = workspace_of(v->z, w, &s)) || s->chain.anchor_position == 0)
		return err;
	if ((err = workspace_backfill(s, FILL_MS)))
		return err;
	v->fills |= s->chain.anchor_position > 0;
	return s->chain.anchor_position > 0 ? ZT_OK : workspace_background(s, 0);
}

/* Now and then the page is looked at, also where the server takes no event sockets. */
static void
turned(void *ctx)
{
	struct watching *v = ctx;
	uint64_t now_ms = port_steady_ms(), since_ms = now_ms - v->turned_ms;

	v->turned_ms = now_ms;
	release_watch(v->z, since_ms, &v->look);
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

	if (v->maintain_at != 0 && session_now_ms() >= v->maintain_at)
		(void)!(int)look_after(v);
	if (!v->fills || (err = log_wake(z, false)) == ZT_ERR_LOCKED)
		return;
	v->fills = false;
	while (err == ZT_OK && (w = idmap_next(&z->state->workspaces, &at)) != NULL)
		(void)!(int)fill(v, w);
	z->message[0] = 0;
	log_rest(z);
}

/* The connection ended, or was not made: a call says why. It needs nothing of the device, which
 * is left to others, for it may wait long. What waiting heals is waited for. */
static enum zt_err
lost(void *ctx)
{
	struct watching *v = ctx;
	struct route_params p = { .org = v->z->org };
	struct buf answer = buf_init(LIMIT_PAGE);
	char query[32];
	enum zt_err err = ZT_OK;

	(void)snprintf(query, sizeof query, "from=%llu",
	    (unsigned long long)merkle_size(v->z->state->tree));
	if (!v->w->stop(v->w->ctx))
		err = session_call(v->z, ROUTE_LOG_READ, &p, query, bytes_of(NULL, 0), &answer);
	buf_free(&answer);
	return err_retry(err) ? ZT_OK : err;
}

static void
full(void *ctx, const char *message)
{
	struct watching *v = ctx;

	(void)session_refuse(v->z, ZT_ERR_LIMIT, "%s", message);
}

static bool
stop(void *ctx)
{
	struct watching *v = ctx;

	return v->err != ZT_OK || stop_is_set(v->z->stop) || v->w->stop(v->w->ctx);
}

enum zt_err
people_watch(struct zt *z, const struct zt_watch *w)
{
	struct watching v = { .z = z, .w = w, .turned_ms = port_steady_ms() };
	struct events_options o = { .calls = z->calls,
		.ca_file = z->ca_file,
		.org = z->org,
		.ctx = &v,
		.ready = ready,
		.event = event,
		.idle = idle,
		.turned = turned,
		.lost = lost,
		.full = full,
		.stop = stop };
	enum zt_err err, woken;

	z->message[0] = 0;
	log_rest(z);
	err = events_watch(&o);
	release_watch_end(v.look);
	woken = log_wake(z, true);
	return v.err ? v.err : err ? err : woken;
}
