/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* fake_log.h - a trust log as a hostile server would show it: altered at will, and consistent
 * in itself, for the server has the key that signs heads. */
#ifndef ZT_TEST_FAKE_LOG_H
#define ZT_TEST_FAKE_LOG_H

#include "crypto/sign.h"
#include "proxy.h"
#include "trust/entry.h"

enum { FAKE_MAX = 128 };

struct fake_log {
	struct id org;
	const struct sign_key *key;
	struct {
		struct buf body;
		uint8_t signature[SIGN_BYTES];
		struct hash digest, tag; /* shown instead when there is no body */
	} entry[FAKE_MAX];
	size_t count;
};

/* Takes the entries of a page that begins at 0. */
void fake_log_take(struct fake_log *f, struct bytes page);
void fake_log_free(struct fake_log *f);
void fake_log_drop(struct fake_log *f, size_t i);
void fake_log_swap(struct fake_log *f, size_t i, size_t k);
/* Puts a copy of E in front of entry I. */
void fake_log_insert(struct fake_log *f, size_t i, const struct entry *e);
/* The answer to LOG_READ?from=FROM: the lines, a head signed with KEY, the true proof. */
void fake_log_page(const struct fake_log *f, uint64_t from, struct buf *out);

#endif
