/* zt/recover.h - ways back for a user whose devices are all lost. */
#ifndef ZT_RECOVER_H
#define ZT_RECOVER_H

#include "zt/enrol.h"

#define ZT_RECOVERY_WORDS 256 /* bytes that the words need */

/* Adds a recovery device to this user, and renews the user's key so that the log seals it to
 * that device too. WORDS are all that it is: they are shown once, written on paper, and kept
 * nowhere. */
ZT_CALL enum zt_err zt_recovery_create(struct zt *z, char words[ZT_RECOVERY_WORDS]);

/* Leaves parts of a recovery secret with COUNT colleagues, USERS (e-mails or ids): any NEED (at
 * least 2) of them can bring this user back, fewer know nothing. */
ZT_CALL enum zt_err zt_recovery_colleagues(
    struct zt *z, const char *const *users, unsigned count, unsigned need);

struct zt_recovery {
	const char *device_label;   /* of the device that this becomes */
	const char *server, *words; /* with words on paper */
	/* Or with colleagues: each has made an invitation (ZT_INVITE_RECOVERY) and runs
	 * zt_greet; codes are compared with each in turn. */
	const char *const *links;
	unsigned link_count;
	const char *email;
	const struct zt_codes *codes;
};
/* Makes O->home a new device of the user who had prepared for it. Errors: CORRUPT (the words
 * are not those that were printed), EXISTS (a device is there), UNKNOWN_DEVICE, REVOKED, KEY
 * (the colleagues' parts are too few, or do not fit), and as zt_claim. */
ZT_CALL enum zt_err zt_recover(
    const struct zt_options *o, const struct zt_recovery *r, char *why);

#endif
