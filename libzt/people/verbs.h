/* SPDX-License-Identifier: Apache-2.0 */
/* verbs.h - what the public functions call in this room: each is the zt_ function of its last
 * words, as include/zt says, with the device taken (libzt/api). */
#ifndef ZT_PEOPLE_VERBS_H
#define ZT_PEOPLE_VERBS_H

#include "base/err.h"
#include "zt/enrol.h"
#include "zt/org.h"
#include "zt/overview.h"
#include "zt/recover.h"
#include "zt/sync.h"

ZT_CHECKED enum zt_err people_invite(struct zt *z, enum zt_invitation_kind kind, char *link);
ZT_CHECKED enum zt_err people_invite_mail(struct zt *z, const char *link, const char *email);
ZT_CHECKED enum zt_err people_invitations(
    struct zt *z, void (*each)(void *ctx, const struct zt_invitation *i), void *ctx);
ZT_CHECKED enum zt_err people_invite_cancel(struct zt *z, const char *id);
ZT_CHECKED enum zt_err people_users(
    struct zt *z, void (*each)(void *ctx, const struct zt_user *u), void *ctx);
ZT_CHECKED enum zt_err people_devices(
    struct zt *z, void (*each)(void *ctx, const struct zt_device *d), void *ctx);
ZT_CHECKED enum zt_err people_log(
    struct zt *z, uint64_t from, void (*each)(void *ctx, const struct zt_entry *e), void *ctx);
ZT_CHECKED enum zt_err people_device_revoke(struct zt *z, const char *device);
ZT_CHECKED enum zt_err people_find_device(struct zt *z, const char *device, char id[33]);
ZT_CHECKED enum zt_err people_device_acts(struct zt *z, const char *device,
    void (*each)(void *ctx, const struct zt_act *a), void *ctx);
ZT_CHECKED enum zt_err people_new_devices(
    struct zt *z, void (*each)(void *ctx, const struct zt_device *d), void *ctx);
ZT_CHECKED enum zt_err people_device_acknowledge(
    struct zt *z, const char *device, unsigned *count);
ZT_CHECKED enum zt_err people_user_profile(struct zt *z, const char *user, const char *profile);
ZT_CHECKED enum zt_err people_user_revoke(struct zt *z, const char *user);
ZT_CHECKED enum zt_err people_overview(
    struct zt *z, struct zt_overview *out, const struct zt_overview_lists *l);
ZT_CHECKED enum zt_err people_freeze(struct zt *z, const char *user, bool frozen);
ZT_CHECKED enum zt_err people_recovery_end_older(struct zt *z, unsigned *ended);
ZT_CHECKED enum zt_err people_ways_back(
    struct zt *z, void (*each)(void *ctx, const struct zt_way *w), void *ctx);
ZT_CHECKED enum zt_err people_watch(struct zt *z, const struct zt_watch *w);
ZT_CHECKED enum zt_err people_listen(
    struct zt *z, char url[ZT_LISTEN_URL], char first[ZT_LISTEN_FIRST]);
ZT_CHECKED enum zt_err people_hear(
    struct zt *z, const void *message, size_t n, const struct zt_watch *w);

#endif
