/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* cmd_agent.h - the commands of zt about the agent and its page, and zt ls, mkdir, mv and rm by
 * it. */
#ifndef ZT_UI_CMD_AGENT_H
#define ZT_UI_CMD_AGENT_H

#include <jansson.h>

#include "terminal/command.h"

enum zt_err cmd_ui(struct cli *c);
enum zt_err cmd_agent_start(struct cli *c);
enum zt_err cmd_agent_stop(struct cli *c);
enum zt_err cmd_agent_state(struct cli *c);
/* Closes the device of C in the agent, if that runs. False: it has it not open. Errors: those
 * of agent_ask. */
bool ui_lock(struct cli *c, enum zt_err *err);
/* Lists the folder of C by the agent, if that runs and has the device open: SHOW each, as zt_ls
 * would, and then *ERR is how it ended. Else false, and nothing was shown. */
bool ui_ls(struct cli *c, void (*show)(const struct cli *c, const struct zt_file *f),
    enum zt_err *err);
/* Asks METHOD with PARAMS, which it takes, of the agent, if that runs and has the device open:
 * true, and *ERR is how it ended; when that is OK, *RESULT is the answer, which the caller
 * gives to json_decref. Else false, and nothing was done. PARAMS may be NULL: false. */
bool ui_act(
    struct cli *c, const char *method, json_t *params, json_t **result, enum zt_err *err);

#endif
