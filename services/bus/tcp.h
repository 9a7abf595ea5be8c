/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* tcp.h - listening sockets whose connections end when their peer is gone without a word. */
#ifndef ZT_BUS_TCP_H
#define ZT_BUS_TCP_H

#include <stdbool.h>

/* A listening socket on HOST ("*": each IPv4 address of this machine; "::" has IPv6 too) and
 * PORT (0: any free one), which does not block. Its connections inherit keep-alive (a minute)
 * and no delay. The caller closes it. -1 with errno on an error, as an empty HOST is: a setting
 * that was left empty opens no port. */
int tcp_listen(const char *host, int port);
/* The port that FD listens on; 0: it does not. */
int tcp_port(int fd);
/* Accepts the next connection of FD, which does not block; -1: none, IS_FULL when the system
 * has no file or memory for another one, IS_GONE when the peer left before. */
int tcp_accept(int fd, bool *is_full, bool *is_gone);

#endif
