/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* person.h - what methods of devices and of hosts ask the person while they run, and what the
 * page learns outside of requests: questions and events of methods.def. */
#ifndef ZT_RPC_PERSON_H
#define ZT_RPC_PERSON_H

#include <stdbool.h>

#include "zt/enrol.h"
#include "zt/org.h"
#include "zt/recover.h"
#include "zt/release.h"
#include "zt/sync.h"

struct call;
struct rpc_lane;

/* Fills OUT for zt_greet, zt_claim and zt_recover: codes are compared by C's person. The host
 * ends the wait for the other side by zt_cancel. */
void rpc_codes(struct call *c, struct zt_codes *out);
/* A zt_recovery.confirm, whose CTX is the call. */
bool rpc_returning(void *ctx, const struct zt_returning *who);
/* ERR, with which libzt ended what asked by these; or why a question had no answer, which it
 * cannot know. */
enum zt_err rpc_asked(struct call *c, enum zt_err err);

/* The event of E, or (NULL) that a watch is connected: a zt_watch's callbacks call these, on
 * the thread of L, which runs no request. */
void rpc_changed(struct rpc_lane *l, const struct zt_event *e);
void rpc_new_device(struct rpc_lane *l, const struct zt_device *d);
/* The page of the server is not as it should be. */
void rpc_page_alarm(struct rpc_lane *l, const struct zt_page *p);

#endif
