/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* cmd_web.h - settings that bind, the releases of the page, and whether a server sends one. */
#ifndef ZT_UI_CMD_WEB_H
#define ZT_UI_CMD_WEB_H

#include "terminal/command.h"
#include "zt/release.h"

/* Says what a look at a page has found: a line, or one of JSON. */
void web_show_page(const struct cli *c, const struct zt_page *p);
/* The alarm about the server's page that nobody has ended: shows it and returns true. */
bool web_show_page_alarm(struct cli *c);

enum zt_err cmd_org_settings(struct cli *c);
enum zt_err cmd_web_pin(struct cli *c);
enum zt_err cmd_web_releases(struct cli *c);
enum zt_err cmd_web_check(struct cli *c);
enum zt_err cmd_web_ack(struct cli *c);

#endif
