/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* writer_model.h - a file that is written by a writer (zt/writer.h), and the bytes that it is
 * to be: both are written alike, and compared. Of a file of MAX bytes, in parts of a block. */
#ifndef ZT_TEST_WRITER_MODEL_H
#define ZT_TEST_WRITER_MODEL_H

#include "format/limits.h"
#include "world.h"
#include "zt/writer.h"

enum { PART = LIMIT_BLOCK, PARTS = 12, MAX = PARTS * PART };

/* What a file is to be. */
struct model {
	uint8_t *p;
	size_t n;
};

/* A number by chance, less than LIMIT. */
uint32_t below(uint32_t limit);
/* An empty file; the caller frees its P. */
struct model model_new(void);
void model_set(struct model *m, size_t offset, const uint8_t *p, size_t n);
void model_cut(struct model *m, size_t n);
/* VERSION (0: the newest) of REMOTE is M, for P. */
void is_model(struct person *p, const char *remote, uint64_t version, const struct model *m);
/* The N bytes P by W, and in M. */
void write_both(
    struct zt_writer *w, struct model *m, size_t offset, const uint8_t *p, size_t n);
/* N random ones. */
void write_any(struct zt_writer *w, struct model *m, size_t offset, size_t n);
void cut_both(struct zt_writer *w, struct model *m, size_t n);
/* What W reads is M. */
void read_both(struct zt_writer *w, const struct model *m, size_t offset, size_t n);

/* What came to the server. */
struct sent {
	int puts, pushes, gets;
	size_t bytes;
	bool is_down; /* it takes no block */
};

/* For proxy_hooks.before: CTX is a struct sent. */
bool count_sent(void *sent, struct proxy_call *c);

/* For cmocka_run_group_tests: the scene of alice and bob, who share WORKSPACE. */
int scene_begin_with(void **state, const char *workspace);

#endif
