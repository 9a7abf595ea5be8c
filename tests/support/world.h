/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* world.h - real services on a private PostgreSQL, organizations and people in a line each. */
#ifndef ZT_TEST_WORLD_H
#define ZT_TEST_WORLD_H

#include <libpq-fe.h>
#include <pthread.h>

#include "chain/workspace.h"
#include "proxy.h"
#include "session/session.h"
#include "zt/enrol.h"
#include "zt/file.h"
#include "zt/org.h"
#include "zt/workspace.h"

struct world {
	char state[64], url[64], token[128];
	struct proxy *d;      /* every client of this world speaks to it */
	unsigned orgs, homes; /* how many were made: two persons of one name have two homes */
};

struct person {
	struct world *w;
	char home[128], email[64], name[32];
	struct zt_options o;
	struct zt *zt;
};

/* Starts everything; any failure fails the test. */
struct world *world_begin(void);
void world_end(struct world *w);
/* A new organization with its first admin, opened. */
void world_found(struct world *w, struct person *p, const char *name);
/* NAME joins with PROFILE by the real exchange, in which both humans pick the right codes;
 * opened. */
void world_join(
    struct person *greeter, struct person *p, const char *name, const char *profile);
/* The same, as a standard user; WARNING is the warning that the newcomer sees. */
void world_join_warned(
    struct person *greeter, struct person *p, const char *name, char warning[256]);
/* Another device of OWNER's user, opened. */
void world_add_device(struct person *owner, struct person *p, const char *name);
void person_close(struct person *p);
void person_open(struct person *p);
/* P speaks to URL from now on: the double, as in the beginning, or past it (w->url). */
void person_speak_to(struct person *p, const char *url);
/* What a hostile server has: rows of SERVICE's database about the id OF, as $1, in binary. The
 * caller clears them. */
PGresult *world_ask(struct world *w, const char *service, const char *sql, const struct id *of);
/* SQL has no answer, and may be several commands. */
void world_tell(struct world *w, const char *service, const char *sql);
/* How SERVICE reaches its database. */
void world_database(const struct world *w, const char *service, char conninfo[256]);
/* The process of SERVICE. */
pid_t world_pid(const struct world *w, const char *service);
/* How much memory SERVICE has, or has had at most, in KiB; always the same under
 * AddressSanitizer, whose quarantine keeps what is freed. */
long world_kib(const struct world *w, const char *service);
long world_peak_kib(const struct world *w, const char *service);
/* The same of a process that a test has started. */
long process_kib(pid_t pid);
/* A socket to the door itself, past the double; the second from the address 127.0.0.LAST. */
int world_dial(const struct world *w);
int world_dial_from(const struct world *w, uint8_t last);
/* The database of metadata as in an older backup, in which nothing of the workspace's chain
 * stood yet. */
void world_lose_chain(struct world *w, const struct id *workspace);
/* The seed of the key that signs the heads of ORG. */
struct sign_key *world_log_key(struct world *w, const struct id *org);
/* Content for a file, in a folder of this world: the path, which the caller frees. */
char *world_file(struct world *w, const char *name, const void *p, size_t n);
/* P writes a file with CONTENT to REMOTE. */
void person_put(struct person *p, const char *content, const char *remote);
/* P's device is left alone with `zt watch`, until ENOUGH says so; it is asked about four times
 * a second. At the server itself: event sockets do not pass the double. */
void person_watch(struct person *p, bool (*enough)(void *ctx), void *ctx);
/* The workspace NAME as P has it open. */
struct workspace *person_workspace(struct person *p, const char *name);

/* What most groups of tests play with: alice and bob in one organization; eve in another, and a
 * second device of somebody's, where a test opens them. */
struct scene {
	struct world *w;
	struct person alice, bob, eve, laptop;
	unsigned next; /* for names */
};
/* For cmocka_run_group_tests: *STATE is a struct scene. At the end no secret is left. */
int scene_begin(void **state);
int scene_begin_with_eve(void **state);
int scene_end(void **state);
/* For cmocka_unit_test_teardown: the double is honest again. */
int honest_again(void **state);
/* A new workspace of alice's, in which bob has ROLE. */
struct workspace *scene_workspace(struct scene *s, const char *name, const char *role);
/* Alice gives P the ROLE in WORKSPACE. */
void scene_share(
    struct scene *s, const char *workspace, const struct person *p, const char *role);

/* Two humans at two screens: each reads its code to the other. */
struct humans {
	pthread_mutex_t lock;
	pthread_cond_t shown;
	char code[2][8]; /* greeter's, claimer's */
	int picks;       /* how often somebody was asked */
	bool matched;    /* every pick found the other's code */
	int patience_s;  /* for the other to read it aloud: long, for a machine under load */
	const char *profile;
};
void humans_init(struct humans *h, const char *profile);
struct human {
	struct humans *h;
	bool is_claimer;
};
struct zt_codes human_codes(struct human *one);

#endif
