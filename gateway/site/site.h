/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* site.h - the page's files, when the operator has the gateway serve them: read once at start,
 * and only those that the manifest names, with the hashes that it gives. A request names no
 * path of the system. */
#ifndef ZT_GATEWAY_SITE_SITE_H
#define ZT_GATEWAY_SITE_SITE_H

#include <libwebsockets.h>

#include "base/buf.h"

#define SITE_MANIFEST "zt-web.manifest"
#define SITE_TAG 68 /* bytes of an ETag, with its quotes and its end */

struct site; /* opaque */
struct site_file {
	struct bytes body; /* with LWS_PRE bytes of room before it */
	char tag[SITE_TAG];
	const char *type; /* Content-Type */
	bool is_brotli;
};

/* Reads FOLDER. MESSAGE[200] names what is wrong. The caller gives *OUT to site_free. Errors:
 * CONFIG (there is no manifest, it is not one, a file of it is missing or another), MEMORY. */
ZT_CHECKED enum zt_err site_read(const char *folder, struct site **out, char message[200]);
/* NULL is nothing. */
void site_free(struct site *s);
/* The file at PATH ("/" is "/index.html"), compressed if ACCEPTS (Accept-Encoding) has br and
 * there is such a one; NULL: there is none. It lives as long as S. S may be NULL. */
const struct site_file *site_find(const struct site *s, const char *path, const char *accepts);
/* The headers that all answers have where the page is served: what the page may load and do. */
const struct lws_protocol_vhost_options *site_headers(void);

#endif
