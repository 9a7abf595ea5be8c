/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "gateway/door.h"

#include <errno.h>
#include <ev.h>
#include <stdlib.h>
#include <unistd.h>

#include "bus/clock.h"
#include "bus/tcp.h"

enum {
	A_TURN = 64,  /* connections, before others have theirs */
	REST_MS = 250 /* when the system has no file or memory for another one */
};

struct door {
	struct gateway *g;
	struct ev_loop *loop;
	struct ev_io accepts;
	struct due rested;
	bool is_metrics;
};

static bool
write_port(int fd, const char *path)
{
	bool is_written;
	FILE *f;

	if (path[0] == 0)
		return true;
	if ((f = fopen(path, "we")) == NULL)
		return false;
	is_written = fprintf(f, "%d\n", tcp_port(fd)) > 0;
	return fclose(f) == 0 && is_written;
}

static void
go_on(struct due *due, uint64_t now_ms)
{
	struct door *d = DUE_OF(due, struct door, rested);

	(void)now_ms;
	ev_io_start(d->loop, &d->accepts);
}

/* A waiting connection would wake the loop at once, again and again. */
static void
rest(struct door *d)
{
	ev_io_stop(d->loop, &d->accepts);
	due_set(&d->g->due, &d->rested, clock_ms() + REST_MS, go_on);
}

static void
let_in(struct ev_loop *loop, struct ev_io *accepts, int events)
{
	struct door *d = accepts->data;

	(void)loop;
	(void)events;
	for (int i = 0; i < A_TURN; i++) {
		bool is_full, is_gone;
		lws_sock_file_fd_type fd = { .sockfd =
						 tcp_accept(accepts->fd, &is_full, &is_gone) };

		if (is_full)
			rest(d);
		if (is_gone)
			continue;
		if (fd.sockfd < 0)
			return;
		d->g->door = d;
		/* closes it where that fails */
		(void)lws_adopt_descriptor_vhost(d->g->vhost,
		    d->is_metrics ? LWS_ADOPT_SOCKET | LWS_ADOPT_HTTP
				  : LWS_ADOPT_SOCKET | LWS_ADOPT_HTTP | LWS_ADOPT_ALLOW_SSL,
		    fd, NULL, NULL);
	}
}

enum zt_err
door_open(struct gateway *g, struct ev_loop *loop, const struct door_settings *s,
    struct door **out, char message[200])
{
	struct door *d = calloc(1, sizeof *d);
	int fd;

	if (d == NULL)
		return ZT_ERR_MEMORY;
	if ((fd = tcp_listen(s->host, (int)s->port)) < 0) {
		(void)snprintf(message, 200, "%s: cannot listen on %.60s port %d: %s", s->name,
		    s->host, (int)s->port, strerror(errno));
		free(d);
		return ZT_ERR_UNAVAILABLE;
	}
	if (!write_port(fd, s->port_file)) {
		(void)snprintf(
		    message, 200, "%s_file: cannot write %.150s", s->name, s->port_file);
		(void)close(fd);
		free(d);
		return ZT_ERR_CONFIG;
	}
	d->g = g;
	d->loop = loop;
	d->is_metrics = s->is_metrics;
	ev_io_init(&d->accepts, let_in, fd, EV_READ);
	d->accepts.data = d;
	ev_io_start(loop, &d->accepts);
	*out = d;
	return ZT_OK;
}

void
door_close(struct door *d)
{
	if (d == NULL)
		return;
	due_cancel(&d->rested);
	ev_io_stop(d->loop, &d->accepts);
	(void)close(d->accepts.fd);
	free(d);
}

bool
door_is_metrics(const struct door *d)
{
	return d->is_metrics;
}
