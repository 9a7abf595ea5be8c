/* SPDX-License-Identifier: Apache-2.0 */
/* hear.c - events of the servers in steps, for a host that may not wait and has its own
 * WebSocket. */
#include "people/hear.h"

#include <stdio.h>

#include "chain/workspace.h"
#include "log/sync.h"
#include "people/verbs.h"
#include "workspace/verbs.h"

void
hear_name(struct zt *z, const struct id *topic, char name[HEAR_NAME])
{
	struct org_workspace *w = org_state_workspace(z->state, topic);
	struct workspace *s;

	name[0] = 0;
	if (w != NULL && workspace_of(z, w, &s) == ZT_OK)
		workspace_name(s, name);
	else if (!id_equal(topic, &z->org))
		id_print(topic, name);
}

struct zt_event
hear_event(const struct event *e, const char *name, char space[ID_TEXT])
{
	static const enum zt_event_kind kinds[] = { [EVENT_LOG] = ZT_EVENT_LOG,
		[EVENT_CHAIN] = ZT_EVENT_CHAIN,
		[EVENT_KEYS] = ZT_EVENT_KEYS,
		[EVENT_MESSAGE] = ZT_EVENT_MESSAGE,
		[EVENT_OTHER] = ZT_EVENT_OTHER };

	id_print(&e->topic, space);
	return (struct zt_event){ .kind = kinds[e->kind],
		.workspace = name,
		.position = e->position,
		.space = space };
}

enum zt_err
people_listen(struct zt *z, char url[ZT_LISTEN_URL], char first[ZT_LISTEN_FIRST])
{
	const char *server = calls_server(z->calls);
	struct route_params p = { .org = z->org };
	struct buf path = buf_init(ZT_LISTEN_URL), message = buf_init(ZT_LISTEN_FIRST - 1);
	enum zt_err err;
	int n;

	route_path(ROUTE_EVENTS, &p, &path);
	/* http:// becomes ws://, and https:// wss:// */
	n = snprintf(url, ZT_LISTEN_URL, "ws%s%s", server + strlen("http"), buf_text(&path));
	if ((err = buf_err(&path)) == ZT_OK && (n < 0 || n >= ZT_LISTEN_URL))
		err = ZT_ERR_TOO_BIG;
	if (err == ZT_OK && (err = calls_sign_events(z->calls, &message)) == ZT_OK)
		(void)snprintf(first, ZT_LISTEN_FIRST, "%s", buf_text(&message));
	buf_free(&path);
	buf_free(&message);
	return err;
}

/* Any online manager performs pending rotations. */
static enum zt_err
look_after(struct zt *z)
{
	enum zt_err err = log_fetch(z);

	return err ? err : workspace_maintain_keys(z, NULL);
}

enum zt_err
people_hear(struct zt *z, const void *message, size_t n, const struct zt_watch *w)
{
	char name[HEAR_NAME], space[ID_TEXT];
	struct event one;
	struct zt_event e;

	if (n == 0) { /* the servers listen */
		w->ready(w->ctx);
		return look_after(z);
	}
	if (event_read(bytes_of(message, n), &one))
		return ZT_OK; /* a hint that says nothing */
	hear_name(z, &one.topic, name);
	e = hear_event(&one, name, space);
	w->event(w->ctx, &e);
	return e.kind == ZT_EVENT_LOG ? look_after(z) : ZT_OK;
}
