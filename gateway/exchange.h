/* exchange.h - one HTTP exchange as a machine: head, body, waiting for a service, answer. */
#ifndef ZT_GATEWAY_EXCHANGE_H
#define ZT_GATEWAY_EXCHANGE_H

#include "gateway/gateway.h"
#include "proto/rpc.pb-c.h"

struct exchange;

/* The head arrived. Returns what lws wants: 0, or -1 to close. *SLOT is the connection's place.
 */
int exchange_head(struct gateway *g, struct lws *wsi, struct exchange **slot, const char *path);
int exchange_body(struct exchange *x, const void *p, size_t n);
int exchange_body_end(struct exchange *x);
int exchange_writable(struct exchange **slot);
/* The connection is gone; an answer that is still under way finds nobody. */
void exchange_gone(struct exchange **slot);
/* Fills a Call with the parts of the request that a service verifies; borrows from the buffers
 * in HEAD. */
struct exchange_head_texts {
	char target[1100], authority[256], input[1024], signature[256], digest[256],
	    authorization[256], trace[64];
};
ZT_CHECKED enum zt_err exchange_call(struct lws *wsi, const char *method, const char *path,
    int deadline_s, struct exchange_head_texts *texts, Zt__Call *out);

#endif
