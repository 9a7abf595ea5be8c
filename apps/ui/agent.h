/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* agent.h - zt-agent, asked by its unix socket (docs/decisions/0007-hosts.md). */
#ifndef ZT_UI_AGENT_H
#define ZT_UI_AGENT_H

#include <jansson.h>
#include <stdbool.h>

#include "common/agent_place.h"
#include "zt/err.h"

struct agent;

/* Connects to the agent at P. False: none answers there. The caller closes *OUT. */
bool agent_dial(const struct agent_place *p, struct agent **out);
/* NULL is nothing. */
void agent_close(struct agent *a);
/* Whether the last answer was that the device is not open. */
bool agent_lacks_device(const struct agent *a);
/* Waits until the agent has gone, some seconds at most. */
void agent_await_end(struct agent *a);
/* Asks METHOD with PARAMS, which it takes, of DEVICE (NULL: of the host), and waits for the
 * answer: *RESULT, which the caller gives to json_decref. Events are left out. MESSAGE, 256
 * bytes, is the agent's sentence about an error. Errors: the agent's; NETWORK (it has gone),
 * MEMORY. */
enum zt_err agent_ask(struct agent *a, const char *method, json_t *params, const char *device,
    json_t **result, char *message) __attribute__((warn_unused_result));

#endif
