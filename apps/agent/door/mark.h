/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* mark.h - texts that nobody guesses, and hashes: all that the agent has of cryptography. */
#ifndef ZT_AGENT_MARK_H
#define ZT_AGENT_MARK_H

#include <stdbool.h>
#include <stddef.h>

#define MARK_TEXT 44 /* 32 random bytes as base64url, with its end */
#define MARK_HASH 65 /* a SHA-256 in hexadecimal digits, with its end */

/* A new one. */
void mark_new(char out[MARK_TEXT]);
/* Whether the N bytes of TEXT are MARK, in a time that does not depend on where they differ. */
bool mark_is(const char mark[MARK_TEXT], const char *text, size_t n);
void mark_hash(const void *p, size_t n, char out[MARK_HASH]);

#endif
