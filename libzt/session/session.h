/* SPDX-License-Identifier: Apache-2.0 */
/* session.h - one unlocked device inside the library: keys, store, calls, the verified state.
 */
#ifndef ZT_SESSION_SESSION_H
#define ZT_SESSION_SESSION_H

#include "crypto/hpke.h"
#include "net/calls.h"
#include "net/events.h"
#include "store/store.h"
#include "trust/rules.h"
#include "zt/org.h"
#include "zt/release.h"
#include "zt/zt.h"

#define SESSION_MESSAGE 256
#define SESSION_USER_KEYS_MAX 64 /* given to a new device: the log leads to all others */

/* The sentence that session_refuse set last, in parts. */
struct refusal {
	const char *english; /* static; NULL: there was none */
	char sentence[SESSION_MESSAGE], parameter[ZT_PARAMETERS][SESSION_MESSAGE];
	size_t count;
};

struct session_user_key {
	struct secret *key;
	uint8_t public[HPKE_PUBLIC_BYTES];
};

/* What the room above does with the workspaces that it keeps here. */
struct workspace_care {
	void (*release)(void *workspace);
	/* The workspaces, which callers hold, now belong to O, and are read again from the
	 * store when they are used. */
	void (*reset)(struct zt *z, const struct org_state *o);
};

struct zt {
	char *home, *server, *slug, *email, *ca_file;
	bool in_clear, overwrites, keeps_both, rereads, resends; /* zt_options */
	struct id org, user, device;
	char org_text[ID_TEXT], user_text[ID_TEXT], device_text[ID_TEXT];
	uint8_t root_key[SIGN_PUBLIC_BYTES];
	bool root_by_id; /* ORG alone pins the root key (recover.c, pki_ask.c) */
	struct sign_key *sign;
	struct secret *seal, *local;
	struct session_user_key *user_keys; /* of this user, in no order (user_keys.c) */
	size_t user_key_count, user_key_cap;
	unsigned user_generation;      /* generations in the log read up to here */
	uint64_t vouched_size;         /* of the log, by the greeter */
	uint64_t kept_size, kept_time; /* of the tree head in the store; time 0: not known */
	uint64_t marked;               /* the server's statement of how long its log once was */
	struct hash vouched_root;
	struct store *store;
	struct calls *calls;
	struct org_state *state; /* verified */
	struct idmap workspaces; /* struct workspace, by workspace (chain/workspace.h), */
	const struct workspace_care
	    *care;                 /* which tells what to do with them; NULL before the first */
	struct local_group *noted; /* the notes of local files read last (local.c), or NULL */
	struct zt_page_watch page; /* zt_watch_page; its every_ms is 0: no */
	uint64_t foreign;          /* changesets of other devices applied so far */
	const char *(*translate)(const char *english); /* or NULL */
	void (*progress)(
	    void *ctx, enum zt_work what, uint64_t done, uint64_t total); /* or NULL */
	void *progress_ctx;
	void (*damaged)(void *ctx, const char *path, const char *what); /* or NULL */
	void *damaged_ctx;
	bool is_in, is_resting, is_stale, lends; /* the store to others (log/enter.h) */
	const int *stop;                         /* what ends calls (zt/cancel.h), or NULL */
	bool reads_kept, read_away;              /* zt/keep.h */
	bool has_trimmed;   /* this handle, what is kept of files (chain/object.c) */
	uint64_t kept_more; /* bytes since then */
	struct idmap named; /* objects reported as damaged in this call */
	enum zt_err damage; /* the first of them */
	char message[SESSION_MESSAGE];
	struct refusal refusal; /* the parts of it */
};

/* Sets the sentence of the last error, safe to show (base/utf8.h); returns ERR. */
enum zt_err session_refuse(struct zt *z, enum zt_err err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The first error of a loop that must visit every item: a colleague may have damaged one
 * workspace. */
struct session_failure {
	enum zt_err err;
	char message[SESSION_MESSAGE];
};
/* Notes ERR with Z's sentence. Returns whether to go on: not while the server is away. */
bool session_goes_on(struct zt *z, struct session_failure *f, enum zt_err err);
/* Sets the sentence of the first failure again; returns its error. */
enum zt_err session_failed(struct zt *z, const struct session_failure *f);
/* TEXT in the language of Z's sentences. */
const char *session_translate(const struct zt *z, const char *text)
    __attribute__((format_arg(2)));
uint64_t session_now_ms(void);
/* Reports progress to the PROGRESS option: DONE of TOTAL. */
void session_progress(const struct zt *z, enum zt_work what, uint64_t done, uint64_t total);
/* Copies O's options into Z, except folder, password and authority; for devices and
 * visitors. */
void session_take_options(struct zt *z, const struct zt_options *o);
/* What O says of cancelling (base/stop.h). */
const int *session_stop(const struct zt_options *o);
/* The error of what was cancelled. */
enum zt_err session_interrupted(struct zt *z);
/* For loops that may be long: INTERRUPTED once they are to end. */
ZT_CHECKED enum zt_err session_may_go_on(struct zt *z);
/* zt_close: wipes and releases Z. NULL is nothing. */
void session_close(struct zt *z);
/* zt_error_message. */
const char *session_message(const struct zt *z);
/* Makes Z->calls from Z's server, ids and keys. */
ZT_CHECKED enum zt_err session_connect(struct zt *z);
/* Makes a call; on failure the server's sentence becomes zt_error_message. */
ZT_CHECKED enum zt_err session_call(struct zt *z, enum route r, const struct route_params *p,
    const char *query, struct bytes body, struct buf *answer);

#endif
