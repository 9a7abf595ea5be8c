/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* host.h - the host's own methods: the HOST rows of rpc/methods.def. */
#ifndef ZT_AGENT_HOST_H
#define ZT_AGENT_HOST_H

#include <jansson.h>

#include "agent/agent.h"

#define HOST_JOBS 8              /* of them that have a thread */
#define HOST_CONFIRMED_MS 300000 /* for which a typed password confirms */

struct call;
struct request;

/* Whether ROW's method waits, for Argon2, a server or people, so that it has a thread. */
bool host_waits(const struct rpc_row *row);
/* Gives R, whose method waits, a thread, or refuses it. */
void host_take(struct agent *a, struct request *r);
/* rpc_host.method; CTX is the lane. */
enum zt_err host_method(void *ctx, const struct rpc_row *row, struct call *c);
/* The devices as HostDevice; NULL: no memory. */
json_t *host_devices(const struct agent *a);
/* Tells all connections that a device is another now. */
void host_changed(struct agent *a);

#endif
