/* SPDX-License-Identifier: Apache-2.0 */
/* zt/err.h - every error of zt, with its columns; and the parts of one. Numbers never change.
 */
#ifndef ZT_ERR_H
#define ZT_ERR_H

#include <stdbool.h>
#include <stddef.h>

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
ZT_API const char *zt_err_text(enum zt_err err);
ZT_API const char *zt_err_name(enum zt_err err);
ZT_API int zt_err_exit(enum zt_err err);
ZT_API bool zt_err_retry(enum zt_err err);

struct zt;
/* An error in parts, for programs with words or languages of their own. */
#define ZT_PARAMETERS 4
struct zt_error {
	enum zt_err number;
	const char *sentence; /* zt_error_message */
	/* The English sentence with printf directives, which take the parameters in their
	 * order; zt_err_text of the number when there is no other. */
	const char *english;
	size_t count; /* of parameters, as texts that are safe to show */
	const char *parameter[ZT_PARAMETERS];
};
/* The parts of ERR, which the last call of Z returned. They live until its next call. */
ZT_API void zt_error_of(const struct zt *z, enum zt_err err, struct zt_error *out);

#ifdef __cplusplus
}
#endif

#endif
