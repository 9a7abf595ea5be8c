/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* ask.h - asks the app's interface (apps/rpc) in a line, and judges each answer by its row. */
#ifndef ZT_TEST_APPS_ASK_H
#define ZT_TEST_APPS_ASK_H

#include "rpc/call.h"
#include "rpc/rpc.h"
#include "rpc/types.h"
#include "test.h"
#include "world.h"

enum { ROWS_MOST = 128 };

/* The lanes of alice and bob, what they were asked, and what events came. */
struct stage {
	struct scene *s;
	struct rpc_lane *alice, *bob;
	json_t *asked[ROWS_MOST]; /* by row: the last parameters, or NULL */
	json_t *events;
	bool is_unconfirmed; /* nobody typed the password */
};
extern struct stage stage;

/* For cmocka_run_group_tests: a scene, in which alice has the workspace plans. */
int stage_begin(void **state);
int stage_end(void **state);

/* An rpc_host.event, which judges and keeps it; and whether one of this name came since the
 * last question: then all are forgotten. */
void take_event(void *ctx, const char *json, size_t n);
bool event_came(const char *event);

/* {"id":7,"method":METHOD,"params":PARAMS}, which the caller frees. */
char *request_of(const char *method, const json_t *params);
/* The answer to TEXT, of exactly N bytes. The caller decrefs it, and frees OUT. */
json_t *answer_to(struct rpc_lane *l, const char *text, size_t n, const void *content,
    size_t content_n, struct rpc_answer *out);
/* The error of the answer to TEXT, and to CONTENT_N zero bytes, is ERR; NAMED, unless NULL, is
 * its parameter. */
void refused(struct rpc_lane *l, enum zt_err err, const char *text, size_t n, size_t content_n,
    const char *named);
/* The row of METHOD, whose params PARAMS must be. */
const struct rpc_row *row_of(const char *method, json_t *params);

/* The result of METHOD with PARAMS, which it takes, and CONTENT; what it gives is in *GIVEN.
 * Before, each neighbour of PARAMS is refused: with a member too many, one missing, one of
 * another type. */
json_t *ask_with(struct rpc_lane *l, const char *method, json_t *params, const void *content,
    size_t content_n, struct rpc_answer *given);
/* The same; the parameters are those of json_pack. */
json_t *ask(struct rpc_lane *l, const char *method, const char *format, ...);
/* The same, of which the result does not matter. */
void does(struct rpc_lane *l, const char *method, const char *format, ...);
/* The same, which ends with ERR. */
void ends(enum zt_err err, struct rpc_lane *l, const char *method, const char *format, ...);
/* Writes CONTENT as PATH by a writer; its version. */
int64_t ask_write(struct rpc_lane *l, const char *path, const char *content);
/* N bytes of a reader at OFFSET are WANTED. */
void ask_reads(
    struct rpc_lane *l, int64_t handle, int64_t offset, int64_t n, const char *wanted);

/* These look at a result, and decref it. ANSWER_ITEM: the only item of LIST whose KEY is VALUE,
 * as a new reference; NULL: none is. */
int64_t answer_number(json_t *result, const char *name);
void answer_text(json_t *result, const char *name, char *out, size_t size);
json_t *answer_item(json_t *result, const char *list, const char *key, const char *value);
void answer_has(json_t *result, const char *list, const char *key, const char *value);
size_t answer_count(json_t *result, const char *list);

#endif
