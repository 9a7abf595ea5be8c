/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* exchanges.h - what is kept of exchanges, for the rest of the service. */
#ifndef ZT_AUTH_EXCHANGES_H
#define ZT_AUTH_EXCHANGES_H

#include "base/id.h"
#include "frame/db.h"

/* Forgets all messages of INVITATION. Errors: those of db_run. */
ZT_CHECKED enum zt_err exchanges_drop(
    struct db *db, const struct id *org, const struct id *invitation);
/* Forgets those in which nobody has spoken since BEFORE_MS. Errors: those of db_run. */
ZT_CHECKED enum zt_err exchanges_drop_old(struct db *db, uint64_t before_ms);

#endif
