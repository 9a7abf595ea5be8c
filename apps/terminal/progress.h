/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* progress.h - a line about a long transfer, on standard error, when that is a terminal. */
#ifndef ZT_TERMINAL_PROGRESS_H
#define ZT_TERMINAL_PROGRESS_H

#include "terminal/command.h"

/* The progress callbacks for a transfer of C; P must outlive the transfer. */
struct zt_progress progress_begin(struct progress *p, const struct cli *c);
/* For zt_options.working, with C as context: shows a line once the work takes longer than a
 * moment. */
/* Reports a damaged object, for zt_options.damaged. */
void progress_damaged(void *c, const char *path, const char *what);
void progress_work(void *c, enum zt_work what, uint64_t done, uint64_t total);
/* Removes the line. */
void progress_end(struct progress *p);

#endif
