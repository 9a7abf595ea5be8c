/* progress.h - a line about a long transfer, on standard error, when that is a terminal. */
#ifndef ZT_CLI_PROGRESS_H
#define ZT_CLI_PROGRESS_H

#include "command.h"

/* What a transfer of C reports to; P lives as long as the transfer. */
struct zt_progress progress_begin(struct progress *p, const struct cli *c);
/* What zt_options.working calls, with C as its context: a line once it takes longer than a
 * moment. */
/* Names what is damaged in a workspace, for zt_options. */
void progress_damaged(void *c, const char *path, const char *what);
void progress_work(void *c, enum zt_work what, uint64_t done, uint64_t total);
/* The line vanishes. */
void progress_end(struct progress *p);

#endif
