/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* sweep.c - what ends by time: messages of exchanges after a day, requests with certificates
 * that nobody answered after thirty. */
#include "auth/auth.h"
#include "auth/exchanges.h"
#include "auth/handlers.h"
#include "bus/clock.h"
#include "frame/log.h"
#include "pki/pki_request.h"

enum { EXCHANGE_MS = 24 * 60 * 60 * 1000 };

static const struct db_query old_requests = { "sweep_pki",
	"DELETE FROM pki_requests WHERE state = 1 AND created < $1::int8" };

void
auth_sweep(void *state, struct service *s, struct db *db)
{
	uint64_t now = clock_wall_ms();
	struct db_value v[] = { DB_INT(now - PKI_REQUEST_MS) };
	enum zt_err err = exchanges_drop_old(db, now - EXCHANGE_MS), other;

	(void)state;
	(void)s;
	other = db_run(db, &old_requests, v, 1, NULL);
	if (other == ZT_OK)
		other = overview_drop_old(db, now);
	if (err || other)
		log_line("warning", "sweep", "error", err_name(err ? err : other), NULL);
}
