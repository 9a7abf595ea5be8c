/* watch.c - events of the servers, with the names that this device knows. */
#include "client/client.h"
#include "net/events.h"
#include "zt/sync.h"
#include "zt/workspace.h"

struct watching {
	struct zt *z;
	const struct zt_watch *w;
};

static void
ready(void *ctx)
{
	struct watching *v = ctx;

	v->w->ready(v->w->ctx);
}

static void
event(void *ctx, const char *kind, const struct id *topic, uint64_t position)
{
	struct watching *v = ctx;
	struct org_workspace *w = org_state_workspace(v->z->state, topic);
	char name[260] = "";
	struct zt_event e = { .kind = kind, .workspace = name, .position = position };
	struct space *s;

	if (w != NULL && space_of(v->z, w, &s) == ZT_OK)
		space_name(s, name);
	else if (!id_equal(topic, &v->z->org))
		id_print(topic, name);
	v->w->event(v->w->ctx, &e);
	/* Whoever is there does what a loss of access asks for; what fails is done by the next.
	 */
	if (strcmp(kind, "log") == 0 && client_sync_log(v->z) == ZT_OK)
		(void)!(int)zt_tend(v->z, NULL);
}

/* The line ended, or did not come to stand: a call says why. What waiting heals is waited for.
 */
static enum zt_err
lost(void *ctx)
{
	struct watching *v = ctx;
	enum zt_err err = v->w->stop(v->w->ctx) ? ZT_OK : client_sync_log(v->z);

	return err_retry(err) ? ZT_OK : err;
}

static bool
stop(void *ctx)
{
	struct watching *v = ctx;

	return v->w->stop(v->w->ctx);
}

enum zt_err
zt_watch(struct zt *z, const struct zt_watch *w)
{
	struct watching v = { z, w };
	struct events_options o = { .calls = z->calls,
		.ca_file = z->ca_file,
		.org = z->org,
		.ctx = &v,
		.ready = ready,
		.event = event,
		.lost = lost,
		.stop = stop };
	enum zt_err err;

	z->why[0] = 0;
	if ((err = client_sync_log(z)))
		return err;
	return events_watch(&o);
}
