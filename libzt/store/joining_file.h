/* SPDX-License-Identifier: Apache-2.0 */
/* joining_file.h - what a future device keeps of its enrolment: FOLDER/joining.zt, its keys
 * under its password, and which attempts this folder began. */
#ifndef ZT_STORE_JOINING_FILE_H
#define ZT_STORE_JOINING_FILE_H

#include <stdbool.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/id.h"
#include "proto/device.pb-c.h"

/* Writes FOLDER/joining.zt, replacing an older one: the keys of the future device, stored
 * before they are sent to anybody, so that an interrupted enrolment can continue. Errors: as
 * device_file_create. */
ZT_CHECKED enum zt_err joining_file_keep(
    const char *folder, const Zt__Joining *m, struct bytes password);
/* The caller gives *OUT to pb_wipe. Errors: NOT_FOUND, PASSWORD, WEAK, CORRUPT, VERSION,
 * FOLDER, IO. */
ZT_CHECKED enum zt_err joining_file_read(
    const char *folder, struct bytes password, Zt__Joining **out);
/* Whether FOLDER has joining.zt and no device. */
bool joining_file_is_there(const char *folder);
/* Removes it, if it is there. */
void joining_file_end(const char *folder);
/* Stores this folder's ATTEMPT of INVITATION, so that after a kill the next run ends it before
 * starting another. The file is no secret; a reader could at most end that attempt. */
ZT_CHECKED enum zt_err joining_file_note_attempt(
    const char *folder, const struct id *invitation, const struct id *attempt);
/* Whether an attempt of INVITATION is stored: then *ATTEMPT. */
bool joining_file_noted_attempt(
    const char *folder, const struct id *invitation, struct id *attempt);
/* Forgets it; removes FOLDER, where that was all that it held. */
void joining_file_end_attempt(const char *folder, const struct id *invitation);

#endif
