/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* absent.c - what a browser's client has not: looks at the page. These calls answer
 * UNAVAILABLE.
 */
#include "zt/release.h"

/* A browser's client would ask the one whose code it runs. */
bool
zt_page_is_alarm(enum zt_page_state state)
{
	(void)state;
	return false; /* nothing was looked at */
}

enum zt_err
zt_page_check(struct zt *z, const char *url, struct zt_page *out)
{
	(void)z;
	(void)url;
	(void)out;
	return ZT_ERR_UNAVAILABLE;
}

enum zt_err
zt_page_known(struct zt *z, struct zt_page *newest, struct zt_page *alarm)
{
	(void)z;
	(void)newest;
	(void)alarm;
	return ZT_ERR_UNAVAILABLE;
}

enum zt_err
zt_page_clear(struct zt *z)
{
	(void)z;
	return ZT_ERR_UNAVAILABLE;
}
