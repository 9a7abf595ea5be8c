/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* proof.h - authenticates a caller before it may use much of the gateway: checks the signature
 * of a request's head (RFC 9421) with the device's key, which it asks auth for. The signature
 * covers the body's digest, so the body is not needed.
 *
 * Most calls are only forwarded, and the service authenticates them. A device's key may be
 * cached for PROOF_KEPT_MS: the answering service decides whether it is revoked, the gateway
 * only whether it may use memory. On the loop's thread. */
#ifndef ZT_GATEWAY_PROOF_H
#define ZT_GATEWAY_PROOF_H

#include <nng/nng.h>

#include "format/httpsig.h"
#include "upstream/upstream.h"

#define PROOF_KEPT_MS 30000

struct proofs;
/* A pending question to auth. */
struct proof;
/* USER: whose device it is; NULL with an error. */
typedef void proof_done(void *who, enum zt_err err, const struct id *user);

/* Asks AUTH, which must outlive it. Errors: MEMORY. */
ZT_CHECKED enum zt_err proofs_new(struct upstream *auth, struct proofs **out);
/* Call only when no question is pending. */
void proofs_free(struct proofs *p);
/* Checks that the head of REQUEST (a message of one call, rpc.h) was signed by the device that
 * CLAIM names; NAME is that device's account name (account.h). OK with *PENDING NULL: it was,
 * and *USER is whose. OK with *PENDING: auth is asked, and DONE runs once with the answer,
 * unless proof_leave is called before; REQUEST must live until then. Errors: SIGNATURE, RATE
 * (too many pending questions), MEMORY; those of DONE: also UNKNOWN_DEVICE, REVOKED, FROZEN,
 * UNAVAILABLE, TIMEOUT. */
ZT_CHECKED enum zt_err proof_ask(struct proofs *p, const struct httpsig_params *claim,
    uint64_t name, nng_msg *request, proof_done *done, void *who, struct id *user,
    struct proof **pending);
/* Cancels P: DONE will not run. NULL is nothing. */
void proof_leave(struct proof *p);

#endif
