/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* tls_world.h - a service behind a TLS listener that answers each call with its own bytes, and
 * who calls it: a peer of ours, strangers, one whose certificate has ended. */
#ifndef ZT_TEST_TLS_WORLD_H
#define ZT_TEST_TLS_WORLD_H

#include <nng/nng.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "bus/link.h"
#include "bus/tls_listener.h"

enum { PEM = 8192 };

struct issued {
	X509 *x;
	EVP_PKEY *key;
	char certificate[PEM], secret[PEM];
};

struct world {
	char folder[64];
	struct issued ours, theirs, service, caller, stranger, old;
	nng_socket server;
	struct tls_listener *listener;
	struct link *link;
	pthread_t thread;
	int port;
};

/* For cmocka_unit_test_setup_teardown: *STATE is a struct world. */
int tls_world_begin(void **state);
int tls_world_end(void **state);
/* The service's thread: ARG is a struct world. */
void *echo(void *arg);
/* A peer of ours; the caller closes it. */
nng_socket dial(const struct world *w);
/* Whether N bytes come back as they were sent. */
bool is_echoed(nng_socket s, size_t n);
/* A connection to the listener from 127.0.0.HOST; the caller closes it. */
int connect_from(const struct world *w, uint8_t host);
/* Whether a caller with WHO's certificate (NULL: none), TLS up to MAX, one of GROUPS (NULL:
 * any), gets to nng, which says what it speaks before it is asked. */
bool gets_in_by(
    const struct world *w, uint8_t host, const struct issued *who, int max, const char *groups);
bool gets_in(const struct world *w, uint8_t host, const struct issued *who, int max);
/* Whether the other side has closed FD. */
bool has_ended(int fd);
/* How many of the N connections FDS have not ended. */
size_t still_open(const int *fds, size_t n);

#endif
