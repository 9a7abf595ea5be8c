/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* methods.h - what the host's methods share: those of passwords and of passkeys. */
#ifndef ZT_BROWSER_METHODS_H
#define ZT_BROWSER_METHODS_H

#include "browser/host.h"
#include "zt/zt.h"

/* What a method of one device works with. */
struct host_act {
	struct device *d;
	struct zt_options o;
	char message[256]; /* what libzt says */
};
/* Finds the device that C names, to be opened by the password in C's parameter PASSWORD (NULL:
 * by none). Errors: NOT_FOUND. */
enum zt_err host_act_begin(
    struct host *h, struct call *c, const char *password, struct host_act *out);
/* Those of passkeys (passkey_methods.c). */
enum zt_err host_passkeys(struct host *h, struct call *c);
enum zt_err host_add_passkey(struct host *h, struct call *c);
enum zt_err host_remove_passkey(struct host *h, struct call *c);
enum zt_err host_unlock_by_passkey(struct host *h, struct call *c);
enum zt_err host_confirm_by_passkey(struct host *h, struct call *c);
/* D, unless it is locked, is confirmed for some minutes: answers until when. */
enum zt_err host_confirmed(struct call *c, struct device *d);

#endif
