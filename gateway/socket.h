/* socket.h - one event socket: opened with a signed request, told what concerns its device. */
#ifndef ZT_GATEWAY_SOCKET_H
#define ZT_GATEWAY_SOCKET_H

#include "gateway/gateway.h"

/* A socket that is refused is closed with this code and the error's number, and a sentence. */
#define SOCKET_REFUSED 4000

struct socket;

/* Room for about MOST sockets; more are only slower. Errors: MEMORY. */
ZT_CHECKED enum zt_err sockets_new(size_t most, struct sockets **out);
void sockets_free(struct sockets *s);
/* The handshake's head arrived. 0 to go on, -1 to refuse. */
int socket_handshake(struct gateway *g, struct lws *wsi, struct socket **slot);
int socket_open(struct gateway *g, struct lws *wsi, struct socket **slot);
/* The time of a late refusal has come. */
void socket_due(struct socket *s);
int socket_writable(struct socket *s);
void socket_gone(struct socket **slot);
/* An event from messaging, for the sockets that it names. */
void socket_event(struct gateway *g, struct bytes message);
/* Closes each: what messaging said of them may have been lost. */
void socket_close_all(struct gateway *g);

#endif
