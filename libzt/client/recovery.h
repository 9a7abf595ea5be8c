/* recovery.h - a recovery device: a device of a user, derived from one secret that no device
 * keeps. Words on paper hold the secret (recover.c), or colleagues hold parts (colleagues.c).
 */
#ifndef ZT_CLIENT_RECOVERY_H
#define ZT_CLIENT_RECOVERY_H

#include "client/client.h"
#include "crypto/shamir.h"
#include "zt/recover.h"

/* NEED is the number of colleagues that the owner asked for, 0 for words on paper: the device's
 * keys and its id, which the owner signed into the log, are derived from it too, so that nobody
 * can state another one. */
/* The id of the recovery device of SECRET. Errors: MEMORY. */
ZT_CHECKED enum zt_err recovery_id(const struct secret *secret, unsigned need, struct id *out);
/* Adds it to this user under LABEL, and renews the user's key so that the log seals it to it
 * too. */
ZT_CHECKED enum zt_err recovery_add(
    struct zt *z, const struct secret *secret, unsigned need, const char *label);
/* Somebody on the way back: the device that this is going to be, and the parts that came. */
/* One of NEED parts of DEVICE's secret, as a colleague says: what does not fit costs no other.
 */
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
/* What O->home keeps of an earlier try, else new keys. The caller gives K to returning_free,
 * also on failure. Errors: PASSWORD, as device_file_read_joining. */
ZT_CHECKED enum zt_err returning_read(
    const struct zt_options *o, struct returning *k, char *why);
ZT_CHECKED enum zt_err returning_keep(const struct zt_options *o, const struct returning *k);
void returning_free(struct returning *k);
/* TEXT in the language of O. */
const char *returning_words(const struct zt_options *o, const char *text)
    __attribute__((format_arg(2)));
/* Makes O->home K's device, of the user whose recovery device SECRET's is, if R's address is
 * theirs and the human confirms. WHY as zt_recover. */
ZT_CHECKED enum zt_err recovery_return(const struct zt_options *o, const struct zt_recovery *r,
    const struct returning *k, const struct secret *secret, unsigned need, char *why);

/* ---- ways.c: the recovery devices that a user has ---- */
/* The label of one whose parts HELPERS have. */
void ways_label(
    unsigned need, struct org_user *const *helpers, unsigned count, struct buf *out);
#define WAYS_WORDS "words"
/* What the recovery device D of this user is, in words for a person. */
void ways_describe(struct zt *z, const struct org_device *d, struct buf *out);
/* Revokes every live recovery device of this user but EXCEPT, those by words or those by
 * colleagues; *COUNT of them. */
ZT_CHECKED enum zt_err ways_end_others(
    struct zt *z, const struct id *except, bool by_words, unsigned *count);

/* ---- colleagues.c ---- */
struct exchange;
struct zt_greeted;
/* The helper's side, when the asker's message CLAIM has come: a human decides. */
ZT_CHECKED enum zt_err colleagues_help(
    struct zt *z, struct exchange *r, struct bytes claim, struct zt_greeted *out);
/* The asker's side, with each of the links of R in turn. */
ZT_CHECKED enum zt_err colleagues_ask(
    const struct zt_options *o, const struct zt_recovery *r, char *why);

#endif
