/* SPDX-License-Identifier: Apache-2.0 */
/* temp.h - names of files that are being written, and what is left of those that were not
 * ended.
 *
 * A name says which device made it for which folder, by a mark of the device's own key: nobody
 * else can make one, and a file that was moved elsewhere is none any more. */
#ifndef ZT_CONTENT_TEMP_H
#define ZT_CONTENT_TEMP_H

#include "session/session.h"

#define TEMP_NAME (4 + 24) /* .zt-, digits */

/* The folder, as the file system has it, and which run of this device's program writes there.
 */
struct temp_place {
	uint64_t dev, ino;
	uint8_t run[3];
};

/* The name with NUMBER, which is new in this run, at AT. */
void temp_name(
    const struct zt *z, const struct temp_place *at, uint32_t number, char out[TEMP_NAME + 1]);
/* Makes the file NAME in FOLDER, open to be written and read, which temp_clear leaves alone
 * until it is closed. Returns -1 on failure, with errno. */
int temp_make(int folder, const char *name);
/* Whether NAME has the form of such a name, from any device. */
bool temp_has_form(const char *name);
/* Removes from the folder FD, which is at AT, the regular files of this OS user that an earlier
 * run of this device left behind, and not those that another process is writing now. Ignores
 * errors. */
void temp_clear(const struct zt *z, const struct temp_place *at, int fd);

#endif
