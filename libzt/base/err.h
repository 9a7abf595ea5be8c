/* SPDX-License-Identifier: Apache-2.0 */
/* err.h - the one enum of errors that crosses every boundary, and its columns from err.def. */
#ifndef ZT_BASE_ERR_H
#define ZT_BASE_ERR_H

#include <stdbool.h>

#define ZT_CHECKED __attribute__((warn_unused_result))
/* Marks a text that an application translates where it shows it (po/). */
#define N_(text) text

#ifndef ZT_ERR_ENUM /* the public zt/err.h defines the same enum */
#define ZT_ERR_ENUM
enum zt_err {
	ZT_OK = 0,
#define ERR(name, number, http, exit, retry, msgid) ZT_ERR_##name = (number),
#include "base/err.def"
#undef ERR
};
#endif

/* The English words for ERR, a static text, never NULL. */
const char *err_text(enum zt_err err);
/* The name of ERR as in err.def, such as "CORRUPT"; "OK" for ZT_OK. */
const char *err_name(enum zt_err err);
/* The HTTP status that a gateway answers with. */
int err_http(enum zt_err err);
/* The exit code of a program that ends with ERR (sysexits.h). */
int err_exit(enum zt_err err);
/* Whether the same request may succeed when tried again. */
bool err_retry(enum zt_err err);
/* The error of a number read from a peer; ZT_ERR_CORRUPT when the number is not known, or is
 * one that a peer cannot say truthfully: what only this device, or the person at it, can cause.
 */
enum zt_err err_from_number(unsigned number);

#endif
