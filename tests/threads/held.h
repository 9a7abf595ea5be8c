/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* held.h - what tests of several handles share: work on another thread, which is held at a
 * place and let go, and whose first error the test's own thread looks at. */
#ifndef ZT_TESTS_HELD_H
#define ZT_TESTS_HELD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "zt/zt.h"

enum { HELD_SIZE = 700 * 1000 }; /* of a file of held_write */

struct worker {
	struct zt *z;
	unsigned number;
	enum zt_err err; /* the first error, */
	char what[64];   /* of what, */
	char message[256];
};

/* Keeps ERR about WHAT, if it is W's first. Whether there was none. */
bool went(struct worker *w, const char *what, enum zt_err err);
/* Asserts that W had no error. */
void is_well(const struct worker *w);

/* Where a thread waits until it may go on. */
struct held {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool is_in, may_go, timed_out;
};

/* These run on the thread that is held: it says that it came, or waits as well, 20 seconds at
 * most. */
void held_came(struct held *h);
void held_wait(struct held *h);
/* Runs START with ARG on *THREAD, and returns when that came to H. */
void held_run(struct held *h, pthread_t *thread, void *(*start)(void *), void *arg);
/* Lets THREAD go on, and waits for its end. It had to be let go: it did not go by itself. */
void held_let_go(struct held *h, pthread_t thread);
/* After the end of what uses H in its callbacks. */
void held_close(struct held *h);

/* Writes HELD_SIZE bytes, each the last letter of REMOTE. */
void held_write(struct zt *z, const char *remote);
/* A scene with the workspace "shared": alice's, which bob reads. For cmocka. */
int held_scene(void **state);

#endif
