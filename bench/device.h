/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* device.h - an opened device for a benchmark, and whole signed requests as bytes. */
#ifndef ZT_BENCH_DEVICE_H
#define ZT_BENCH_DEVICE_H

#include "session/session.h"

/* Ends the program with what E says, unless it is ZT_OK. */
void ok(enum zt_err e);
struct zt *open_device(const char *home, const char *password);
int port_of(const struct zt *z);
/* One whole request, signed by KEY of DEVICE; EXTRA are header lines. The caller frees its
 * bytes. */
struct bytes request_of(const struct sign_key *key, const struct id *org,
    const struct id *device, enum route r, const struct route_params *p, const char *query,
    struct bytes body, const char *extra);

#endif
