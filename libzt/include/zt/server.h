/* zt/server.h - the operator's side of a server: which organizations it carries, and how far.
 * None of it is trust: an operator bounds what the server does, the log says who is trusted. */
#ifndef ZT_SERVER_H
#define ZT_SERVER_H

#include "zt/zt.h"

struct zt_server {
	const char *url, *ca_file; /* NULL: the system's authorities */
	bool in_clear;             /* zt_options.in_clear */
	const char *operator_token;
	const char *(*translate)(const char *english); /* or NULL */
};

#define ZT_FOUNDING_CODE 129

/* Reserves SLUG. CODE is what its founder needs (zt_bootstrap), once and within a day, instead
 * of the operator's token. Each call sets WHY[256]. Errors: FORBIDDEN (token), EXISTS, INVALID.
 */
ZT_CALL enum zt_err zt_server_org_create(
    const struct zt_server *s, const char *slug, char code[ZT_FOUNDING_CODE], char *why);

struct zt_server_org {
	const char *id, *slug;
	uint64_t users, devices, workspaces, entries, bytes, frozen;
	uint64_t marked; /* more than entries: an older backup was restored */
	uint64_t users_limit, bytes_limit, expires; /* 0: none; milliseconds since 1970 */
};
ZT_CALL enum zt_err zt_server_orgs(const struct zt_server *s,
    void (*each)(void *ctx, const struct zt_server_org *o), void *ctx, char *why);

/* What is NULL stays as it is. */
struct zt_server_limits {
	const uint64_t *users, *bytes, *expires;
	const char *freeze, *thaw; /* a user's id */
};
ZT_CALL enum zt_err zt_server_org_set(
    const struct zt_server *s, const char *slug, const struct zt_server_limits *l, char *why);

/* What an organization lost by an older backup is given up, in the log and in all workspaces:
 * the server goes on from where it is, and devices that had seen more take it for another. */
ZT_CALL enum zt_err zt_server_accept_loss(
    const struct zt_server *s, const char *slug, char *why);

#endif
