/* SPDX-License-Identifier: Apache-2.0 */
/* server.c - the functions of zt/server.h: they begin with a server. */
#include "zt/server.h"

#include "session/verbs.h"

enum zt_err
zt_server_org_create(
    const struct zt_server *s, const char *slug, char code[ZT_FOUNDING_CODE], char *message)
{
	return session_server_create(s, slug, code, message);
}

enum zt_err
zt_server_orgs(const struct zt_server *s,
    void (*each)(void *ctx, const struct zt_server_org *o), void *ctx, char *message)
{
	return session_server_orgs(s, each, ctx, message);
}

enum zt_err
zt_server_org_set(const struct zt_server *s, const char *slug, const struct zt_server_limits *l,
    char *message)
{
	return session_server_set(s, slug, l, message);
}

enum zt_err
zt_server_look_for_loss(const struct zt_server *s, const char *slug, char *message)
{
	return session_server_look_for_loss(s, slug, message);
}

enum zt_err
zt_server_accept_loss(const struct zt_server *s, const char *slug, char *message)
{
	return session_server_accept_loss(s, slug, message);
}
