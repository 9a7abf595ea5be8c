/* SPDX-License-Identifier: Apache-2.0 */
/* zt/pki.h - joining with an X.509 certificate: the organization's trust anchors vouch for a
 * person's identity, without comparing codes. The server sees the certificate and the
 * request. */
#ifndef ZT_PKI_H
#define ZT_PKI_H

#include <stdbool.h>
#include <stddef.h>

#include "zt/zt.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Sets the organization's trust, for admins: FILES (PEM or DER) hold trust anchors and
 * revocation lists, and replace all earlier ones; with no files, nobody can join by a
 * certificate. Errors: CORRUPT (with the file's name), FORBIDDEN, TOO_BIG. */
ZT_CALL enum zt_err zt_pki_trust(struct zt *z, const char *const *files, size_t count);

struct zt_pki_item {
	bool is_list; /* a revocation list */
	const char *subject, *issuer, *fingerprint;
	uint64_t from, until; /* milliseconds since 1970 */
};
ZT_CALL enum zt_err zt_pki_show(
    struct zt *z, void (*each)(void *ctx, const struct zt_pki_item *i), void *ctx);

struct zt_pki_ask {
	const char *server, *org; /* org: its id, from a trusted person: it pins the root key */
	const char *email, *name, *device_label;
	const char *certificate; /* a file with the certificate and its chain to an anchor, or
				  * a PKCS#11 URI (RFC 7512) */
	const char *key;         /* a file; NULL with a URI */
	const char *secret;      /* the key file's password, or the token's PIN; or NULL */
};
/* Makes the device in O->home; it works once an admin has accepted the request. ID: 33 bytes,
 * receives the request's id. Errors: CERTIFICATE (the server's reason in MESSAGE), PASSWORD,
 * NOT_FOUND, EXISTS, INVALID. */
ZT_CALL enum zt_err zt_pki_request(
    const struct zt_options *o, const struct zt_pki_ask *a, char *id, char *message);
/* Sets *STATE to the state of this device's request: "open", "accepted" or "rejected". */
ZT_CALL enum zt_err zt_pki_state(struct zt *z, const char **state);

struct zt_pki_open {
	const char *id, *email, *name;
	const char *subject, *issuer, *fingerprint; /* of the certificate */
	uint64_t time;
	const char *message; /* reason why it cannot be accepted; NULL if it can */
};
/* Lists the requests that wait for an admin. */
ZT_CALL enum zt_err zt_pki_requests(
    struct zt *z, void (*each)(void *ctx, const struct zt_pki_open *r), void *ctx);
/* Accepts the request ID for a user with PROFILE (NULL: standard), after this device has
 * repeated the server's checks; or rejects it. Errors: NOT_FOUND, CERTIFICATE (with the
 * reason), FORBIDDEN, GONE. */
ZT_CALL enum zt_err zt_pki_accept(struct zt *z, const char *id, const char *profile);
ZT_CALL enum zt_err zt_pki_reject(struct zt *z, const char *id);

#ifdef __cplusplus
}
#endif

#endif
