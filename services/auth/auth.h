/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* auth.h - the auth service's memory: each organization's state, computed from its log.
 *
 * An organization is loaded at its first use and grows with each append. Appends of one
 * organization are grouped: the first worker takes all that wait, checks each in turn, and
 * makes them durable in one transaction. */
#ifndef ZT_AUTH_H
#define ZT_AUTH_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/queue.h>

#include "frame/marks.h"
#include "frame/service.h"
#include "proto/auth.pb-c.h"
#include "trust/head.h"
#include "trust/rules.h"

struct auth_settings {
	struct service_settings base;
	char operator_token_file[CONFIG_TEXT_MAX];
	char metadata[CONFIG_TEXT_MAX], messaging[CONFIG_TEXT_MAX], marks[CONFIG_TEXT_MAX];
	int64_t purge_after;
	char smtp_url[CONFIG_TEXT_MAX], smtp_from[CONFIG_TEXT_MAX], smtp_user[CONFIG_TEXT_MAX],
	    smtp_password_file[CONFIG_TEXT_MAX], smtp_ca_file[CONFIG_TEXT_MAX],
	    public_url[CONFIG_TEXT_MAX];
	int64_t smtp_in_clear;
};

struct auth_append; /* a waiting append */

/* The operator's limits; 0: unlimited (EXPIRES: never). */
struct auth_limits {
	uint64_t users, storage, expires;
};

struct auth_org {
	pthread_mutex_t lock;    /* guards everything below */
	pthread_cond_t done;     /* a group was finished */
	struct org_state *state; /* NULL: to be loaded */
	struct sign_key *log_key;
	struct auth_limits limits;
	struct idmap frozen;  /* users frozen by the operator */
	struct idmap tallies; /* recent acts by user (tally.h) */
	struct idmap seen;    /* the last day of each device, as it was written */
	STAILQ_HEAD(auth_appends, auth_append) waiting;
	bool has_leader;
	/* The mark says that the log was longer, or different: an older database was restored.
	 * Reads and repairs work; new entries are refused until the log is as it was, or the
	 * operator accepts the loss. */
	bool is_restored;
};

struct auth {
	char operator_token[128];
	uint64_t purge_after_ms;
	struct mail *mail; /* NULL: no mail relay */
	struct marks *marks;
	struct peer *metadata, *messaging;
	atomic_uint asking; /* workers that wait for metadata or messaging */
	unsigned asking_max;
	pthread_mutex_t lock; /* guards orgs */
	struct idmap orgs;
};

/* The organization, locked, with its state loaded; the caller unlocks it with auth_unlock.
 * Errors: NOT_FOUND, DATABASE, CORRUPT. */
ZT_CHECKED enum zt_err auth_lock(
    struct auth *a, struct db *db, const struct id *org, struct auth_org **out);
void auth_unlock(struct auth_org *org);
/* Reloads the operator's limits and frozen users; ORG is locked. Errors: DATABASE, MEMORY. */
ZT_CHECKED enum zt_err auth_load_limits(
    struct db *db, const struct id *id, struct auth_org *org);
/* Loads every organization of a database that has no marks yet, to create them. */
ZT_CHECKED enum zt_err auth_mark_all(struct auth *a, struct db *db);
/* Sets ORG->is_restored by comparing the log with its mark; ORG is locked. */
void auth_look_at_mark(struct auth *a, const struct id *id, struct auth_org *org);
/* How many users are live; ORG is locked. */
uint64_t auth_live_users(const struct auth_org *org);
/* Decides for DEVICE; see service_def. */
enum zt_err auth_decide(void *state, struct db *db, const struct id *org,
    const struct id *device, const struct id *workspace, struct decision *out);
enum { AUTH_APPENDS = 2 }; /* entries of one request */
struct auth_appended {
	uint64_t index;      /* of the first entry */
	size_t count;        /* entries appended */
	const char *message; /* why the first was refused; static */
};
/* Appends E[0], and the entries that depend on it right behind it; stops at the first refused
 * one. Errors, about E[0]: those of rules_check, CLOCK, LIMIT, DATABASE. */
ZT_CHECKED enum zt_err auth_append(struct auth *a, struct db *db, const struct id *org,
    struct entry *const *e, size_t count, uint64_t now_ms, struct auth_appended *out);
/* Restores an entry that was at index AT before the database was lost, at AT only (else
 * CONFLICT). Any age, but not from the future (CLOCK): later entries of its topic would be
 * refused as older. */
ZT_CHECKED enum zt_err auth_restore(struct auth *a, struct db *db, const struct id *org,
    struct entry *e, uint64_t at, uint64_t now_ms, const char **message);
/* Writes the first entry of a new organization whose log key is SEED's. */
ZT_CHECKED enum zt_err auth_begin(
    struct db *db, const struct id *org, const struct entry *genesis);
/* Forgets what has ended by time; see service_def. */
void auth_sweep(void *state, struct service *s, struct db *db);
/* The newest head, signed; ORG is locked. BODY keeps the bytes of OUT. */
ZT_CHECKED enum zt_err auth_head(struct auth_org *org, const struct id *id, uint64_t now_ms,
    struct buf *body, struct statement *out);
/* Encodes MESSAGE as the answer's body. */
ZT_CHECKED enum zt_err auth_answer(struct rpc_answer *out, const void *message);

#endif
