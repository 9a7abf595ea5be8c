/* proof.h - whoever wants much of the gateway proves first who they are: the signature of a
 * head (RFC 9421) is checked with the device's key, which auth is asked for. It covers the
 * body's digest, so that no body is needed for it.
 *
 * Most calls are only carried, and proved where they go. What is known here of a device may be
 * PROOF_KEPT_MS old: the service that answers decides whether it is revoked, the gateway only
 * whether it may use room. On the loop's thread. */
#ifndef ZT_GATEWAY_PROOF_H
#define ZT_GATEWAY_PROOF_H

#include <nng/nng.h>

#include "format/httpsig.h"
#include "gateway/upstream.h"

#define PROOF_KEPT_MS 30000

struct proofs;
/* A question to auth that is under way. */
struct proof;

/* Asks AUTH, which must outlive it. Errors: MEMORY. */
ZT_CHECKED enum zt_err proofs_new(struct upstream *auth, struct proofs **out);
/* When no question is under way any more. */
void proofs_free(struct proofs *p);
/* Checks that the head of REQUEST (a message of one call, rpc.h) was signed by the device that
 * CLAIM names; NAME stands for that device (account.h). OK with *PENDING NULL: it was. OK with
 * *PENDING: auth is asked, and DONE runs once with the answer, unless proof_leave comes before;
 * REQUEST must live until then. Errors: SIGNATURE, RATE (too many questions are under way),
 * MEMORY; those of DONE: also UNKNOWN_DEVICE, REVOKED, FROZEN, UNAVAILABLE, TIMEOUT. */
ZT_CHECKED enum zt_err proof_ask(struct proofs *p, const struct httpsig_params *claim,
    uint64_t name, nng_msg *request, void (*done)(void *who, enum zt_err err), void *who,
    struct proof **pending);
/* Nobody waits for P any more. NULL is nothing. */
void proof_leave(struct proof *p);

#endif
