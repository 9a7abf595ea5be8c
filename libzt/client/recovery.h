/* SPDX-License-Identifier: Apache-2.0 */
/* recovery.h - a recovery device: a device of a user, derived from one secret that no device
 * keeps. Words on paper hold the secret (recover.c), or colleagues hold parts (colleagues.c).
 */
#ifndef ZT_CLIENT_RECOVERY_H
#define ZT_CLIENT_RECOVERY_H

#include "client/client.h"
#include "crypto/shamir.h"
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
	struct returning_part part[SHAMIR_MOST];
};
/* Loads an unfinished recovery from O->home, or makes new keys. The caller gives K to
 * returning_free, also on failure. Errors: PASSWORD, as device_file_read_joining. */
ZT_CHECKED enum zt_err returning_read(
    const struct zt_options *o, struct returning *k, char *why);
ZT_CHECKED enum zt_err returning_keep(const struct zt_options *o, const struct returning *k);
void returning_free(struct returning *k);
/* TEXT in the language of O. */
const char *returning_words(const struct zt_options *o, const char *text)
    __attribute__((format_arg(2)));
/* Makes O->home K's device, for the user whose recovery device SECRET belongs to, if R's
 * address is theirs and the human confirms. WHY as zt_recover. */
ZT_CHECKED enum zt_err recovery_return(const struct zt_options *o, const struct zt_recovery *r,
    const struct returning *k, const struct secret *secret, unsigned need, char *why);

/* ---- ways.c: a user's recovery devices ---- */
/* The label of a recovery device whose parts HELPERS hold. */
void ways_label(
    unsigned need, struct org_user *const *helpers, unsigned count, struct buf *out);
#define WAYS_WORDS "words"
/* Describes the recovery device D of this user for a person. */
void ways_describe(struct zt *z, const struct org_device *d, struct buf *out);
/* Revokes every live recovery device of this user but EXCEPT, of one kind: BY_WORDS or by
 * colleagues; *COUNT of them. */
ZT_CHECKED enum zt_err ways_end_others(
    struct zt *z, const struct id *except, bool by_words, unsigned *count);

/* ---- colleagues.c ---- */
struct exchange;
struct zt_greeted;
/* The helper's side, after the asker's message CLAIM: a human decides. */
ZT_CHECKED enum zt_err colleagues_help(
    struct zt *z, struct exchange *r, struct bytes claim, struct zt_greeted *out);
/* The asker's side, with each of the links of R in turn. */
ZT_CHECKED enum zt_err colleagues_ask(
    const struct zt_options *o, const struct zt_recovery *r, char *why);

#endif
