/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* verify.h - checks that a device signed this request, for this target, recently, and that it
 * is no replay (R1). Source: RFC 9421, RFC 9530, docs/protocol.md 8. */
#ifndef ZT_FRAME_VERIFY_H
#define ZT_FRAME_VERIFY_H

#include "format/httpsig.h"
#include "format/route.h"
#include "frame/replay.h"
#include "proto/rpc.pb-c.h"

struct verify_window {
	struct replay *replay;
	uint64_t started_ms; /* start of this process: older requests are refused */
};

/* Checks the parameters of CALL's signature, before its key is known: shape, organization,
 * time. Errors: SIGNATURE (malformed, or it covers too little), CLOCK, FORBIDDEN (another
 * organization). */
ZT_CHECKED enum zt_err verify_claims(const struct verify_window *w, const Zt__Call *call,
    const struct route_row *row, const struct route_params *params, size_t body,
    uint64_t now_ms, struct httpsig_params *out, const char **message);
/* Checks the signature of CALL's head only; services use verify_signed. Errors: SIGNATURE. */
ZT_CHECKED enum zt_err verify_head(const Zt__Call *call, const uint8_t key[SIGN_PUBLIC_BYTES]);
/* Checks the signature, the digest of BODY, and that the nonce is new. Errors: SIGNATURE,
 * DIGEST, REPLAY, RATE. */
ZT_CHECKED enum zt_err verify_signed(const struct verify_window *w, const Zt__Call *call,
    const struct httpsig_params *p, const uint8_t key[SIGN_PUBLIC_BYTES], struct bytes body);

#endif
