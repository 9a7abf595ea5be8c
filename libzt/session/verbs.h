/* SPDX-License-Identifier: Apache-2.0 */
/* verbs.h - what the public functions call in this room: each is the zt_ function of its last
 * words, as include/zt says, with the device taken (libzt/api). */
#ifndef ZT_SESSION_VERBS_H
#define ZT_SESSION_VERBS_H

#include "base/err.h"
#include "zt/zt.h"

ZT_CHECKED enum zt_err session_check_store(struct zt *z, uint64_t *records);

#endif
