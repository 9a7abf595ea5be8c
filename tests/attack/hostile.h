/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* hostile.h - one hostile member among honest ones, and the calls that are made against these.
 */
#ifndef ZT_TEST_HOSTILE_H
#define ZT_TEST_HOSTILE_H

#include "format/route.h"
#include "world.h"

enum role_of { READER, CONTRIBUTOR, OUTSIDER, MANAGER, ADMIN, ROLES };

enum { LARGE = 300 * 1024, PART = 200 };

struct setting {
	struct world *w;
	struct person alice, bob, dora; /* owner and admin, contributor, reader */
	struct person hostile;
	enum role_of role;
	char workspace[32];
	struct id id, block, invitation;
	struct hash block_hash;
	struct buf held; /* what is stored as that block */
	uint64_t before; /* the time at which all was well */
	uint8_t large[LARGE], part[PART];
};

/* What the hostile member does with call R. */
typedef void attack(struct setting *s, enum route r);
/* hostile_calls.c: one of each call; NULL: nobody has thought of one. */
extern attack *const attacks[ROUTE_COUNT];

#endif
