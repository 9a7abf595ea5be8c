/* SPDX-License-Identifier: Apache-2.0 */
/* verbs.h - what the public functions call in this room: each is the zt_ function of its last
 * words, as include/zt says, with the device taken (libzt/api). */
#ifndef ZT_RELEASE_VERBS_H
#define ZT_RELEASE_VERBS_H

#include "base/err.h"
#include "zt/release.h"

ZT_CHECKED enum zt_err release_settings(struct zt *z, struct zt_settings *out);
ZT_CHECKED enum zt_err release_settings_change(struct zt *z, const enum zt_browsers *browsers,
    const enum zt_creators *creators, const uint64_t *deletion_delay);
ZT_CHECKED enum zt_err release_list(
    struct zt *z, void (*each)(void *ctx, const char *release), void *ctx);
ZT_CHECKED enum zt_err release_pin(
    struct zt *z, const char *const *releases, size_t count, enum zt_pin how);
ZT_CHECKED enum zt_err release_page_check(struct zt *z, const char *url, struct zt_page *out);
ZT_CHECKED enum zt_err release_page_known(
    struct zt *z, struct zt_page *newest, struct zt_page *alarm);
ZT_CHECKED enum zt_err release_page_clear(struct zt *z);

/* For a loop that turns a few times a second: looks at the page if Z's zt_watch_page asks for
 * it and the time, which is random, has come; SINCE_MS after the last call. The look that is
 * under way is *SLOT's, which is NULL before the first call, and runs on a thread. Z rests
 * before and after. A look that fails is made again another time. */
struct release_look;
void release_watch(struct zt *z, uint64_t since_ms, struct release_look **slot);
/* Ends a look that is under way: within a second, mostly. NULL is nothing. */
void release_watch_end(struct release_look *k);

#endif
