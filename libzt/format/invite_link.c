/* SPDX-License-Identifier: Apache-2.0 */
#include "format/invite_link.h"

#include <stdio.h>

static const char tls[] = "zt://", plain[] = "zt+http://";

void
invite_link_print(const struct invite_link *l, struct buf *out)
{
	char org[ID_TEXT], invitation[ID_TEXT];
	bool is_tls = strncasecmp(l->server, "https://", 8) == 0;
	const char *host = l->server + (is_tls ? 8 : 7);

	id_print(&l->org, org);
	id_print(&l->invitation, invitation);
	/* A server's address may be kept as it was typed: with a slash at its end. */
	buf_printf(out, "%s%.*s/%s/%s", is_tls ? tls : plain, (int)strcspn(host, "/"), host,
	    org, invitation);
}

enum zt_err
invite_link_parse(const char *text, struct invite_link *out)
{
	struct invite_link l;
	bool is_tls = strncmp(text, tls, sizeof tls - 1) == 0;
	const char *host = text + (is_tls ? sizeof tls : sizeof plain) - 1, *slash;
	size_t n;

	if (!is_tls && strncmp(text, plain, sizeof plain - 1) != 0)
		return ZT_ERR_INVALID;
	if ((slash = strchr(host, '/')) == NULL || slash == host ||
	    strspn(
		host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]") !=
		(size_t)(slash - host))
		return ZT_ERR_INVALID;
	n = (size_t)(slash - host);
	if (n > 300 || strlen(slash) != 1 + 32 + 1 + 32 || slash[33] != '/' ||
	    id_parse(slash + 1, 32, &l.org) || id_parse(slash + 34, 32, &l.invitation))
		return ZT_ERR_INVALID;
	(void)snprintf(
	    l.server, sizeof l.server, "%s://%.*s", is_tls ? "https" : "http", (int)n, host);
	*out = l;
	return ZT_OK;
}
