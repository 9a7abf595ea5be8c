/* SPDX-License-Identifier: Apache-2.0 */
#include "format/route.h"

#include "format/limits.h"

static const struct route_row rows[] = {
#define ROUTE(name, verb, path, service, who, limit, retry, batch, act)                        \
	{ #name, path, VERB_##verb, SERVICE_##service, WHO_##who, limit, retry, batch, act },
#include "proto/routes.def"
#undef ROUTE
};

const struct route_row *
route_row(enum route r)
{
	return &rows[r];
}

const char *
route_verb(enum verb v)
{
	switch (v) {
	case VERB_GET:
		return "GET";
	case VERB_POST:
		return "POST";
	case VERB_PUT:
		return "PUT";
	case VERB_DELETE:
		return "DELETE";
	}
	return "?";
}

const char *
route_service_name(enum route_service s)
{
	switch (s) {
	case SERVICE_AUTH:
		return "auth";
	case SERVICE_METADATA:
		return "metadata";
	case SERVICE_BLOCKS:
		return "blocks";
	case SERVICE_MESSAGING:
		return "messaging";
	}
	return "?";
}

/* Where the place-holder NAME of N characters is written, and how many bytes it has. */
static uint8_t *
slot(const char *name, size_t n, struct route_params *p, size_t *size)
{
	struct bytes is = bytes_of(name, n);

	*size = ID_BYTES;
	if (bytes_equal(is, bytes_text("org")))
		return p->org.b;
	if (bytes_equal(is, bytes_text("block")))
		return p->block.b;
	if (bytes_equal(is, bytes_text("about")))
		return p->about.b;
	if (bytes_equal(is, bytes_text("hash"))) {
		*size = HASH_BYTES;
		return p->hash.b;
	}
	return p->id.b; /* {workspace}, {topic}, {invitation}, {request} */
}

/* Whether PATH has the shape of PATTERN; *BAD when a place-holder does not parse. */
static bool
fits(const char *pattern, const char *path, size_t n, struct route_params *p, bool *bad)
{
	const char *end = path + n;

	while (*pattern != 0) {
		if (*pattern == '{') {
			const char *close = strchr(pattern, '}');
			const char *to = path;
			size_t size;
			uint8_t *at =
			    slot(pattern + 1, (size_t)(close - pattern - 1), p, &size);

			while (to < end && *to != '/')
				to++;
			if (to == path)
				return false;
			if (hex_parse(path, (size_t)(to - path), at, size))
				*bad = true;
			path = to;
			pattern = close + 1;
		} else if (path == end || *pattern++ != *path++) {
			return false;
		}
	}
	return path == end;
}

/* /v2/... and so on: a protocol that is not this one. */
static bool
is_other_version(const char *target)
{
	return strncmp(target, "/v", 2) == 0 && target[2] >= '0' && target[2] <= '9' &&
	       strncmp(target, "/v1/", 4) != 0;
}

enum zt_err
route_match(
    const char *method, const char *target, enum route *out, struct route_params *params)
{
	size_t all = strnlen(target, LIMIT_TARGET + 1), n;
	const char *query = memchr(target, '?', all);

	if (all > LIMIT_TARGET)
		return ZT_ERR_TOO_BIG;
	n = query != NULL ? (size_t)(query - target) : all;
	for (size_t i = 0; i < ROUTE_COUNT; i++) {
		struct route_params p = { 0 };
		bool bad = false;

		if (strcmp(method, route_verb(rows[i].verb)) != 0 ||
		    !fits(rows[i].path, target, n, &p, &bad))
			continue;
		if (bad)
			return ZT_ERR_INVALID;
		*out = (enum route)i;
		*params = p;
		return ZT_OK;
	}
	return is_other_version(target) ? ZT_ERR_VERSION : ZT_ERR_METHOD;
}

void
route_path(enum route r, const struct route_params *params, struct buf *out)
{
	struct route_params p = *params;
	char text[2 * HASH_BYTES + 1];

	for (const char *c = rows[r].path; *c != 0; c++) {
		const char *close = *c == '{' ? strchr(c, '}') : NULL;
		size_t size;

		if (close == NULL) {
			buf_add_byte(out, (uint8_t)*c);
			continue;
		}
		const uint8_t *at = slot(c + 1, (size_t)(close - c - 1), &p, &size);

		hex_print(at, size, text);
		buf_add_text(out, text);
		c = close;
	}
}

enum zt_err
route_query(const char *target, const char *name, uint64_t fallback, uint64_t *out)
{
	const char *p = strchr(target, '?');
	size_t n = strlen(name);
	uint64_t v = 0;

	for (; p != NULL; p = strchr(p, '&')) {
		p++;
		if (strncmp(p, name, n) != 0 || p[n] != '=')
			continue;
		p += n + 1;
		if (*p < '0' || *p > '9')
			return ZT_ERR_INVALID;
		for (; *p >= '0' && *p <= '9'; p++) {
			if (v > (UINT64_MAX - 9) / 10)
				return ZT_ERR_INVALID;
			v = v * 10 + (uint64_t)(*p - '0');
		}
		if (*p != 0 && *p != '&')
			return ZT_ERR_INVALID;
		*out = v;
		return ZT_OK;
	}
	*out = fallback;
	return ZT_OK;
}
