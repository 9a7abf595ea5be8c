/* SPDX-License-Identifier: Apache-2.0 */
/* verbs.h - what the public functions call in this room: each is the zt_ function of its last
 * words, as include/zt says, with the device taken where it has one (libzt/api). */
#ifndef ZT_SESSION_VERBS_H
#define ZT_SESSION_VERBS_H

#include "base/err.h"
#include "zt/protect.h"
#include "zt/server.h"
#include "zt/zt.h"

ZT_CHECKED enum zt_err session_check_store(struct zt *z, uint64_t *records);
void session_error_of(const struct zt *z, enum zt_err err, struct zt_error *out);

/* ---- server.c ---- */
ZT_CHECKED enum zt_err session_server_create(
    const struct zt_server *s, const char *slug, char code[ZT_FOUNDING_CODE], char *message);
ZT_CHECKED enum zt_err session_server_orgs(const struct zt_server *s,
    void (*each)(void *ctx, const struct zt_server_org *o), void *ctx, char *message);
ZT_CHECKED enum zt_err session_server_set(const struct zt_server *s, const char *slug,
    const struct zt_server_limits *l, char *message);
ZT_CHECKED enum zt_err session_server_accept_loss(
    const struct zt_server *s, const char *slug, char *message);
ZT_CHECKED enum zt_err session_server_look_for_loss(
    const struct zt_server *s, const char *slug, char *message);

/* ---- device.c ---- */
ZT_CHECKED enum zt_err device_unlock(
    const struct zt_options *o, unsigned seconds, char *message);
ZT_CHECKED enum zt_err device_lock(const struct zt_options *o, char *message);
ZT_CHECKED enum zt_err device_check_password(const struct zt_options *o, char *message);
ZT_CHECKED enum zt_err device_change_password(
    const struct zt_options *o, const char *new_password, char *message);
ZT_CHECKED enum zt_err device_protect_by_token(
    const struct zt_options *o, const char *uri, const char *pin, char *message);
ZT_CHECKED enum zt_err device_protect_by_desktop(const struct zt_options *o, char *message);
ZT_CHECKED enum zt_err device_add_passkey(const struct zt_options *o,
    const struct zt_passkey *p, const void *output, size_t n, char *message);
ZT_CHECKED enum zt_err device_remove_passkey(
    const struct zt_options *o, const char *credential, char *message);
ZT_CHECKED enum zt_err device_check_passkey(
    const struct zt_options *o, const struct zt_passkey_output *p, char *message);
ZT_CHECKED enum zt_err device_passkeys(
    const char *home, void (*each)(void *ctx, const struct zt_passkey *p), void *ctx);
/* zt_has_device. */
int device_is_there(const char *home);
int device_is_by_token(const char *home);
int device_is_unlocked(const char *home);

#endif
