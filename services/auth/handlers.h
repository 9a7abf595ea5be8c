/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* handlers.h - the handlers that main.c lists; each implements one call of routes.def. */
#ifndef ZT_AUTH_HANDLERS_H
#define ZT_AUTH_HANDLERS_H

#include "frame/service.h"

handler orgs_create, orgs_bootstrap;
handler entries_append, entries_read, entries_topic;
handler disclosures_put, disclosures_get;
handler invitations_put, invitations_list, invitations_end, invitations_mail;
handler exchanges_greet, exchanges_claim;
handler operator_list, operator_set, operator_accept, operator_loss, operator_ask;
bool operator_is(void *state, const char *authorization);
handler decisions_ask, decisions_hear, decisions_members, decisions_due;
handler recovery_put, recovery_get;
handler pki_requests_put, pki_requests_state, pki_requests_list, pki_requests_end;
handler repair_log, judge_changeset, judge_message, judge_goals;
handler overview_get, overview_freeze;
void overview_seen(
    void *state, struct db *db, const struct id *org, const struct id *device, uint64_t now_ms);
/* Forgets the days of devices that were not here for more than a year. Errors: DATABASE. */
ZT_CHECKED enum zt_err overview_drop_old(struct db *db, uint64_t now_ms);

#endif
