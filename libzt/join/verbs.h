/* SPDX-License-Identifier: Apache-2.0 */
/* verbs.h - what the public functions call in this room: each is the zt_ function of its last
 * words, as include/zt says, with the device taken where it has one (libzt/api). */
#ifndef ZT_JOIN_VERBS_H
#define ZT_JOIN_VERBS_H

#include "base/err.h"
#include "zt/enrol.h"
#include "zt/org.h"
#include "zt/pki.h"

ZT_CHECKED enum zt_err join_greet(
    struct zt *z, const char *link, const struct zt_codes *codes, struct zt_greeted *out);
ZT_CHECKED enum zt_err join_pki_trust(struct zt *z, const char *const *files, size_t count);
ZT_CHECKED enum zt_err join_pki_show(
    struct zt *z, void (*each)(void *ctx, const struct zt_pki_item *i), void *ctx);
ZT_CHECKED enum zt_err join_pki_state(struct zt *z, const char **state);
ZT_CHECKED enum zt_err join_pki_requests(
    struct zt *z, void (*each)(void *ctx, const struct zt_pki_open *r), void *ctx);
ZT_CHECKED enum zt_err join_pki_accept(struct zt *z, const char *id, const char *profile);
ZT_CHECKED enum zt_err join_pki_reject(struct zt *z, const char *id);
ZT_CHECKED enum zt_err join_bootstrap(
    const struct zt_options *o, const struct zt_bootstrap *b, char *message);
ZT_CHECKED enum zt_err join_claim(const struct zt_options *o, const struct zt_claim *c,
    const struct zt_codes *codes, char *message);
bool join_is_link(const char *link);
bool join_is_joining(const char *home);
ZT_CHECKED enum zt_err join_pki_request(
    const struct zt_options *o, const struct zt_pki_ask *a, char *id, char *message);

#endif
