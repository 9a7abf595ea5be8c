/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* socket.h - one event socket: its first message signs the request that opened it
 * (format/event.h); sends the events that concern its device. */
#ifndef ZT_GATEWAY_SOCKET_H
#define ZT_GATEWAY_SOCKET_H

#include "gateway/gateway.h"

/* A refused socket is closed with this code plus the error's number, and a sentence. */
#define SOCKET_REFUSED 4000

/* Sized for about MAX sockets; more work, but slower. Errors: MEMORY. */
ZT_CHECKED enum zt_err sockets_new(size_t max, struct sockets **out);
void sockets_free(struct sockets *s);
/* The handshake's head arrived. Returns 0 to continue, -1 to refuse. */
int socket_handshake(struct gateway *g, struct lws *wsi, struct socket **slot);
int socket_open(struct gateway *g, struct lws *wsi, struct socket **slot);
/* N bytes of a message came; IS_END: its last ones. After the first message
 * empty ones alone may come, which are answered by one; others end the socket. */
int socket_received(struct socket *s, const void *p, size_t n, bool is_end);
int socket_writable(struct socket *s);
void socket_gone(struct socket **slot);
/* Sends an event from messaging to the sockets that it names. */
void socket_event(struct gateway *g, struct bytes message);
/* Closes all sockets: messages about them may have been lost. */
void socket_close_all(struct gateway *g);

#endif
