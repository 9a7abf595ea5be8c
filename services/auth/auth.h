/* auth.h - what the auth service keeps in memory: each organization's state, as its log says.
 *
 * An organization is loaded at its first use and grows with each append. Appends of one
 * organization are taken in groups: whoever comes first takes all that wait, checks each in
 * turn, and one transaction makes them durable. */
#ifndef ZT_AUTH_H
#define ZT_AUTH_H

#include <pthread.h>
#include <stdatomic.h>

#include "common/marks.h"
#include "common/service.h"
#include "proto/auth.pb-c.h"
#include "trust/head.h"
#include "trust/rules.h"

struct auth_settings {
	struct service_settings base;
	char operator_token_file[CONFIG_TEXT_MOST];
	char metadata[CONFIG_TEXT_MOST], marks[CONFIG_TEXT_MOST];
	int64_t purge_after;
	char smtp_url[CONFIG_TEXT_MOST], smtp_from[CONFIG_TEXT_MOST],
	    smtp_user[CONFIG_TEXT_MOST], smtp_password_file[CONFIG_TEXT_MOST],
	    smtp_ca_file[CONFIG_TEXT_MOST], public_url[CONFIG_TEXT_MOST];
	int64_t smtp_in_clear;
};

struct auth_append; /* one that waits */

/* What the operator allows; 0: without a limit, never. */
struct auth_limits {
	uint64_t users, storage, expires;
};

struct auth_org {
	pthread_mutex_t lock;    /* over everything below */
	pthread_cond_t done;     /* a group was finished */
	struct org_state *state; /* NULL: to be loaded */
	struct sign_key *log_key;
	struct auth_limits limits;
	struct idmap frozen;  /* users, by the operator */
	struct idmap tallies; /* what users did lately (tally.h) */
	struct auth_append *waiting, **last;
	bool has_leader;
	/* The log was longer once, or another: an older database was restored. It is read and
	 * repaired, and takes nothing new, until it is as it was or the operator gives that up.
	 */
	bool is_restored;
};

struct auth {
	char operator_token[128];
	uint64_t purge_after_ms;
	struct mail *mail; /* NULL: none is sent */
	struct marks *marks;
	struct peer *metadata;
	atomic_uint asking; /* workers that wait for metadata */
	unsigned asking_most;
	pthread_mutex_t lock; /* over orgs */
	struct idmap orgs;
};

/* The organization, locked, with its state loaded; the caller unlocks it with auth_unlock.
 * Errors: NOT_FOUND, DATABASE, CORRUPT. */
ZT_CHECKED enum zt_err auth_lock(
    struct auth *a, struct db *db, const struct id *org, struct auth_org **out);
void auth_unlock(struct auth_org *org);
/* Reads the operator's rules anew; ORG is locked. Errors: DATABASE, MEMORY. */
ZT_CHECKED enum zt_err auth_load_limits(
    struct db *db, const struct id *id, struct auth_org *org);
/* Loads each organization of a database that no marks were kept of, so that they begin there.
 * Errors: those of auth_lock. */
ZT_CHECKED enum zt_err auth_mark_all(struct auth *a, struct db *db);
/* Whether the log is what its mark says, after one of them changed; ORG is locked. */
void auth_look_at_mark(struct auth *a, const struct id *id, struct auth_org *org);
/* How many users are live; ORG is locked. */
uint64_t auth_live_users(const struct auth_org *org);
/* Decides for DEVICE; see service_def. */
enum zt_err auth_decide(void *state, struct db *db, const struct id *org,
    const struct id *device, const struct id *workspace, struct decision *out);
enum { AUTH_APPENDS = 2 }; /* entries of one request */
struct auth_appended {
	uint64_t index;  /* of the first entry */
	size_t count;    /* entries that stand */
	const char *why; /* why the first one does not; static */
};
/* Appends E[0] and the entries that belong to it, right behind it. The first that is refused
 * ends it. Errors, about E[0]: those of rules_check, CLOCK, LIMIT, DATABASE. */
ZT_CHECKED enum zt_err auth_append(struct auth *a, struct db *db, const struct id *org,
    struct entry *const *e, size_t count, uint64_t now_ms, struct auth_appended *out);
/* The same for an entry that stood at index AT of the log before its database was lost: there
 * or not at all (CONFLICT), however old, but not of the future (CLOCK): all that came behind
 * one of those in its topic would be refused. */
ZT_CHECKED enum zt_err auth_restore(struct auth *a, struct db *db, const struct id *org,
    struct entry *e, uint64_t at, uint64_t now_ms, const char **why);
/* Writes the first entry of a new organization whose log key is SEED's. */
ZT_CHECKED enum zt_err auth_begin(
    struct db *db, const struct id *org, const struct entry *genesis);
/* The newest head, signed; ORG is locked. BODY keeps the bytes of OUT. */
ZT_CHECKED enum zt_err auth_head(struct auth_org *org, const struct id *id, uint64_t now_ms,
    struct buf *body, struct statement *out);
/* Encodes MESSAGE as the answer's body. */
ZT_CHECKED enum zt_err auth_answer(struct rpc_answer *out, const void *message);

#endif
