/* SPDX-License-Identifier: Apache-2.0 */
/* person.h - which user a person means. */
#ifndef ZT_LOG_PERSON_H
#define ZT_LOG_PERSON_H

#include "session/session.h"

/* Finds a user by id (live or not) or by address (live). Errors: NOT_FOUND; WHO (two users
 * have the address, or it meant another user on this device before). */
ZT_CHECKED enum zt_err log_find_user(struct zt *z, const char *text, struct org_user **out);
/* Remembers USER as the meaning of their address: a person chose this user, by id or
 * address. */
ZT_CHECKED enum zt_err log_meant(struct zt *z, const struct id *user);
/* Whether A and B are the same address in different spelling (case, normal form). */
bool log_same_address(const char *a, const char *b);
/* Errors: WHO (ADDRESS is a live user's). */
ZT_CHECKED enum zt_err log_check_new_address(struct zt *z, const char *address);
/* Writes a warning to OUT if ADDRESS of USER (NULL: a newcomer) looks like another known
 * one's, or was another's before; else "". */
void log_doubt_address(
    struct zt *z, const char *address, const struct id *user, char out[SESSION_MESSAGE]);
/* Writes 80 bits of a hash of the id and the first key, short enough to read aloud; it never
 * changes. */
void log_fingerprint(const struct org_user *u, char out[ZT_FINGERPRINT]);
/* Fills OUT with what a person needs to recognize U. */
void log_person(struct zt *z, const struct org_user *u, struct zt_person *out);

#endif
