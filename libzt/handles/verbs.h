/* SPDX-License-Identifier: Apache-2.0 */
/* verbs.h - what the public functions call in this room: each is the zt_ function of its last
 * words, as include/zt says, with the device taken (libzt/api). */
#ifndef ZT_HANDLES_VERBS_H
#define ZT_HANDLES_VERBS_H

#include "base/err.h"
#include "zt/reader.h"
#include "zt/writer.h"

ZT_CHECKED enum zt_err handle_reader_open(
    struct zt *z, const char *remote, uint64_t version, struct zt_reader **out);
ZT_CHECKED enum zt_err handle_writer_open(
    struct zt *z, const char *remote, uint64_t base, struct zt_writer **out);
/* Takes the device by itself. */
ZT_CHECKED enum zt_err handle_write_small(
    struct zt *z, const char *remote, const struct zt_small *files, size_t count);

#endif
