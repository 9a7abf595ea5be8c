/* SPDX-License-Identifier: Apache-2.0 */
/* ways.h - a user's recovery devices. */
#ifndef ZT_PEOPLE_WAYS_H
#define ZT_PEOPLE_WAYS_H

#include "session/session.h"

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

#endif
