/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* absent.c - what a browser's client has not: certificates, which need OpenSSL, and looks at
 * the page. These calls answer UNAVAILABLE. */
#include "zt/pki.h"
#include "zt/release.h"

enum zt_err
zt_pki_show(struct zt *z, void (*each)(void *ctx, const struct zt_pki_item *i), void *ctx)
{
	(void)z;
	(void)each;
	(void)ctx;
	return ZT_ERR_UNAVAILABLE;
}

enum zt_err
zt_pki_state(struct zt *z, const char **state)
{
	(void)z;
	(void)state;
	return ZT_ERR_UNAVAILABLE;
}

enum zt_err
zt_pki_requests(struct zt *z, void (*each)(void *ctx, const struct zt_pki_open *r), void *ctx)
{
	(void)z;
	(void)each;
	(void)ctx;
	return ZT_ERR_UNAVAILABLE;
}

enum zt_err
zt_pki_accept(struct zt *z, const char *id, const char *profile)
{
	(void)z;
	(void)id;
	(void)profile;
	return ZT_ERR_UNAVAILABLE;
}

enum zt_err
zt_pki_reject(struct zt *z, const char *id)
{
	(void)z;
	(void)id;
	return ZT_ERR_UNAVAILABLE;
}

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
