/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* agent.h - zt-agent, asked by its unix socket (docs/decisions/0007-hosts.md). */
#ifndef ZT_UI_AGENT_H
#define ZT_UI_AGENT_H

#include <jansson.h>
#include <stdbool.h>

#include "common/agent_place.h"
#include "zt/err.h"

#define AGENT_MESSAGE 256

struct agent;

/* Connects to the agent at P. The caller closes *OUT. Errors: NOT_FOUND (none is there),
 * TIMEOUT (one is that does not answer), MEMORY. */
enum zt_err agent_dial(const struct agent_place *p, struct agent **out)
    __attribute__((warn_unused_result));
/* NULL is nothing. */
void agent_close(struct agent *a);
/* Whether the connection has ended. */
bool agent_has_gone(const struct agent *a);
/* Waits until the agent has gone, some seconds at most. */
void agent_await_end(struct agent *a);
/* Asks METHOD with PARAMS, which it takes, of DEVICE (NULL: of the host), and waits for the
 * answer: *RESULT, which the caller gives to json_decref. Events are left out. MESSAGE is the
 * sentence of an error in this program's language; "": zt_err_text has it. Errors: the agent's
 * (NO_DEVICE: it has DEVICE not open); UNSURE (it has gone, and may have done it); MEMORY. */
enum zt_err agent_ask(struct agent *a, const char *method, json_t *params, const char *device,
    json_t **result, char message[AGENT_MESSAGE]) __attribute__((warn_unused_result));

#endif
