/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* files.h - the commands of files, and what main needs of them. */
#ifndef ZT_CLI_FILES_FILES_H
#define ZT_CLI_FILES_FILES_H

#include "terminal/command.h"

/* Removes what a cp that was killed left in clear in the state folder. */
void cli_forget_copy(const struct cli *c);
/* Shows a row of zt ls. */
void cli_show_file(const struct cli *c, const struct zt_file *f);
/* Runs mkdir, rm or mv by the agent, if that runs and has the device open: true, and *ERR is
 * how it ended. Else false, and nothing was done. */
bool cli_by_agent(struct cli *c, enum zt_err (*run)(struct cli *c), enum zt_err *err);

/* The commands themselves, one a row of the table (cli/commands.c). */
enum zt_err cmd_put(struct cli *c);
enum zt_err cmd_get(struct cli *c);
enum zt_err cmd_ls(struct cli *c);
enum zt_err cmd_make_folder(struct cli *c);
enum zt_err cmd_mv(struct cli *c);
enum zt_err cmd_cp(struct cli *c);
enum zt_err cmd_rm(struct cli *c);
enum zt_err cmd_cat(struct cli *c);
enum zt_err cmd_history(struct cli *c);
enum zt_err cmd_restore(struct cli *c);
enum zt_err cmd_trash(struct cli *c);
enum zt_err cmd_find(struct cli *c);
enum zt_err cmd_du(struct cli *c);
enum zt_err cmd_verify(struct cli *c);

#endif
