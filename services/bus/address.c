/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "bus/address.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

static struct address
of_v6(const struct in6_addr *a)
{
	struct address out = { .n = 16 };

	if (IN6_IS_ADDR_V4MAPPED(a)) {
		out.n = 4;
		memcpy(out.b, a->s6_addr + 12, 4);
	} else {
		memcpy(out.b, a->s6_addr, 16);
	}
	return out;
}

enum zt_err
address_parse(struct bytes text, struct address *out)
{
	char t[INET6_ADDRSTRLEN] = "";
	const uint8_t *end;
	struct address v4 = { .n = 4 };
	struct in6_addr v6;

	if (text.n > 0 && text.p[0] == '[') { /* [2001:db8::1]:443 */
		if ((end = memchr(text.p, ']', text.n)) == NULL)
			return ZT_ERR_INVALID;
		text = bytes_of(text.p + 1, (size_t)(end - text.p) - 1);
	} else if ((end = memchr(text.p, ':', text.n)) != NULL &&
		   memchr(text.p, '.', (size_t)(end - text.p)) != NULL) { /* 192.0.2.1:443 */
		text.n = (size_t)(end - text.p);
	}
	if (text.n == 0 || text.n >= sizeof t)
		return ZT_ERR_INVALID;
	memcpy(t, text.p, text.n);
	if (inet_pton(AF_INET, t, v4.b) == 1)
		*out = v4;
	else if (inet_pton(AF_INET6, t, &v6) == 1)
		*out = of_v6(&v6);
	else
		return ZT_ERR_INVALID;
	return ZT_OK;
}

struct address
address_of_socket(int fd)
{
	struct address out = { .n = 0 };
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} from;
	socklen_t n = sizeof from;

	if (getpeername(fd, &from.any, &n) != 0)
		return out;
	if (from.any.sa_family == AF_INET6)
		return of_v6(&from.v6.sin6_addr);
	if (from.any.sa_family == AF_INET) {
		out.n = 4;
		memcpy(out.b, &from.v4.sin_addr, 4);
	}
	return out;
}

bool
address_equal(const struct address *a, const struct address *b)
{
	return a->n == b->n && memcmp(a->b, b->b, a->n) == 0;
}

struct bytes
address_counted(const struct address *a)
{
	return bytes_of(a->b, a->n == 16 ? 8 : a->n);
}
