/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* ipc.h - settings of ipc:// sockets for which nng has no option. */
#ifndef ZT_BUS_IPC_H
#define ZT_BUS_IPC_H

/* Gives each Unix socket of this process a send buffer for a whole block, or as much of it as
 * the system allows (net.core.wmem_max). With the default of 208 KiB a block of 1 MiB takes
 * seven sends, each of which wakes several threads at both ends: a seventh of a download's
 * time. To be called when nng has made a connection. Errors are none: it works without.
 * Thread-safe.
 */
void ipc_widen(void);

#endif
