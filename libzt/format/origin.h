/* SPDX-License-Identifier: Apache-2.0 */
/* origin.h - where a page comes from, as browsers write it: https://NAME[:PORT]. */
#ifndef ZT_FORMAT_ORIGIN_H
#define ZT_FORMAT_ORIGIN_H

#include <stdbool.h>

/* Whether TEXT is an origin that may hold keys: https, or http of this machine (localhost, a
 * name under it, 127.0.0.1 or [::1]); at most LIMIT_ORIGIN bytes, in lower case, without a
 * path. */
bool origin_is_good(const char *text);

#endif
