/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* glue.c - the only lws callbacks: one line a reason, each calls a named function. */
#include <openssl/ssl.h>

#include "bus/tls_groups.h"
#include "gateway/connection.h"
#include "gateway/exchange.h"
#include "gateway/gateway.h"
#include "gateway/socket.h"

static struct gateway *
gateway_of(struct lws *wsi)
{
	return lws_context_user(lws_get_context(wsi));
}

static int
http(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t n)
{
	struct exchange **slot = user;

	switch ((int)reason) {
	case LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS: /* while TLS is set up */
		return SSL_CTX_set1_groups_list(user, TLS_GROUPS) == 1 ? 0 : -1;
	case LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED:
		return connection_accept(gateway_of(wsi), wsi);
	case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
		return -1; /* a WebSocket without a protocol, which nothing would time */
	case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
		/* The h2 of lws knows neither our fields nor our limits. */
		return strcasecmp(in, "websocket") == 0 && !connection_is_at_metrics(wsi) ? 0
											  : -1;
	case LWS_CALLBACK_HTTP:
		return exchange_head(gateway_of(wsi), wsi, slot, in);
	case LWS_CALLBACK_HTTP_BODY:
		return exchange_body(*slot, in, n);
	case LWS_CALLBACK_HTTP_BODY_COMPLETION:
		return exchange_body_end(*slot);
	case LWS_CALLBACK_HTTP_WRITEABLE:
		return exchange_writable(slot);
	case LWS_CALLBACK_HTTP_DROP_PROTOCOL:
	case LWS_CALLBACK_CLOSED_HTTP:
		if (slot != NULL)
			exchange_gone(slot);
		return 0;
	case LWS_CALLBACK_WSI_DESTROY:
		connection_gone(wsi);
		return 0;
	case LWS_CALLBACK_EVENT_WAIT_CANCELLED:
		mailbox_empty(gateway_of(wsi)->inbox);
		return 0;
	default:
		return 0;
	}
}

static int
events(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t n)
{
	struct socket **slot = user;

	switch ((int)reason) {
	case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
		return socket_handshake(gateway_of(wsi), wsi, slot);
	case LWS_CALLBACK_ESTABLISHED:
		return socket_open(gateway_of(wsi), wsi, slot);
	case LWS_CALLBACK_RECEIVE:
		return socket_received(*slot, in, n,
		    lws_is_final_fragment(wsi) && lws_remaining_packet_payload(wsi) == 0);
	case LWS_CALLBACK_SERVER_WRITEABLE:
		return socket_writable(*slot);
	case LWS_CALLBACK_CLOSED:
		socket_gone(slot);
		return 0;
	case LWS_CALLBACK_WSI_DESTROY:
		connection_gone(wsi);
		return 0;
	default:
		return 0;
	}
}

const struct lws_protocols *
glue_protocols(void)
{
	static const struct lws_protocols protocols[] = {
		{ .name = "http",
		    .callback = http,
		    .per_session_data_size = sizeof(void *),
		    .tx_packet_size = 128 * 1024 },
		{ .name = "zt-events",
		    .callback = events,
		    .per_session_data_size = sizeof(void *),
		    .rx_buffer_size = 256 },
		{ 0 },
	};

	return protocols;
}
