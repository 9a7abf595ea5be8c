/* SPDX-License-Identifier: Apache-2.0 */
/* route.h - the table of calls: maps verb and path to a call, for gateway, services and
 * client. The rows are in proto/routes.def. */
#ifndef ZT_FORMAT_ROUTE_H
#define ZT_FORMAT_ROUTE_H

#include "base/buf.h"
#include "base/id.h"
#include "crypto/hash.h"

enum verb { VERB_GET, VERB_POST, VERB_PUT, VERB_DELETE };
enum route_service { SERVICE_AUTH, SERVICE_METADATA, SERVICE_BLOCKS, SERVICE_MESSAGING };
#define SERVICE_COUNT 4
/* READER and WRITER: of the workspace in the path. */
enum who { WHO_ANYONE, WHO_OPERATOR, WHO_DEVICE, WHO_READER, WHO_WRITER };

enum route {
#define ROUTE(name, verb, path, service, who, limit, retry, batch, act) ROUTE_##name,
#include "proto/routes.def"
#undef ROUTE
	ROUTE_COUNT
};

struct route_row {
	const char *name, *path;
	enum verb verb;
	enum route_service service;
	enum who who;
	size_t limit;
	bool retry, batch, act;
};

/* The values of a path's place-holders; zero where the path has none. */
struct route_params {
	struct id org, id;      /* {org}; {workspace}, {topic}, {invitation} or {request} */
	struct id block, about; /* {about}: a topic of messages */
	struct hash hash;
};

const struct route_row *route_row(enum route r);
const char *route_verb(enum verb v);
/* The service's name, such as "auth". */
const char *route_service_name(enum route_service s);
/* Finds the row of METHOD and TARGET (path and query). Errors: METHOD (no such call), INVALID
 * (an id in the path is malformed), TOO_BIG. */
ZT_CHECKED enum zt_err route_match(
    const char *method, const char *target, enum route *out, struct route_params *params);
/* Appends the path of R with PARAMS filled in. */
void route_path(enum route r, const struct route_params *params, struct buf *out);
/* The unsigned decimal value of query parameter NAME; FALLBACK when it is absent. Errors:
 * INVALID. */
ZT_CHECKED enum zt_err route_query(
    const char *target, const char *name, uint64_t fallback, uint64_t *out);

#endif
