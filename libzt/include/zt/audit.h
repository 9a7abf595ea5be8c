/* SPDX-License-Identifier: Apache-2.0 */
/* zt/audit.h - verifies an exported history (zt_log_export) without a key, a device or a
 * network: every signature, every right, every link, the signed head. */
#ifndef ZT_AUDIT_H
#define ZT_AUDIT_H

#include <stdint.h>

#include "zt/err.h"

#ifdef __cplusplus
extern "C" {
#endif

struct zt_audit;

#define ZT_AUDIT_ROOT 65 /* bytes of a root hash in hexadecimal digits, with its end */
struct zt_audit_result {
	uint64_t entries, hidden; /* of the log: judged, and known by their hash alone */
	uint64_t users, devices, workspaces; /* that the log names */
	uint64_t changesets, changes;        /* of the workspaces in the export */
	uint64_t excluded;                   /* of them, those that do not count */
	uint64_t head_size;                  /* the log's signed head; 0: none came */
	char head_root[ZT_AUDIT_ROOT];
	/* About a refusal: what is refused ("entry", NULL: none was), its number, a sentence.
	 * They are msgids, and live as long as the program. */
	const char *what, *message;
	uint64_t number;
};

/* For the organization whose id is ORG, 32 hexadecimal digits that a person got from somebody
 * whom they trust: it pins the root key. The caller gives *OUT to zt_audit_free. Errors:
 * INVALID (ORG), MEMORY. */
ZT_API enum zt_err zt_audit_new(const char *org, struct zt_audit **out);
/* The next N bytes of the export, in pieces of any size. Errors: CORRUPT, and those of a
 * history that does not count; zt_audit_result has the reason. No further piece is taken then.
 */
ZT_API enum zt_err zt_audit_take(struct zt_audit *a, const void *bytes, size_t n);
/* After the last piece: the history is whole. Errors: CORRUPT, ROLLBACK. */
ZT_API enum zt_err zt_audit_end(struct zt_audit *a);
ZT_API void zt_audit_result(const struct zt_audit *a, struct zt_audit_result *out);
/* The releases of the page that the organization accepts at the history's end; and the live
 * devices that were made in a browser, with the page's origin as they said it. */
ZT_API void zt_audit_releases(
    const struct zt_audit *a, void (*each)(void *ctx, const char *release), void *ctx);
ZT_API void zt_audit_browsers(const struct zt_audit *a,
    void (*each)(void *ctx, const char *device, const char *user, const char *origin),
    void *ctx);
/* NULL is nothing. */
ZT_API void zt_audit_free(struct zt_audit *a);

#ifdef __cplusplus
}
#endif

#endif
