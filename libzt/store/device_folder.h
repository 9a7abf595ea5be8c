/* SPDX-License-Identifier: Apache-2.0 */
/* device_folder.h - the state folder: whose it is, and why it does not work. */
#ifndef ZT_STORE_DEVICE_FOLDER_H
#define ZT_STORE_DEVICE_FOLDER_H

#include <stddef.h>

#include "base/err.h"

/* Room for a state folder's path, and for that of a file in it. */
enum { DEVICE_FOLDER_PATH = 4200, DEVICE_FILE_PATH = DEVICE_FOLDER_PATH + 64 };

/* Checks that this OS user owns FOLDER, and nobody else may write to it. Errors: FOLDER,
 * NOT_FOUND, IO. */
ZT_CHECKED enum zt_err device_folder_check(const char *folder);
/* Makes FOLDER with access for its owner only; checks an existing one. Errors: FOLDER, FULL,
 * IO. */
ZT_CHECKED enum zt_err device_folder_make(const char *folder);
/* Writes to OUT which file of FOLDER is unusable, and the system's reason; "" if none is
 * found. */
void device_folder_explain(const char *folder, char *out, size_t size);
/* The error of errno NUMBER: NOT_FOUND, EXISTS, FULL or IO. */
enum zt_err device_folder_err(int number);

#endif
