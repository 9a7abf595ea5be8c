/* zt/recover.h - ways back for a user whose devices are all lost. */
#ifndef ZT_RECOVER_H
#define ZT_RECOVER_H

#include "zt/zt.h"

#define ZT_RECOVERY_WORDS 256 /* bytes that the words need */

/* Adds a recovery device to this user, and renews the user's key so that the log seals it to
 * that device too. WORDS are all that it is: they are shown once, written on paper, and kept
 * nowhere. */
ZT_CALL enum zt_err zt_recovery_create(struct zt *z, char words[ZT_RECOVERY_WORDS]);

struct zt_recovery {
	const char *server, *words;
	const char *device_label; /* of the device that this becomes */
};
/* Makes O->home a new device of the user whose recovery device WORDS are. Errors: CORRUPT (the
 * words are not those that were printed), EXISTS (a device is there), UNKNOWN_DEVICE, REVOKED.
 */
ZT_CALL enum zt_err zt_recover(
    const struct zt_options *o, const struct zt_recovery *r, char *why);

#endif
