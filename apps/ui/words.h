/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* words.h - what the agent refused, in the words of this program: the agent has the language of
 * the person who began it, and no advice on what to type. */
#ifndef ZT_UI_WORDS_H
#define ZT_UI_WORDS_H

#include <jansson.h>

#include "ui/agent.h"

/* The sentence of ERROR, a Failure of methods.def whose number is ERR; "": that of ERR. */
void words_of(const json_t *error, enum zt_err err, char out[AGENT_MESSAGE]);

#endif
