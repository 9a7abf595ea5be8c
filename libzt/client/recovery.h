/* recovery.h - a recovery device: a device of a user, derived from one secret that no device
 * keeps. Words on paper hold the secret (recover.c), or colleagues hold parts (colleagues.c).
 */
#ifndef ZT_CLIENT_RECOVERY_H
#define ZT_CLIENT_RECOVERY_H

#include "client/client.h"
#include "zt/recover.h"

/* The id of the recovery device of SECRET. Errors: MEMORY. */
ZT_CHECKED enum zt_err recovery_id(const struct secret *secret, struct id *out);
/* Adds it to this user, and renews the user's key so that the log seals it to it too. */
ZT_CHECKED enum zt_err recovery_add(struct zt *z, const struct secret *secret);
/* Makes O->home a new device of the user whose recovery device SECRET's is. WHY as zt_recover.
 */
ZT_CHECKED enum zt_err recovery_return(const struct zt_options *o, const char *server,
    const char *label, const struct id *org, const struct secret *secret, char *why);

/* ---- colleagues.c ---- */
struct exchange;
/* The helper's side, when the asker's message CLAIM has come: a human decides. */
ZT_CHECKED enum zt_err colleagues_help(struct zt *z, struct exchange *r, struct bytes claim);
/* The asker's side, with each of the links of R in turn. */
ZT_CHECKED enum zt_err colleagues_ask(
    const struct zt_options *o, const struct zt_recovery *r, char *why);

#endif
