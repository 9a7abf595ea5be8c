/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* lws_memory.h - what libwebsockets frees stays until the loop's next turn.
 *
 * lws 4.1 hands a request's body to us out of a buffer that it has freed while it read the
 * request's head, when both were received together with the request before. Belongs to the
 * loop's thread. */
#ifndef ZT_GATEWAY_LWS_MEMORY_H
#define ZT_GATEWAY_LWS_MEMORY_H

struct ev_loop;

/* Before any other call of lws. */
void lws_memory_begin(void);
/* Frees what waits in each turn of LOOP. */
void lws_memory_watch(struct ev_loop *loop);
/* Frees what waits now, where lws has no buffer at hand. */
void lws_memory_free(void);

#endif
