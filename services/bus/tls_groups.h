/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* tls_groups.h - what anybody who connects may make a server compute, before it has proved
 * anything. */
#ifndef ZT_BUS_TLS_GROUPS_H
#define ZT_BUS_TLS_GROUPS_H

/* For SSL_CTX_set1_groups_list: those that cost a tenth of a millisecond. OpenSSL's own list
 * has ffdhe8192, a tenth of a second for a stranger's kilobyte. */
#define TLS_GROUPS "X25519:P-256"

#endif
