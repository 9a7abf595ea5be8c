/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* device.h - an opened device for a benchmark, and whole signed requests as bytes. */
#ifndef ZT_BENCH_DEVICE_H
#define ZT_BENCH_DEVICE_H

#include "session/session.h"

/* Ends the program with what E says, unless it is ZT_OK. */
void ok(enum zt_err e);
struct zt *open_device(const char *home, const char *password);
int port_of(const struct zt *z);
/* One whole request, signed by KEY of DEVICE, of ROUTE_EVENTS with its first message; EXTRA are
 * header lines. The caller frees its bytes. */
struct bytes request_of(const struct sign_key *key, const struct id *org,
    const struct id *device, enum route r, const struct route_params *p, const char *query,
    struct bytes body, const char *extra);
/* Opens an event socket on FD by REQUEST, of ROUTE_EVENTS; returns when it listens. */
void open_socket(int fd, struct bytes request);

#endif
