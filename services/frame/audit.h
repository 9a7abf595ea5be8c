/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* audit.h - the audit trail of a server, for those accountable for it: JSON lines in a
 * separate file, and on request syslog messages (RFC 5424) to a local socket or over UDP (RFC
 * 5426). Ids only: no handle, no name, no secret. Thread-safe. */
#ifndef ZT_FRAME_AUDIT_H
#define ZT_FRAME_AUDIT_H

#include "frame/service.h"

struct audit;

/* FILE and SYSLOG may be ""; SYSLOG is unix:PATH or udp:HOST:PORT. The caller closes. Errors:
 * CONFIG with MESSAGE[200], MEMORY. */
ZT_CHECKED enum zt_err audit_open(const char *service, const char *file, const char *syslog,
    struct audit **out, char message[200]);
void audit_close(struct audit *a);
/* Writes one line about EVENT, a static word: DEVICE acted on SUBJECT. Each id may be NULL. */
void audit_line(struct audit *a, const char *event, const struct id *org,
    const struct id *device, const struct id *subject);
/* The same in the trail of service S. */
void audit(struct service *s, const char *event, const struct id *org, const struct id *device,
    const struct id *subject);

#endif
