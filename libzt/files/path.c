/* SPDX-License-Identifier: Apache-2.0 */
#include "files/path.h"

#include "base/utf8.h"

enum zt_err
path_name_check(struct bytes name, const char **why)
{
	struct buf normal = buf_init(8 * LIMIT_NAME);
	enum zt_err err = ZT_ERR_NAME;

	if (name.n == 0)
		*why = N_("a name is empty");
	else if (name.n > LIMIT_NAME)
		*why = N_("a name is longer than 255 bytes");
	else if (bytes_equal(name, bytes_text(".")) || bytes_equal(name, bytes_text("..")))
		*why = N_("\".\" and \"..\" are not names");
	else if (memchr(name.p, '/', name.n) != NULL)
		*why = N_("a name holds a slash");
	else if (!utf8_valid(name))
		*why = N_("a name is not UTF-8");
	else if (utf8_has_control(name))
		*why = N_("a name holds a control character");
	else if ((err = utf8_normal(name, &normal)) == ZT_OK &&
		 !bytes_equal(buf_bytes(&normal), name)) {
		*why = N_("a name is not in Unicode normal form C");
		err = ZT_ERR_NAME;
	}
	buf_free(&normal);
	return err;
}

enum zt_err
path_parse(const char *text, struct path *out, const char **why)
{
	const char *colon = strchr(text, ':'), *p;
	struct path path = { .count = 0 };

	*why = N_("write it as WORKSPACE:/path");
	if (colon == NULL || colon == text)
		return ZT_ERR_INVALID;
	if ((size_t)(colon - text) > LIMIT_NAME)
		return ZT_ERR_TOO_BIG;
	memcpy(path.workspace, text, (size_t)(colon - text));
	for (p = colon + 1; *p != 0;) {
		size_t n;
		enum zt_err err;

		if (*p == '/') {
			p++;
			continue;
		}
		n = strcspn(p, "/");
		if (path.count == LIMIT_DEPTH_READ) {
			*why = N_("the path is deeper than 128 folders");
			return ZT_ERR_TOO_BIG;
		}
		if ((err = path_name_check(bytes_of(p, n), why)))
			return err;
		path.name[path.count++] = bytes_of(p, n);
		p += n;
	}
	*out = path;
	return ZT_OK;
}

enum zt_err
path_print(const struct path *path, struct buf *out)
{
	buf_printf(out, "%s:", path->workspace);
	for (size_t i = 0; i < path->count; i++) {
		buf_add_byte(out, '/');
		buf_add(out, path->name[i]);
	}
	if (path->count == 0)
		buf_add_byte(out, '/');
	return buf_err(out);
}
