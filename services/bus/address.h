/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* address.h - the address by which a caller is counted: a whole IPv4 address, or the 64-bit
 * network of an IPv6 address, within which a site chooses addresses freely. */
#ifndef ZT_BUS_ADDRESS_H
#define ZT_BUS_ADDRESS_H

#include <stdbool.h>

#include "base/bytes.h"
#include "base/err.h"

struct address {
	uint8_t b[16];
	size_t n; /* 4 or 16; 0: unknown */
};

/* Reads "192.0.2.1", "2001:db8::1", and those followed by a port; an IPv4 address in IPv6 is
 * IPv4. Errors: INVALID. */
ZT_CHECKED enum zt_err address_parse(struct bytes text, struct address *out);
/* The peer's address of the connected socket FD. */
struct address address_of_socket(int fd);
bool address_equal(const struct address *a, const struct address *b);
/* The bytes by which A is counted. */
struct bytes address_counted(const struct address *a);

#endif
