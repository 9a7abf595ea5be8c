/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ui/agent.h"

#include <libwebsockets.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "ui/words.h"

/* An answer of the agent has a page of a list and some more. */
enum { MESSAGE_MAX = 4 * 1024 * 1024, ROOM = 64 * 1024, DIAL_S = 5, END_S = 30 };

struct agent {
	struct lws_context *lws;
	struct lws *wsi; /* NULL: there is no connection */
	bool is_open;
	json_int_t id;
	char *out; /* what waits to be sent, behind LWS_PRE bytes; or NULL */
	size_t out_n;
	char *in;
	size_t in_n, in_room;
	json_t *answer; /* to the request ID */
};

/* Keeps the message that came, if it is the answer that is awaited. */
static void
take_message(struct agent *a)
{
	json_t *read = json_loadb(a->in, a->in_n, JSON_REJECT_DUPLICATES, NULL);

	a->in_n = 0;
	if (a->answer == NULL && json_is_integer(json_object_get(read, "id")) &&
	    json_integer_value(json_object_get(read, "id")) == a->id)
		a->answer = read;
	else
		json_decref(read);
}

static int
receive(struct agent *a, struct lws *wsi, const void *part, size_t n)
{
	char *more;

	if (n > MESSAGE_MAX - a->in_n)
		return -1;
	if (a->in_n + n > a->in_room) {
		if ((more = realloc(a->in, a->in_n + n + ROOM)) == NULL)
			return -1;
		a->in = more;
		a->in_room = a->in_n + n + ROOM;
	}
	if (n > 0)
		memcpy(a->in + a->in_n, part, n);
	a->in_n += n;
	if (lws_is_final_fragment(wsi) && lws_remaining_packet_payload(wsi) == 0)
		take_message(a);
	return 0;
}

static int
send_out(struct agent *a, struct lws *wsi)
{
	int sent;

	if (a->out == NULL)
		return 0;
	sent = lws_write(wsi, (unsigned char *)a->out + LWS_PRE, a->out_n, LWS_WRITE_TEXT);
	free(a->out);
	a->out = NULL;
	return sent < (int)a->out_n ? -1 : 0;
}

/* Whether an agent of this user listens at the other end: the folder of the socket may be
 * another user's (XDG_RUNTIME_DIR behind su). */
static bool
is_ours(struct lws *wsi)
{
	struct ucred peer;
	socklen_t n = sizeof peer;

	return getsockopt(lws_get_socket_fd(wsi), SOL_SOCKET, SO_PEERCRED, &peer, &n) == 0 &&
	       peer.uid == geteuid();
}

static int
callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t n)
{
	struct agent *a = lws_context_user(lws_get_context(wsi));

	(void)user;
	switch ((int)reason) {
	case LWS_CALLBACK_CLIENT_ESTABLISHED:
		a->is_open = is_ours(wsi);
		return a->is_open ? 0 : -1;
	case LWS_CALLBACK_CLIENT_RECEIVE:
		return receive(a, wsi, in, n);
	case LWS_CALLBACK_CLIENT_WRITEABLE:
		return send_out(a, wsi);
	case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
	case LWS_CALLBACK_CLIENT_CLOSED:
		a->wsi = NULL;
		return 0;
	default:
		return 0;
	}
}

static const struct lws_protocols *
protocols(void)
{
	static const struct lws_protocols list[] = {
		{ .name = "zt.v1", .callback = callback, .rx_buffer_size = ROOM },
		{ 0 },
	};

	return list;
}

static void
turn(struct agent *a)
{
	(void)lws_service(a->lws, 0);
}

static time_t
steady_s(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* Ends a wait of lws_service; what is over by then, the caller's clock says: the library waits
 * on in the call that runs this. */
static void
stop_waiting(lws_sorted_usec_list_t *timer)
{
	(void)timer;
}

/* Errors: NOT_FOUND (it was refused), TIMEOUT (an agent that was stopped takes it and says
 * nothing), MEMORY. */
static enum zt_err
connect_to(struct agent *a, const char *path)
{
	struct lws_context_creation_info info = { 0 };
	struct lws_client_connect_info to = { 0 };
	const time_t until = steady_s() + DIAL_S;
	lws_sorted_usec_list_t timer = { 0 };
	char address[sizeof((struct agent_place *)0)->socket + 1];

	(void)snprintf(address, sizeof address, "+%s", path);
	lws_set_log_level(0, NULL);
	info.port = CONTEXT_PORT_NO_LISTEN;
	info.protocols = protocols();
	info.user = a;
	info.gid = info.uid = (__typeof__(info.gid))-1;
	info.fd_limit_per_thread = 16;
	if ((a->lws = lws_create_context(&info)) == NULL)
		return ZT_ERR_MEMORY;
	to.context = a->lws;
	to.address = address;
	to.host = "zt";
	to.path = "/rpc";
	to.protocol = to.local_protocol_name = "zt.v1";
	to.pwsi = &a->wsi;
	if (lws_client_connect_via_info(&to) == NULL)
		return ZT_ERR_NOT_FOUND;
	lws_sul_schedule(a->lws, 0, &timer, stop_waiting, DIAL_S * LWS_US_PER_SEC);
	while (a->wsi != NULL && !a->is_open && steady_s() < until)
		turn(a);
	lws_sul_cancel(&timer);
	if (a->is_open)
		return ZT_OK;
	return steady_s() >= until ? ZT_ERR_TIMEOUT : ZT_ERR_NOT_FOUND;
}

enum zt_err
agent_dial(const struct agent_place *p, struct agent **out)
{
	struct agent *a;
	enum zt_err err;

	if (access(p->socket, R_OK | W_OK) != 0)
		return ZT_ERR_NOT_FOUND;
	if ((a = calloc(1, sizeof *a)) == NULL)
		return ZT_ERR_MEMORY;
	if ((err = connect_to(a, p->socket)))
		agent_close(a);
	else
		*out = a;
	return err;
}

void
agent_close(struct agent *a)
{
	if (a == NULL)
		return;
	if (a->lws != NULL)
		lws_context_destroy(a->lws);
	json_decref(a->answer);
	free(a->out);
	free(a->in);
	free(a);
}

bool
agent_has_gone(const struct agent *a)
{
	return a->wsi == NULL;
}

void
agent_await_end(struct agent *a)
{
	const time_t until = steady_s() + END_S;
	lws_sorted_usec_list_t timer = { 0 };

	lws_sul_schedule(a->lws, 0, &timer, stop_waiting, END_S * LWS_US_PER_SEC);
	while (a->wsi != NULL && steady_s() < until)
		turn(a);
	lws_sul_cancel(&timer);
}

/* Sends MESSAGE, and waits for the answer to its id. */
static enum zt_err
exchange(struct agent *a, const json_t *message)
{
	size_t n = json_dumpb(message, NULL, 0, JSON_COMPACT);

	if (message == NULL || n == 0 || (a->out = malloc(LWS_PRE + n)) == NULL)
		return ZT_ERR_MEMORY;
	a->out_n = json_dumpb(message, a->out + LWS_PRE, n, JSON_COMPACT);
	if (a->wsi != NULL)
		(void)lws_callback_on_writable(a->wsi);
	while (a->wsi != NULL && a->answer == NULL)
		turn(a);
	return a->answer != NULL ? ZT_OK : ZT_ERR_UNSURE;
}

/* The error of the answer; its number is checked: another release may have more of them. */
static enum zt_err
error_of(const json_t *error, char message[AGENT_MESSAGE])
{
	enum zt_err err = (enum zt_err)json_integer_value(json_object_get(error, "number"));

	if (err == ZT_OK)
		err = ZT_ERR_CORRUPT;
	words_of(error, err, message);
	return err;
}

enum zt_err
agent_ask(struct agent *a, const char *method, json_t *params, const char *device,
    json_t **result, char message[AGENT_MESSAGE])
{
	json_t *ask = json_pack("{s:I,s:s,s:o,s:s*}", "id", ++a->id, "method", method, "params",
	    params, "device", device);
	const json_t *error;
	enum zt_err err = exchange(a, ask);

	json_decref(ask);
	if (err != ZT_OK)
		return err;
	error = json_object_get(a->answer, "error");
	if (error != NULL)
		err = error_of(error, message);
	else
		*result = json_incref(json_object_get(a->answer, "result"));
	json_decref(a->answer);
	a->answer = NULL;
	return err;
}
