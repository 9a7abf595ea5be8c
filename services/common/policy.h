/* policy.h - auth's decisions about devices, kept until auth says that something changed.
 *
 * While the line to auth's events is down nothing is kept: each question is asked. Thread-safe.
 */
#ifndef ZT_COMMON_POLICY_H
#define ZT_COMMON_POLICY_H

#include "base/id.h"
#include "common/peer.h"
#include "crypto/sign.h"
#include "trust/org_state.h"

struct decision {
	struct id user;
	uint8_t sign_key[SIGN_PUBLIC_BYTES];
	enum profile profile;
	enum role role; /* in the workspace that was asked about */
	unsigned generation;
	bool live, open, archived;
	bool frozen;            /* by the operator */
	uint64_t expires;       /* the organization at this server, milliseconds; 0: never */
	uint64_t storage_limit; /* bytes; 0: none */
	uint64_t deletion_due;  /* of the workspace, milliseconds; 0: none */
};

struct policy;

/* Asks AUTH, which must outlive it. Errors: MEMORY. */
ZT_CHECKED enum zt_err policy_new(struct peer *auth, struct policy **out);
void policy_free(struct policy *p);
/* May DEVICE of ORG act, and as what in WORKSPACE (zero: none)? FRESH asks auth even if an
 * answer is known. Errors: UNKNOWN_DEVICE, UNAVAILABLE, TIMEOUT. */
ZT_CHECKED enum zt_err policy_decide(struct policy *p, const struct id *org,
    const struct id *device, const struct id *workspace, bool fresh, struct decision *out);
/* Auth said that ORG changed; NULL: forget everything. */
void policy_forget(struct policy *p, const struct id *org);
/* Whether the line to auth's events stands. */
void policy_connected(struct policy *p, bool is_connected);

#endif
