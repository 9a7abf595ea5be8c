/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* meeting.h - one meeting of alice and a newcomer, with what each side's program says. */
#ifndef ZT_TEST_MEETING_H
#define ZT_TEST_MEETING_H

#include "world.h"

struct setting {
	struct world *w;
	struct person alice, eve;
	unsigned newcomers;
};

/* For cmocka_run_group_tests: *STATE is a struct setting. At the end no secret is left. */
int meeting_begin(void **state);
int meeting_end(void **state);
/* For cmocka_unit_test_teardown: its double is honest again. */
int meeting_is_honest(void **state);

struct meeting {
	struct setting *s;
	char link[1024], home[128], email[64], message[256];
	struct humans humans;
	struct human at_alice, at_newcomer;
	enum zt_err greeter, claimer;
};

/* Alice has invited somebody, who is M. */
void meeting_init(struct setting *s, struct meeting *m);
/* The newcomer's side, for pthread_create; M->claimer says what came of it. */
void *claim(void *m);
/* Both sides, at once. */
void meet(struct meeting *m);
/* The same, when the greeter is there some time after the newcomer has begun. */
void meet_late(struct meeting *m);
/* Whether the newcomer has begun. */
bool has_begun(struct meeting *m);
/* How many users there are. */
unsigned users(struct setting *s);
/* Nobody came in: there are as many users as BEFORE, and nothing of a device is left at the
 * newcomer's. */
void expect_nobody(struct meeting *m, unsigned before);

#endif
