/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* glue.h - what libwebsockets calls. */
#ifndef ZT_AGENT_GLUE_H
#define ZT_AGENT_GLUE_H

struct lws_protocols;

/* Static. The context's user is the agent. */
const struct lws_protocols *glue_protocols(void);

#endif
