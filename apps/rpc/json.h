/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* json.h - JSON from outside, within bounds.
 *
 * jansson's parser leaves a byte of a text out where it finds no memory, and continues: a path
 * would be another. So json.c gives jansson its memory, in the whole program: it notes what it
 * could not give, and wipes what comes back, as passwords are in messages to hosts. */
#ifndef ZT_RPC_JSON_H
#define ZT_RPC_JSON_H

#include <jansson.h>
#include <stddef.h>

#include "zt/err.h"

struct call;

/* More in one piece is not given to jansson. */
#define JSON_PIECE_MAX ((size_t)256 * 1024 * 1024)

/* Sets *OUT to the value of N bytes of TEXT, any bytes, which the caller gives to json_decref;
 * members are not given twice. Errors: TOO_BIG, INVALID (no JSON, or too deep), MEMORY, with
 * the refusal in C. */
enum zt_err json_read(struct call *c, const char *text, size_t n, json_t **out)
    __attribute__((warn_unused_result));

#endif
