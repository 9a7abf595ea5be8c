/* SPDX-License-Identifier: Apache-2.0 */
/* curl_loop.h - libcurl's parallel transfers on one epoll set: tells libcurl which connection
 * is ready. Polling each of them in every turn (curl_multi_perform) cost more system calls than
 * the content itself. Not thread-safe, except loop_wake. */
#ifndef ZT_POSIX_CURL_LOOP_H
#define ZT_POSIX_CURL_LOOP_H

#include <curl/curl.h>

#include "base/err.h"

struct loop;

/* Errors: MEMORY, IO. */
ZT_CHECKED enum zt_err loop_new(struct loop **out);
/* The transfers must have been removed. */
void loop_free(struct loop *l);
/* The handle to add transfers to and to remove them from; owned by the loop. */
CURLM *loop_multi(struct loop *l);
/* Waits up to WAIT_MS for the network, for a timer of libcurl's or for loop_wake, and advances
 * the transfers. Errors: NETWORK. */
ZT_CHECKED enum zt_err loop_turn(struct loop *l, int wait_ms);
/* Ends the wait of loop_turn. Any thread. */
void loop_wake(struct loop *l);

#endif
