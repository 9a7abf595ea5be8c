/* fanout.c - every service's events to the connected devices that they concern.
 *
 * A gateway opens a listener with the device's own signed request, which is verified like any
 * other, and is told a socket number; events go out to gateways with the numbers of the sockets
 * to write to. Who hears of a workspace is decided by its roles, at each event. */
#include <stdlib.h>

#include "base/vec.h"
#include "common/peer.h"
#include "crypto/suite.h"
#include "format/pb.h"
#include "messaging/messaging.h"
#include "proto/auth.pb-c.h"

enum { MOST_LISTENERS = 200000, ASK_MS = 5000 };

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

/* What each of COUNT listeners may hear about E, from auth in one question. */
static enum zt_err
ask_who_hears(struct messaging *m, const Zt__Event *e, const struct listener *to, size_t count,
    uint8_t *may)
{
	static const struct id none;
	Zt__HearAsk ask = ZT__HEAR_ASK__INIT;
	Zt__HearAnswer *got = NULL;
	struct buf ids = buf_init(MOST_LISTENERS * ID_BYTES),
		   body = buf_init(MOST_LISTENERS * ID_BYTES + 256),
		   answer = buf_init(MOST_LISTENERS + 256);
	enum zt_err err;

	for (size_t i = 0; i < count; i++)
		buf_add(&ids, bytes_of(to[i].device.b, ID_BYTES));
	ask.org = e->org;
	ask.workspace = strcmp(e->kind, "log") == 0 ? pb_field(none.b, ID_BYTES) : e->topic;
	ask.devices = pb_field(ids.p, ids.n);
	if ((err = buf_err(&ids)) == ZT_OK && (err = pb_encode(&ask, &body)) == ZT_OK &&
	    (err = peer_ask(service_auth(m->service), "/hear", buf_bytes(&body), ASK_MS,
		 &answer)) == ZT_OK &&
	    (err = pb_decode(&zt__hear_answer__descriptor, buf_bytes(&answer), answer.n + 1,
		 &got)) == ZT_OK)
		err = pb_exact(got->may, may, count);
	pb_free(got);
	buf_free(&ids);
	buf_free(&body);
	buf_free(&answer);
	return err;
}

void
fanout_event(void *state, const Zt__Event *e)
{
	struct messaging *m = state;
	bool is_log = strcmp(e->kind, "log") == 0;
	struct id org, topic;
	struct listener *to;
	uint64_t *sockets, *closing;
	uint8_t *may;
	size_t count, n = 0, closed = 0;

	if (pb_id(e->org, &org) || pb_id(e->topic, &topic) || e->n_sockets > 0)
		return;
	to = listeners_of(m, &org, &count);
	sockets = calloc(count + 1, sizeof *sockets);
	closing = calloc(count + 1, sizeof *closing);
	may = calloc(count + 1, 1);
	if (to == NULL || sockets == NULL || closing == NULL || may == NULL || count == 0 ||
	    ask_who_hears(m, e, to, count, may))
		goto out; /* they miss an event: the next one brings all that is new */
	for (size_t i = 0; i < count; i++)
		if (may[i] == 0)
			closing[closed++] = to[i].socket; /* R2: at once */
		else if (is_log || may[i] == 2)
			sockets[n++] = to[i].socket;
	send_to(m, e, closing, closed, true);
	send_to(m, e, sockets, n, false);
out:
	free(to);
	free(sockets);
	free(closing);
	free(may);
}
