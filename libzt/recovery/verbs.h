/* SPDX-License-Identifier: Apache-2.0 */
/* verbs.h - what the public functions call in this room: each is the zt_ function of its last
 * words, as include/zt says, with the device taken where it has one (libzt/api). */
#ifndef ZT_RECOVERY_VERBS_H
#define ZT_RECOVERY_VERBS_H

#include "base/err.h"
#include "zt/recover.h"

ZT_CHECKED enum zt_err recovery_create(
    struct zt *z, enum zt_words language, char words[ZT_RECOVERY_WORDS]);
ZT_CHECKED enum zt_err recovery_colleagues(
    struct zt *z, const struct zt_split *split, unsigned *ended);
ZT_CHECKED enum zt_err recovery_recover(
    const struct zt_options *o, const struct zt_recovery *r, char *message);

#endif
