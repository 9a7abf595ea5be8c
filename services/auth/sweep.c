/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* sweep.c - what ends by time: messages of exchanges after a day. */
#include "auth/auth.h"
#include "auth/exchanges.h"
#include "common/clock.h"
#include "common/log.h"

enum { EXCHANGE_MS = 24 * 60 * 60 * 1000 };

void
auth_sweep(void *state, struct service *s, struct db *db)
{
	uint64_t now = clock_wall_ms();
	enum zt_err err = exchanges_drop_old(db, now - EXCHANGE_MS);

	(void)state;
	(void)s;
	if (err)
		log_line("warning", "sweep", "error", err_name(err), NULL);
}
