/* SPDX-License-Identifier: Apache-2.0 */
/* zt/err.h - every error of zt, with its columns. Numbers never change. */
#ifndef ZT_ERR_H
#define ZT_ERR_H

#include <stdbool.h>

#ifndef ZT_ERR_ENUM
#define ZT_ERR_ENUM
enum zt_err {
	ZT_OK = 0,
#define ERR(name, number, http, exit, retry, msgid) ZT_ERR_##name = (number),
#include "zt/err.def"
#undef ERR
};
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* What the library shows. */
#define ZT_API __attribute__((visibility("default")))

/* The English words for ERR (the msgid of translations), its name, its exit code (sysexits),
 * and whether trying again may help. Static texts. */
ZT_API const char *zt_err_words(enum zt_err err);
ZT_API const char *zt_err_name(enum zt_err err);
ZT_API int zt_err_exit(enum zt_err err);
ZT_API bool zt_err_retry(enum zt_err err);

#ifdef __cplusplus
}
#endif

#endif
