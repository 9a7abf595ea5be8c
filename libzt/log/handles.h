/* SPDX-License-Identifier: Apache-2.0 */
/* handles.h - the names and addresses of users, disclosed to those who may know them. */
#ifndef ZT_LOG_HANDLES_H
#define ZT_LOG_HANDLES_H

#include "session/session.h"

/* Stores HANDLE (encoded) of USER if it matches the log's commitment (L10). Errors: NOT_FOUND,
 * KEY (no match). */
ZT_CHECKED enum zt_err log_take_handle(
    struct zt *z, const struct id *user, struct bytes handle);
/* The e-mail and name of U in OUT, or its id when it was not disclosed. */
struct log_handle {
	char email[260], name[260];
};
void log_handle(struct zt *z, const struct id *user, struct log_handle *out);
ZT_CHECKED enum zt_err log_sync_handles(struct zt *z);
/* Seals HANDLE (encoded) of SUBJECT to RECIPIENT. */
ZT_CHECKED enum zt_err log_seal_handle(const struct id *org, const struct org_user *recipient,
    const struct id *subject, struct bytes handle, struct buf *out);
/* disclose.c: seals the handles known here to the users who may know them: of SUBJECT (NULL:
 * all) to TO (NULL: all), if either was added at index SINCE of the log or later. For
 * admins. */
ZT_CHECKED enum zt_err log_disclose(
    struct zt *z, const struct id *to, const struct id *subject, uint64_t since);
/* The commitment to an encoded Handle. */
void log_commit_handle(const struct id *user, struct bytes handle, struct hash *out);

#endif
