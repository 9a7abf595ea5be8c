/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* caller.h - the account of a call: its address's, until the answering service confirms the
 * authentication; from then on its device's, user's and organization's.
 *
 * An unauthenticated device name is checked but not charged; otherwise a stranger could spend
 * another's limits (row N3). */
#ifndef ZT_GATEWAY_CALLER_H
#define ZT_GATEWAY_CALLER_H

#include "format/httpsig.h"
#include "gateway/gateway.h"

struct caller {
	struct account *address; /* NULL: the gateway's own page */
	bool has_token; /* a token of its address, returned once the call is authenticated */
	bool is_signed; /* its signature names ORG and DEVICE */
	bool is_proved; /* its signature was checked */
	uint64_t org, device; /* names (account.h), as its signature says */
	uint64_t user;        /* 0 until it is proved */
};

/* Starts a call on WSI. Errors: MEMORY. */
ZT_CHECKED enum zt_err caller_begin(struct gateway *g, struct lws *wsi, struct caller *out);
/* Starts the answer to a question of cors.h, which costs no call, as often as one device may
 * call. Errors: RATE, MEMORY. */
ZT_CHECKED enum zt_err caller_asks(struct gateway *g, struct lws *wsi, struct caller *c);
/* Reads ORG and DEVICE from INPUT, the field Signature-Input, into C and *CLAIM. Errors:
 * SIGNATURE (malformed), RATE (the device or organization has used up its calls). */
ZT_CHECKED enum zt_err caller_identify(
    struct gateway *g, struct caller *c, const char *input, struct httpsig_params *claim);
/* The gateway or a service has checked the signature: C is USER of its organization, and so is
 * its connection WSI, which may be NULL. */
void caller_proved(struct gateway *g, struct caller *c, struct lws *wsi, const struct id *user);
/* The service answered with A: charges the call. WSI may be NULL. */
void caller_count(
    struct gateway *g, struct caller *c, struct lws *wsi, const struct upstream_answer *a);
/* Adds N bytes to CHARGE on the account of the user and organization if C is proved, else of
 * the address; false if that exceeds a limit. */
bool caller_charge(struct gateway *g, const struct caller *c, size_t n, struct charge *charge);
/* Whether N bytes more could be charged now. */
bool caller_has_room(struct gateway *g, const struct caller *c, size_t n);
/* How many milliseconds a refusal of the gateway's own waits. An address that has used up its
 * unauthenticated calls gets ten refusals a second, each after one to ten seconds: a flood that
 * comes again as soon as it is refused waits for itself. Only when more than a hundred wait,
 * several come together at the end of the ten seconds. */
uint64_t caller_refusal_waits(struct caller *c, struct lws *wsi);
void caller_gone(struct caller *c);

#endif
