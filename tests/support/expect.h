/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* expect.h - what a person finds in a workspace, in a line each. */
#ifndef ZT_TEST_EXPECT_H
#define ZT_TEST_EXPECT_H

#include "world.h"

/* What is listed of REMOTE is WANTED: paths, each with a space behind it, folders with "/". */
void expect_list(struct person *p, const char *remote, const char *wanted);
/* The same, which ends with ERR. */
void expect_list_err(struct person *p, const char *remote, const char *wanted, enum zt_err err);
/* The same of what was there at TIME. */
void expect_list_at(struct person *p, const char *remote, uint64_t time, const char *wanted);
/* The newest version of REMOTE holds WANTED, a text of less than 256 bytes. */
void expect_content(struct person *p, const char *remote, const char *wanted);
/* Fetches REMOTE to a new place; on success its content is in OUT, else nothing may be there.
 */
enum zt_err person_get(struct person *p, const char *remote, struct buf *out);
/* By that, REMOTE holds WANTED; or it is refused with WANTED, and a message. */
void expect_got(struct person *p, const char *remote, const char *wanted);
void expect_refusal(struct person *p, const char *remote, enum zt_err wanted);
/* The object at REMOTE. */
struct id person_vlob(struct person *p, const char *remote);

#endif
