/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* glue.c - the only callbacks of lws: one line a reason, each calls a named function. */
#include "http/glue.h"

#include <libwebsockets.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/connection.h"
#include "http/serve.h"

enum { QUIET_MS = 60000 };

static struct agent *
agent_of(struct lws *wsi)
{
	return lws_context_user(lws_get_context(wsi));
}

/* Whether the process at the other end of FD is this user's. */
static bool
is_this_user(int fd)
{
	struct sockaddr_storage mine = { 0 };
	socklen_t n = sizeof mine, m;
	struct ucred peer;
	uid_t user;

	if (getsockname(fd, (struct sockaddr *)&mine, &n) != 0)
		return false;
	if (mine.ss_family != AF_UNIX)
		return door_user_of(fd, &user) && user == geteuid();
	m = sizeof peer;
	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &m) == 0 && peer.uid == geteuid();
}

/* Says so once a minute at most: who is refused decides how often. */
static int
accept_from(struct agent *a, int fd)
{
	uint64_t now = agent_now_ms();

	if (is_this_user(fd))
		return 0;
	if (now >= a->quiet_until_ms) {
		agent_log("refused a connection of another user");
		a->quiet_until_ms = now + QUIET_MS;
	}
	return -1;
}

static int
read_signal(struct lws *wsi)
{
	struct signalfd_siginfo info;
	int fd = (int)lws_get_socket_fd(wsi);

	if (read(fd, &info, sizeof info) == (ssize_t)sizeof info)
		agent_end(agent_of(wsi));
	return 0;
}

static int
http(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t n)
{
	switch ((int)reason) {
	case LWS_CALLBACK_FILTER_NETWORK_CONNECTION:
		return accept_from(agent_of(wsi), (int)(intptr_t)in);
	case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
		return -1; /* a WebSocket of no protocol */
	case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
		return strcasecmp(in, "websocket") == 0 ? 0 : -1;
	case LWS_CALLBACK_HTTP:
		return serve_head(agent_of(wsi), wsi, user, in);
	case LWS_CALLBACK_HTTP_BODY:
		return serve_body(user, in, n);
	case LWS_CALLBACK_HTTP_BODY_COMPLETION:
		return serve_body_end(user);
	case LWS_CALLBACK_HTTP_DROP_PROTOCOL:
	case LWS_CALLBACK_CLOSED_HTTP:
		serve_gone(user);
		return 0;
	case LWS_CALLBACK_HTTP_WRITEABLE:
		return serve_writable(wsi, user);
	case LWS_CALLBACK_EVENT_WAIT_CANCELLED:
		agent_deliver(agent_of(wsi));
		return 0;
	default:
		return 0;
	}
}

static int
speak(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t n)
{
	struct connection **slot = user;

	switch ((int)reason) {
	case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
		return serve_may_speak(agent_of(wsi), wsi) ? 0 : -1;
	case LWS_CALLBACK_ESTABLISHED:
		return (*slot = connection_open(agent_of(wsi), wsi)) != NULL ? 0 : -1;
	case LWS_CALLBACK_RECEIVE:
		return connection_receive(*slot, in, n);
	case LWS_CALLBACK_SERVER_WRITEABLE:
		return connection_writable(*slot);
	case LWS_CALLBACK_CLOSED:
		connection_gone(*slot);
		*slot = NULL;
		return 0;
	default:
		return 0;
	}
}

static int
signals(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t n)
{
	(void)user;
	(void)in;
	(void)n;
	if (reason == LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION)
		return -1; /* a WebSocket that asks for this name */
	return reason == LWS_CALLBACK_RAW_RX_FILE ? read_signal(wsi) : 0;
}

/* The bus of sleep.c has something, which each turn of the loop takes. */
static int
wakes(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t n)
{
	(void)wsi;
	(void)user;
	(void)in;
	(void)n;
	return reason == LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION ? -1 : 0;
}

const struct lws_protocols *
glue_protocols(void)
{
	static const struct lws_protocols protocols[] = {
		{ .name = "http",
		    .callback = http,
		    .per_session_data_size = sizeof(struct serve),
		    .tx_packet_size = 64 * 1024 },
		{ .name = "zt.v1",
		    .callback = speak,
		    .per_session_data_size = sizeof(struct connection *),
		    .rx_buffer_size = 64 * 1024 },
		{ .name = "signals", .callback = signals },
		{ .name = "sleep", .callback = wakes },
		{ 0 },
	};

	return protocols;
}
