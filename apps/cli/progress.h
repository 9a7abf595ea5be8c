/* progress.h - a line about a long transfer, on standard error, when that is a terminal. */
#ifndef ZT_CLI_PROGRESS_H
#define ZT_CLI_PROGRESS_H

#include "command.h"

struct progress {
	bool shown;
	uint64_t began_ms, drawn_ms;
};

/* What a transfer of C reports to; P lives as long as the transfer. */
struct zt_progress progress_begin(struct progress *p, const struct cli *c);
/* The line vanishes. */
void progress_end(struct progress *p);

#endif
