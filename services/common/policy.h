/* policy.h - auth's decisions about devices, kept until auth says that something changed, and
 * for half a minute at most.
 *
 * While the line to auth's events is not whole nothing that is kept is believed: each question
 * is asked, and when auth does not answer, nobody is let in. Only what a verified request asked
 * for is kept, and only what lets somebody in: strangers fill nothing. Thread-safe. */
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
	bool restored;          /* the organization's log was longer once */
	uint64_t expires;       /* the organization at this server, milliseconds; 0: never */
	uint64_t storage_limit; /* bytes; 0: none */
	uint64_t deletion_due;  /* of the workspace, milliseconds; 0: none */
	/* policy's own: when it asked, how often it had forgotten by then, and whether this is
	 * the answer itself or what was kept of it */
	uint64_t asked_ms, epoch;
	bool is_news;
};

#define POLICY_KEPT_MS (30 * 1000)

struct policy;

/* Asks AUTH, which must outlive it. Errors: MEMORY. */
ZT_CHECKED enum zt_err policy_new(struct peer *auth, struct policy **out);
void policy_free(struct policy *p);
/* May DEVICE of ORG act, and as what in WORKSPACE (zero: none)? FRESH asks auth even if an
 * answer is known. Errors: UNKNOWN_DEVICE, UNAVAILABLE, TIMEOUT. */
ZT_CHECKED enum zt_err policy_decide(struct policy *p, const struct id *org,
    const struct id *device, const struct id *workspace, bool fresh, struct decision *out);
/* Keeps D, which policy_decide gave for the same, unless something changed meanwhile: the
 * request that asked was verified. */
void policy_keep(struct policy *p, const struct id *org, const struct id *device,
    const struct id *workspace, const struct decision *d);
/* Auth said that ORG changed; NULL: forget everything. */
void policy_forget(struct policy *p, const struct id *org);
/* Auth's line was heard of at NOW_MS, and is whole; it is believed for LINE_SILENT_MS. */
void policy_heard(struct policy *p, uint64_t now_ms);
/* The line ended. */
void policy_deaf(struct policy *p);

#endif
