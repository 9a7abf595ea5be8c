/* SPDX-License-Identifier: Apache-2.0 */
/* zt/server.h - the operator's side of a server: its organizations and their limits. An
 * operator limits use; only the trust log decides who is trusted. */
#ifndef ZT_SERVER_H
#define ZT_SERVER_H

#include "zt/zt.h"

#ifdef __cplusplus
extern "C" {
#endif

struct zt_server {
	const char *url, *ca_file; /* NULL: the system's authorities */
	bool in_clear;             /* zt_options.in_clear */
	const char *operator_token;
	const char *(*translate)(const char *english); /* zt_options.translate */
};

#define ZT_FOUNDING_CODE 129

/* Reserves SLUG. CODE lets its founder call zt_bootstrap without the operator's token, once
 * and within a day. Each call sets MESSAGE (256 bytes). Errors: FORBIDDEN (token), EXISTS,
 * INVALID. */
ZT_CALL enum zt_err zt_server_org_create(
    const struct zt_server *s, const char *slug, char code[ZT_FOUNDING_CODE], char *message);

struct zt_server_org {
	const char *id, *slug;
	uint64_t users, devices, workspaces, entries, bytes, frozen;
	uint64_t marked; /* more than entries: an older backup was restored */
	uint64_t users_limit, bytes_limit, expires; /* 0: none; milliseconds since 1970 */
};
ZT_CALL enum zt_err zt_server_orgs(const struct zt_server *s,
    void (*each)(void *ctx, const struct zt_server_org *o), void *ctx, char *message);

/* NULL fields leave the setting unchanged. */
struct zt_server_limits {
	const uint64_t *users, *bytes, *expires;
	const char *freeze, *thaw; /* a user's id */
};
ZT_CALL enum zt_err zt_server_org_set(const struct zt_server *s, const char *slug,
    const struct zt_server_limits *l, char *message);

/* Whether an older backup lost something that is not back yet. Errors: NOT_FOUND (no, or there
 * is no such organization). */
ZT_CALL enum zt_err zt_server_look_for_loss(
    const struct zt_server *s, const char *slug, char *message);
/* Accepts the loss after an older backup, in the log and all workspaces: the server continues
 * from its current state. Devices that had seen more treat it as another server. Errors:
 * NOT_FOUND (nothing is lost, or there is no such organization). */
ZT_CALL enum zt_err zt_server_accept_loss(
    const struct zt_server *s, const char *slug, char *message);

#ifdef __cplusplus
}
#endif

#endif
