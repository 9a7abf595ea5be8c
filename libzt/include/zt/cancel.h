/* SPDX-License-Identifier: Apache-2.0 */
/* zt/cancel.h - ends calls that are under way, from another thread or a signal handler.
 *
 * A program has one zt_cancel for each piece of work that may be cancelled by itself, and gives
 * it to the handle that does the work. Once cancelled, it stays so: calls that use it end with
 * INTERRUPTED, later ones at once. So a cancel that is a moment too late ends
 * nothing else, if the next piece of work has its own.
 *
 * A call ends within a tenth of a second, wherever it waits: for the network, for the pause
 * before another try, for another process. Exceptions: deriving a key from a password (a second
 * or so), a token, the desktop's question for its password, a name server that does not answer,
 * zt_watch (a quarter of a second). What was acknowledged stays; what was under way is as if
 * the answer had been lost: the next call finds out. No partial file stays behind. Handles
 * (zt_reader, zt_writer) can be used on, with another zt_cancel. */
#ifndef ZT_CANCEL_H
#define ZT_CANCEL_H

#include <stdbool.h>

#include "zt/zt.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The caller's memory, and zero at first. It outlives its use by any handle. */
struct zt_cancel {
	int is_set; /* private */
};

/* Cancels. Any thread, and signal handlers. */
ZT_API void zt_cancel(struct zt_cancel *c);
/* Whether C was cancelled. Any thread. */
ZT_API bool zt_cancel_is_set(const struct zt_cancel *c);
/* The calls of Z, and of its readers and writers, use C from now on, until another is set;
 * NULL: none. On the thread of Z, between calls. */
ZT_API void zt_use_cancel(struct zt *z, const struct zt_cancel *c);

#ifdef __cplusplus
}
#endif

#endif
