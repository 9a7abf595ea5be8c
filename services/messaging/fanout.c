/* fanout.c - every service's events to the connected devices that they concern.
 *
 * A gateway opens a listener with the device's own signed request, which is verified like any
 * other, and is told a socket number; events go out to gateways with the numbers of the sockets
 * to write to. Who hears of a workspace is decided by its roles, at each event. */
#include <stdlib.h>

#include "base/vec.h"
#include "crypto/suite.h"
#include "format/pb.h"
#include "messaging/messaging.h"

enum { MOST_LISTENERS = 200000 };

/* EVENTS: a device listens. The answer is its socket's number. */
enum zt_err
fanout_open(void *state, const struct request *rq, struct rpc_answer *out)
{
	struct messaging *m = state;
	struct listener l = {
		.org = rq->params.org, .device = rq->device, .since_ms = rq->now_ms
	};
	uint8_t number[8];
	enum zt_err err = ZT_ERR_RATE;

	(void)pthread_mutex_lock(&m->lock);
	if (m->count < MOST_LISTENERS)
		err = vec_room(&m->listeners, m->count, &m->cap, sizeof l);
	if (err == ZT_OK) {
		l.socket = ++m->next_socket;
		m->listeners[m->count++] = l;
	}
	(void)pthread_mutex_unlock(&m->lock);
	if (err)
		return err;
	wire_store_u64(number, l.socket);
	rpc_answer_add(out, bytes_of(number, sizeof number));
	return ZT_OK;
}

/* The question "/closed": a gateway lost these sockets. */
enum zt_err
fanout_close(void *state, const struct request *rq, struct rpc_answer *out)
{
	struct messaging *m = state;
	struct wire_reader r = wire_read(rq->body);

	(void)out;
	(void)pthread_mutex_lock(&m->lock);
	while (!r.bad && r.left > 0) {
		uint64_t socket = wire_u64(&r);

		for (size_t i = 0; i < m->count; i++)
			if (m->listeners[i].socket == socket) {
				m->listeners[i] = m->listeners[--m->count];
				break;
			}
	}
	(void)pthread_mutex_unlock(&m->lock);
	return wire_end(&r) ? ZT_ERR_CORRUPT : ZT_OK;
}

/* A copy of the listeners of ORG, so that no lock is held while auth is asked. */
static struct listener *
listeners_of(struct messaging *m, const struct id *org, size_t *count)
{
	struct listener *copy;
	size_t n = 0;

	(void)pthread_mutex_lock(&m->lock);
	if ((copy = malloc((m->count + 1) * sizeof *copy)) != NULL)
		for (size_t i = 0; i < m->count; i++)
			if (id_equal(&m->listeners[i].org, org))
				copy[n++] = m->listeners[i];
	(void)pthread_mutex_unlock(&m->lock);
	*count = n;
	return copy;
}

static void
send_to(struct messaging *m, const Zt__Event *e, uint64_t *sockets, size_t count, bool is_close)
{
	Zt__Event out = *e;

	if (count == 0)
		return;
	out.sockets = sockets;
	out.n_sockets = count;
	out.close = is_close;
	service_publish_event(m->service, &out);
}

void
fanout_event(void *state, const Zt__Event *e)
{
	static const struct id none;
	struct messaging *m = state;
	struct id org, topic;
	struct listener *to;
	uint64_t *sockets, *closing;
	size_t count, n = 0, closed = 0;

	if (pb_id(e->org, &org) || pb_id(e->topic, &topic) || e->n_sockets > 0)
		return;
	to = listeners_of(m, &org, &count);
	sockets = calloc(count + 1, sizeof *sockets);
	closing = calloc(count + 1, sizeof *closing);
	for (size_t i = 0; to != NULL && sockets != NULL && closing != NULL && i < count; i++) {
		bool is_log = strcmp(e->kind, "log") == 0;
		struct decision d;

		if (policy_decide(service_policy(m->service), &org, &to[i].device,
			is_log ? &none : &topic, false, &d))
			continue;
		if (!d.live || d.frozen)
			closing[closed++] = to[i].socket; /* R2: at once */
		else if (is_log || d.role != ROLE_NONE)
			sockets[n++] = to[i].socket;
	}
	send_to(m, e, sockets, n, false);
	send_to(m, e, closing, closed, true);
	free(to);
	free(sockets);
	free(closing);
}
