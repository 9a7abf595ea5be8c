/* SPDX-License-Identifier: Apache-2.0 */
/* open.h - a device, opened. */
#ifndef ZT_LOG_OPEN_H
#define ZT_LOG_OPEN_H

#include "base/err.h"
#include "zt/zt.h"

/* zt_open. The caller gives *OUT to session_close. */
ZT_CHECKED enum zt_err log_open(const struct zt_options *o, struct zt **out, char *message);

#endif
