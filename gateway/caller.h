/* caller.h - on whose account a call is: its address's, until the service that answers says
 * that the caller is who they say they are; their device's and organization's then.
 *
 * A name that nobody proved is looked at and spends nothing, or a stranger could spend what is
 * another's (row N3). */
#ifndef ZT_GATEWAY_CALLER_H
#define ZT_GATEWAY_CALLER_H

#include "format/httpsig.h"
#include "gateway/gateway.h"

struct caller {
	struct account *address; /* NULL: the gateway's own page */
	bool has_token; /* one of its address, which it gets back when the call is proved */
	bool is_signed; /* it names ORG and DEVICE */
	bool is_proved; /* its signature was checked here already */
	uint64_t org, device; /* names (account.h) */
};

/* A call came on WSI. Errors: MEMORY. */
ZT_CHECKED enum zt_err caller_came(struct gateway *g, struct lws *wsi, struct caller *out);
/* Reads who it is from INPUT, the field Signature-Input, into C and *CLAIM. Errors: SIGNATURE
 * (malformed), RATE (that device or organization had all of its calls). */
ZT_CHECKED enum zt_err caller_identify(
    struct gateway *g, struct caller *c, const char *input, struct httpsig_params *claim);
/* The service answered: the call counts. WSI may be NULL. */
void caller_count(struct gateway *g, const struct caller *c, struct lws *wsi, bool is_proved);
/* Adds N bytes to CHARGE on the account of the device, if C is proved, or of the address; false
 * when that is too much. */
bool caller_charge(
    struct gateway *g, const struct caller *c, bool is_proved, size_t n, struct charge *charge);
void caller_gone(struct caller *c);

#endif
