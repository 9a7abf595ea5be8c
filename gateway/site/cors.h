/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* cors.h - calls by a page of another origin (the page on an organization's own web server):
 * what browsers ask about them first, and the headers that let the page read the answers.
 *
 * All origins may call: a signature is all that gives anybody rights here, and no browser adds
 * it for a page that has not got it. Nothing here is lent by cookies, and answers to requests
 * with credentials are never lent. The operator's token is no header that a page may send. */
#ifndef ZT_GATEWAY_SITE_CORS_H
#define ZT_GATEWAY_SITE_CORS_H

#include <libwebsockets.h>
#include <stdbool.h>

/* Whether PATH is one of the calls of proto/routes.def, rather than a page. */
bool cors_is_call(const char *path);
/* Whether WSI's request asks what a page may send (OPTIONS). */
bool cors_is_question(struct lws *wsi);
/* Adds the headers of an answer to a call, or to such a question, at *P. Returns 0, or -1 when
 * there is no room. */
int cors_headers(struct lws *wsi, bool is_question, uint8_t **p, uint8_t *end);

#endif
