/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* address.h - the address of who calls the gateway, directly or by a proxy. */
#ifndef ZT_LIMITS_ADDRESS_H
#define ZT_LIMITS_ADDRESS_H

#include <libwebsockets.h>

#include "bus/address.h"

/* The peer's address of WSI's connection. */
struct address address_of_peer(struct lws *wsi);
/* The client's address by a proxy: the last of X-Forwarded-For. N 0: none stated. */
struct address address_forwarded(struct lws *wsi);

#define ADDRESS_PROXIES 16
struct address_list {
	struct address of[ADDRESS_PROXIES];
	size_t count;
};
/* "ADDRESS, ADDRESS", or nothing. Errors: INVALID (one that is none, or too many). */
ZT_CHECKED enum zt_err address_list(const char *text, struct address_list *out);
bool address_is_in(const struct address *a, const struct address_list *list);

#endif
