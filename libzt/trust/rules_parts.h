/* SPDX-License-Identifier: Apache-2.0 */
/* rules_parts.h - what the files of the log's rules share. */
#ifndef ZT_TRUST_RULES_PARTS_H
#define ZT_TRUST_RULES_PARTS_H

#include "trust/rules.h"

/* What a rule looks at: the state just before the entry. */
struct act {
	const struct org_state *o;
	const struct entry *e;
	const Zt__EntryBody *b;
	uint64_t at;
	const struct org_device *device; /* the author; NULL in a genesis */
	const struct org_user *author;
	const struct org_workspace *w; /* the topic, unless it is the organization's */
	enum role role;                /* the author's, in w */
	const char *message;
};

/* Sets why A is refused, a static sentence; returns ERR. */
enum zt_err rules_no(struct act *a, enum zt_err err, const char *message);
/* Checks the places that M pins in A's space. Whether chain and topics have them is the auth
 * service's question to metadata and messaging. A rotation never pins an earlier position than
 * one before it; the pin of a single loss may be beyond that of the next rotation, because it
 * does not concern other users who lost access. Errors: CORRUPT, FORK, LIMIT. */
ZT_CHECKED enum zt_err rules_check_pin(struct act *a, const Zt__ChainPin *m, bool is_rotation);

#endif
