/* SPDX-License-Identifier: Apache-2.0 */
/* verbs.h - what the public functions call in this room: each is the zt_ function of its last
 * words, as include/zt says, with the device taken where it has one (libzt/api). */
#ifndef ZT_LOG_VERBS_H
#define ZT_LOG_VERBS_H

#include "base/err.h"
#include "zt/org.h"
#include "zt/protect.h"
#include "zt/zt.h"

ZT_CHECKED enum zt_err log_find_person(struct zt *z, const char *user, struct zt_person *out);
ZT_CHECKED enum zt_err log_verify(struct zt *z, uint64_t *entries);
ZT_CHECKED enum zt_err log_sync(struct zt *z);
ZT_CHECKED enum zt_err log_open_again(
    struct zt *of, const struct zt_options *o, struct zt **out);
ZT_CHECKED enum zt_err log_open_by_passkey(const struct zt_options *o,
    const struct zt_passkey_output *p, struct zt **out, char *message);
void log_whoami(const struct zt *z, struct zt_identity *out);

#endif
