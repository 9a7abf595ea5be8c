/* SPDX-License-Identifier: Apache-2.0 */
/* look.h - one look at the page of an origin: all files compared with a release that the
 * organization accepts. It needs no device, so that it may run on a thread beside one. */
#ifndef ZT_RELEASE_LOOK_H
#define ZT_RELEASE_LOOK_H

#include "base/err.h"
#include "crypto/hash.h"
#include "zt/release.h"

struct look {
	/* Of the caller, and borrowed: */
	const char *origin;                   /* without a slash behind */
	const char *ca_file;                  /* NULL: the system's authorities */
	bool is_near;                         /* port/http.h */
	const int *stop;                      /* base/stop.h */
	const struct hash *accepted, *pinned; /* now; and ever */
	size_t accepted_count, pinned_count;
	/* Of look_run; the page's origin and time are the caller's. */
	struct zt_page page;
	const char *failure; /* of NETWORK and TIMEOUT, in English; static, or empty */
};

/* Fetches and compares, in ten minutes at most; the page is what was found. Errors: NETWORK,
 * TIMEOUT, UNAVAILABLE, TOO_BIG (all files together), INTERRUPTED, MEMORY. */
ZT_CHECKED enum zt_err look_run(struct look *k);
/* Whether people are to be warned. */
bool look_is_alarm(enum zt_page_state state);

#endif
