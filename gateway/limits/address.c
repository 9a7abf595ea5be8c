/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "limits/address.h"

#include <string.h>

enum { FIELD_MAX = 8192 /* what all fields of a head may have */ };

struct address
address_of_peer(struct lws *wsi)
{
	return address_of_socket(lws_get_socket_fd(wsi));
}

struct address
address_forwarded(struct lws *wsi)
{
	struct address none = { .n = 0 }, out;
	char field[FIELD_MAX];
	const char *last;
	int i = 0;

	/* The field may be there several times: the proxy's own is the last. */
	while (lws_hdr_fragment_length(wsi, WSI_TOKEN_X_FORWARDED_FOR, i + 1) > 0)
		i++;
	if (lws_hdr_fragment_length(wsi, WSI_TOKEN_X_FORWARDED_FOR, i) <= 0 ||
	    lws_hdr_copy_fragment(wsi, field, sizeof field, WSI_TOKEN_X_FORWARDED_FOR, i) < 0)
		return none;
	last = strrchr(field, ',');
	last = last != NULL ? last + 1 : field;
	while (*last == ' ')
		last++;
	return address_parse(bytes_of(last, strcspn(last, " ")), &out) == ZT_OK ? out : none;
}

enum zt_err
address_list(const char *text, struct address_list *out)
{
	struct address_list list = { .count = 0 };
	size_t n;

	for (; *text != 0; text += n) {
		if ((n = strspn(text, ", ")) > 0)
			continue;
		n = strcspn(text, ", ");
		if (list.count == ADDRESS_PROXIES ||
		    address_parse(bytes_of(text, n), &list.of[list.count++]))
			return ZT_ERR_INVALID;
	}
	*out = list;
	return ZT_OK;
}

bool
address_is_in(const struct address *a, const struct address_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (address_equal(a, &list->of[i]))
			return true;
	return false;
}
