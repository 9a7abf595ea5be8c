/* SPDX-License-Identifier: Apache-2.0 */
/* colleagues.h - parts of a recovery secret, held by colleagues. */
#ifndef ZT_RECOVERY_COLLEAGUES_H
#define ZT_RECOVERY_COLLEAGUES_H

#include "recovery/exchange.h"
#include "session/session.h"
#include "zt/recover.h"

struct exchange;
struct zt_greeted;
/* The helper's side, after the asker's message CLAIM: a human decides. */
ZT_CHECKED enum zt_err colleagues_help(
    struct zt *z, struct exchange *r, struct bytes claim, struct zt_greeted *out);
/* The asker's side, with each of the links of R in turn. */
ZT_CHECKED enum zt_err colleagues_ask(
    const struct zt_options *o, const struct zt_recovery *r, char *message);

#endif
