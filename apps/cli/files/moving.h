/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* moving.h - what the commands share that move content: put, get, cp. */
#ifndef ZT_CLI_FILES_MOVING_H
#define ZT_CLI_FILES_MOVING_H

#include "terminal/command.h"
#include "terminal/progress.h"

enum made { SENT, WRITTEN, COPIED };

/* Ends BAR, and counts in C what it named. */
void moving_end(struct cli *c, struct progress *bar);
/* Says what became of FILES, after moving_end. */
void moving_report(const struct cli *c, uint64_t files, enum made made);
/* Whether ERR leaves nothing unsaid: what was left out was named, all else was counted. */
bool moving_is_done(enum zt_err err);
/* The last name of PATH: *N bytes, behind which a slash may be. */
const char *moving_name(const char *path, size_t *n);

#endif
