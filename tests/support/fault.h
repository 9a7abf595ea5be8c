/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* fault.h - makes each memory request of a run fail in turn: a good run is counted, then it is
 * run again with the first request failing, then the second, and so on.
 *
 * The test's program is linked with --wrap for malloc, calloc, realloc and aligned_alloc
 * (mk/rules.mk), so that allocations of this house's code fail, and those inside of libraries
 * do not. */
#ifndef ZT_TEST_FAULT_H
#define ZT_TEST_FAULT_H

#include "base/err.h"

/* RUN makes its value and releases all of it again, also on errors. It must return ZT_OK when
 * nothing fails and MEMORY when something did; anything else, a leak of a secret or a crash
 * fails the test. */
void fault_each(enum zt_err (*run)(void *ctx), void *ctx);

#endif
