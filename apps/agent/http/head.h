/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* head.h - heads of HTTP: what one says, and an answer's. */
#ifndef ZT_AGENT_HEAD_H
#define ZT_AGENT_HEAD_H

#include <libwebsockets.h>
#include <stdbool.h>
#include <stdint.h>

enum { HEAD_MAX = 4096 };

/* A head under way. */
struct head {
	struct lws *wsi;
	uint8_t bytes[LWS_PRE + HEAD_MAX], *at, *end;
	bool failed;
};

/* The header TOKEN into OUT; NULL: it is not there, or does not fit. */
const char *head_get(struct lws *wsi, enum lws_token_indexes token, char *out, size_t size);
void head_begin(struct head *h, struct lws *wsi, unsigned status);
/* NAME ends with a colon. */
void head_add(struct head *h, const char *name, const char *value);
/* Sends the head, and says that N bytes follow. */
bool head_end(struct head *h, uint64_t n);
/* The answer is sent. Returns the callback's value. */
int head_completed(struct lws *wsi);
/* A refusal, in a word; the connection ends. Returns the callback's value. */
int head_refuse(struct lws *wsi, unsigned status);

#endif
