/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* link.h - the addresses at which services find each other, and who may speak there.
 *
 * ipc://PATH lies in a folder of the services' own. tls+tcp://HOST:PORT crosses a network: both
 * ends show a certificate of the one authority that vouches for services and nothing else, and
 * the caller checks that it names HOST. Anything else is refused, since nng does not ask who
 * calls. TLS 1.2 or newer; files are read once, at the start. */
#ifndef ZT_BUS_LINK_H
#define ZT_BUS_LINK_H

#include <nng/nng.h>
#include <stdbool.h>

#include "bus/config.h"

struct link_settings {
	char ca[CONFIG_TEXT_MAX], certificate[CONFIG_TEXT_MAX], key[CONFIG_TEXT_MAX];
};

/* Of a struct TYPE that holds a struct link_settings PEERS. */
#define LINK_KEYS(type, peers)                                                                 \
	{ "peers_ca", CONFIG_TEXT, offsetof(type, peers.ca), "", 0, 0,                         \
		"who vouches for services (PEM), for tls+tcp:// addresses" },                  \
	    { "peers_certificate", CONFIG_TEXT, offsetof(type, peers.certificate), "", 0, 0,   \
		    "this service's certificate (PEM)" },                                      \
	{                                                                                      \
		"peers_key", CONFIG_TEXT, offsetof(type, peers.key), "", 0, 0,                 \
		    "its private key (PEM)"                                                    \
	}

#define LINK_FAR "tls+tcp://"

/* What the three settings name. */
struct link;

/* Whether URL is an address that this module takes. */
bool link_is_address(const char *url, size_t n);

/* Reads what SET names. When none is named *OUT stays NULL, with which ipc:// alone works: an
 * error if an address IS_FAR. Errors: CONFIG (MESSAGE names the setting), MEMORY. */
ZT_CHECKED enum zt_err link_new(
    const struct link_settings *set, bool is_far, struct link **out, char message[200]);
void link_free(struct link *l);

/* Where a socket listens: one of the two. */
struct link_door {
	struct acceptor *near;
	struct tls_listener *far;
};

/* Listens for SOCKET at URL, an address that is taken. The caller stops *OUT, closes SOCKET,
 * and then *OUT.
 * MESSAGE[200]: a sentence on an error. Errors: CONFIG (a tls+tcp:// address, and L is NULL),
 * UNAVAILABLE, MEMORY. */
ZT_CHECKED enum zt_err link_listen(const struct link *l, nng_socket socket, const char *url,
    struct link_door *out, char message[200]);
/* As acceptor_stop. */
void link_stop(struct link_door *d);
/* One that is zero is nothing. */
void link_close(struct link_door *d);
/* nng_dial in the background, at any address that is taken (a pipes_dial_fn). It returns nng's
 * error numbers; NNG_ECRYPTO: a tls+tcp:// address, and L is NULL. */
int link_dial(const struct link *l, nng_socket socket, const char *url, nng_dialer *out);
/* Dials at 127.0.0.1 what this service itself listens on at URL, whatever name the certificate
 * has: for asking whether it answers, and nothing else. */
int link_dial_self(const struct link *l, nng_socket socket, const char *url, nng_dialer *out);

#endif
