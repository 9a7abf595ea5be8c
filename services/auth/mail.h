/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* mail.h - invitations by e-mail, through the operator's SMTP relay (RFC 5321); without one,
 * zt sends no mail. */
#ifndef ZT_AUTH_MAIL_H
#define ZT_AUTH_MAIL_H

#include "auth/auth.h"

struct mail;

/* From the settings; *OUT is NULL when no relay is set. Errors: CONFIG with MESSAGE[200],
 * MEMORY.
 */
ZT_CHECKED enum zt_err mail_open(
    const struct auth_settings *s, struct mail **out, char message[200]);
void mail_close(struct mail *m);
/* Whether TEXT is an acceptable mail address: printable ASCII, one @, nothing that could end a
 * header. */
bool mail_is_address(const char *text);
/* Sends an invitation to TO: of the organization SLUG, with ID in a link of the address that
 * the operator has set. Waits for the relay, 15 seconds at most. Errors: UNAVAILABLE with
 * MESSAGE[200] (the relay's reason). */
ZT_CHECKED enum zt_err mail_invite(const struct mail *m, const char *to, const char *slug,
    const struct id *org, const struct id *invitation, char message[200]);

#endif
