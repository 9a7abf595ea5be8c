/* SPDX-License-Identifier: Apache-2.0 */
/* invite_link.h - invitation addresses: zt://HOST[:PORT]/ORG/INVITATION, or zt+http:// for a
 * server without TLS. */
#ifndef ZT_FORMAT_INVITE_LINK_H
#define ZT_FORMAT_INVITE_LINK_H

#include "base/buf.h"
#include "base/id.h"

struct invite_link {
	char server[512]; /* http://HOST:PORT or https://HOST:PORT, as HTTP clients want it */
	struct id org, invitation;
};

/* Appends the link's text. */
void invite_link_print(const struct invite_link *l, struct buf *out);
/* Errors: INVALID. */
ZT_CHECKED enum zt_err invite_link_parse(const char *text, struct invite_link *out);

#endif
