/* SPDX-License-Identifier: Apache-2.0 */
/* recovery.h - a recovery device: a device of a user, derived from one secret that no device
 * keeps. Words on paper hold the secret (recover.c), or colleagues hold parts (colleagues.c).
 */
#ifndef ZT_RECOVERY_RECOVERY_H
#define ZT_RECOVERY_RECOVERY_H

#include "crypto/shamir.h"
#include "format/limits.h"
#include "session/session.h"
#include "zt/recover.h"

/* NEED is the number of colleagues that the owner asked for, 0 for words on paper. The
 * device's keys and id derive from it too, and the owner signed the id into the log, so nobody
 * can claim another NEED. */
/* The id of the recovery device of SECRET. Errors: MEMORY. */
ZT_CHECKED enum zt_err recovery_id(const struct secret *secret, unsigned need, struct id *out);
/* Adds the recovery device to this user under LABEL, and rotates the user's key to seal it to
 * that device too. */
ZT_CHECKED enum zt_err recovery_add(
    struct zt *z, const struct secret *secret, unsigned need, const char *label);
/* A recovery in progress: the keys of the new device, and the parts received. */
/* One of NEED parts of DEVICE's secret, as a colleague states. A bad part does not spoil the
 * others. */
struct returning_part {
	struct id device;
	unsigned need;
	struct shamir_part part;
};
struct returning {
	char server[1024], email[LIMIT_TEXT + 1];
	struct id org, device;
	struct sign_key *sign;
	struct secret *seal;
	unsigned count;
	struct returning_part part[SHAMIR_MAX];
};
/* Loads an unfinished recovery from O->home, or makes new keys. The caller gives K to
 * returning_free, also on failure. Errors: PASSWORD, as joining_file_read. */
ZT_CHECKED enum zt_err returning_read(
    const struct zt_options *o, struct returning *k, char *message);
ZT_CHECKED enum zt_err returning_keep(const struct zt_options *o, const struct returning *k);
void returning_free(struct returning *k);
/* TEXT in the language of O. */
const char *returning_words(const struct zt_options *o, const char *text)
    __attribute__((format_arg(2)));
/* Makes O->home K's device, for the user whose recovery device SECRET belongs to, if R's
 * address is theirs and the human confirms. MESSAGE as zt_recover. */
ZT_CHECKED enum zt_err recovery_return(const struct zt_options *o, const struct zt_recovery *r,
    const struct returning *k, const struct secret *secret, unsigned need, char *message);

#endif
