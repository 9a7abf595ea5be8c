/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* policy.h - auth's decisions about devices, cached until auth announces a change, for half a
 * minute at most.
 *
 * While the connection to auth's events is not whole, the cache is not used: every decision is
 * asked for, and when auth does not answer, requests are refused. Only positive decisions on
 * verified requests are cached, so that strangers cannot fill the cache. Thread-safe. */
#ifndef ZT_FRAME_POLICY_H
#define ZT_FRAME_POLICY_H

#include "base/id.h"
#include "bus/peer.h"
#include "crypto/sign.h"
#include "trust/org_state.h"

struct decision {
	struct id user;
	uint8_t sign_key[SIGN_PUBLIC_BYTES];
	enum profile profile;
	enum role role; /* in the workspace that was asked about */
	unsigned generation;
	bool live, needs_rotation, archived;
	bool frozen;            /* by the operator */
	bool restored;          /* the organization's log was longer once */
	uint64_t expires;       /* the organization at this server, milliseconds; 0: never */
	uint64_t storage_limit; /* bytes; 0: none */
	uint64_t deletion_due;  /* of the workspace, milliseconds; 0: none */
	/* private to policy.c: when it asked, the cache's epoch then, and whether this is a
	 * fresh answer or a cached one */
	uint64_t asked_ms, epoch;
	bool is_news;
};

#define POLICY_KEPT_MS (30 * 1000)

struct policy;

/* Asks AUTH, which must outlive it. Errors: MEMORY. */
ZT_CHECKED enum zt_err policy_new(struct peer *auth, struct policy **out);
void policy_free(struct policy *p);
/* Decides whether DEVICE of ORG may act, and its role in WORKSPACE (zero: none). FRESH: asks
 * auth even if a decision is cached. Errors: UNKNOWN_DEVICE, UNAVAILABLE, TIMEOUT. */
ZT_CHECKED enum zt_err policy_decide(struct policy *p, const struct id *org,
    const struct id *device, const struct id *workspace, bool fresh, struct decision *out);
/* Caches D, which policy_decide returned for the same arguments, unless something changed
 * meanwhile. Call once the request was verified. */
void policy_keep(struct policy *p, const struct id *org, const struct id *device,
    const struct id *workspace, const struct decision *d);
/* Auth announced a change of ORG: drops its decisions; NULL: drops everything. */
void policy_forget(struct policy *p, const struct id *org);
/* A frame of auth's events arrived at NOW_MS and none is missing: the cache is valid for
 * LINE_SILENT_MS. */
void policy_heard(struct policy *p, uint64_t now_ms);
/* The connection to auth's events ended. */
void policy_deaf(struct policy *p);

#endif
