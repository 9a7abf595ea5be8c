/* SPDX-License-Identifier: Apache-2.0 */
#include "format/origin.h"

#include <string.h>

#include "format/limits.h"

static const char digits[] = "0123456789";

static bool
ends_with(const char *text, size_t n, const char *end)
{
	size_t e = strlen(end);

	return n >= e && memcmp(text + n - e, end, e) == 0;
}

static bool
is_this_machine(const char *host, size_t n)
{
	return (n == 9 && memcmp(host, "localhost", n) == 0) ||
	       ends_with(host, n, ".localhost") ||
	       (n == 9 && memcmp(host, "127.0.0.1", n) == 0) ||
	       (n == 5 && memcmp(host, "[::1]", n) == 0);
}

/* Of DNS, or an address; browsers write all of it in lower case. */
static bool
is_host(const char *host, size_t n)
{
	if (n > 2 && host[0] == '[' && host[n - 1] == ']')
		return strspn(host + 1, "0123456789abcdef:.") == n - 2;
	return n > 0 && host[0] != '.' && host[0] != '-' &&
	       strspn(host, "0123456789abcdefghijklmnopqrstuvwxyz-._") >= n;
}

static bool
is_port(const char *text)
{
	size_t n = strspn(text, digits);
	unsigned long port = 0;

	if (n == 0 || n > 5 || text[n] != 0 || text[0] == '0')
		return false;
	for (; *text != 0; text++)
		port = 10 * port + (unsigned long)(*text - '0');
	return port <= 65535;
}

bool
origin_is_good(const char *text)
{
	bool in_clear = strncmp(text, "http://", 7) == 0;
	const char *host = text + (in_clear ? 7 : 8), *port;
	size_t n;

	if (strlen(text) > LIMIT_ORIGIN || (!in_clear && strncmp(text, "https://", 8) != 0))
		return false;
	n = host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":");
	if (n > strlen(host) || !is_host(host, n) || (in_clear && !is_this_machine(host, n)))
		return false;
	port = host + n;
	return *port == 0 || (*port == ':' && is_port(port + 1));
}
