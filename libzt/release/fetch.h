/* SPDX-License-Identifier: Apache-2.0 */
/* fetch.h - files of an origin as a stranger's browser gets them: no signature, no cookie, and
 * no name of this program. */
#ifndef ZT_RELEASE_FETCH_H
#define ZT_RELEASE_FETCH_H

#include "base/buf.h"
#include "port/http.h"

/* Of one file of a page, and of all of it. */
enum { FETCH_FILE_BYTES = 32 * 1024 * 1024, FETCH_ALL_BYTES = 256 * 1024 * 1024 };

struct fetch {
	struct http *http;
	const char *origin;  /* without a slash behind */
	const int *stop;     /* base/stop.h */
	uint64_t until_ms;   /* by the steady clock: all is over then */
	size_t bytes;        /* fetched so far */
	const char *failure; /* of NETWORK and TIMEOUT, in English; static */
};

/* GETs /NAME of F's origin, also as a browser that takes brotli does; its bytes, as they were
 * sent, are appended to OUT, at most its maximum. *STATUS is 200, or what was said instead: no
 * redirect is followed. Waits where the server asks for it. Errors: NETWORK, TIMEOUT, TOO_BIG,
 * INTERRUPTED, MEMORY, UNAVAILABLE (the server has trouble, or it takes too long). */
ZT_CHECKED enum zt_err fetch_file(
    struct fetch *f, const char *name, bool brotli, struct buf *out, long *status);

#endif
