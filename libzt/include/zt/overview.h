/* SPDX-License-Identifier: Apache-2.0 */
/* zt/overview.h - what a server tells an organization's admins, and the freezing of users. All
 * of it is the server's word: the trust log alone says who is trusted. */
#ifndef ZT_OVERVIEW_H
#define ZT_OVERVIEW_H

#include "zt/zt.h"

#ifdef __cplusplus
extern "C" {
#endif

struct zt_overview {
	uint64_t time;                                            /* of the server's clock */
	char version[32];                                         /* of the server */
	uint64_t users, users_limit, bytes, bytes_limit, expires; /* 0: no limit, never */
	bool has_bytes;                                           /* BYTES is known */
};
struct zt_seen {
	const char *device; /* an id */
	uint64_t day;       /* when the UTC day of its last signed request to the log began */
};
struct zt_frozen {
	const char *user; /* an id */
	bool by_admin;    /* and not by the server's operator */
};
struct zt_overview_lists {
	void *ctx;
	void (*seen)(void *ctx, const struct zt_seen *s);     /* live devices; may be NULL */
	void (*frozen)(void *ctx, const struct zt_frozen *f); /* may be NULL */
};
/* Asks the server; OUT and L may be NULL. Errors: FORBIDDEN (not an admin). */
ZT_CALL enum zt_err zt_overview(
    struct zt *z, struct zt_overview *out, const struct zt_overview_lists *l);
/* Asks the server to refuse all requests of USER (e-mail or id), or to take them again. It
 * revokes nothing and changes no key: what USER has stays readable to them. Errors: FORBIDDEN
 * (not an admin; or the operator froze them, and alone ends it), NOT_FOUND, INVALID (oneself),
 * WHO. */
ZT_CALL enum zt_err zt_freeze(struct zt *z, const char *user, bool frozen);

#ifdef __cplusplus
}
#endif

#endif
