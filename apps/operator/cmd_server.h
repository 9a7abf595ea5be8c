/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* cmd_server.h - the operator's commands of zt: each runs one, with what C was asked, and
 * returns its error. */
#ifndef ZT_OPERATOR_CMD_SERVER_H
#define ZT_OPERATOR_CMD_SERVER_H

#include "terminal/command.h"

/* ERR, in its own words where the server forbids what --operator-token-file should allow. */
enum zt_err cli_end_operator(struct cli *c, enum zt_err err);

enum zt_err cmd_server_org_create(struct cli *c);
enum zt_err cmd_server_org_list(struct cli *c);
enum zt_err cmd_server_org_set(struct cli *c);
enum zt_err cmd_server_user_freeze(struct cli *c);
enum zt_err cmd_server_user_thaw(struct cli *c);
enum zt_err cmd_server_accept_loss(struct cli *c);

#endif
