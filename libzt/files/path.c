/* SPDX-License-Identifier: Apache-2.0 */
#include "files/path.h"

#include "base/utf8.h"

enum zt_err
path_name_check(struct bytes name, const char **message)
{
	struct buf normal = buf_init(8 * LIMIT_NAME);
	enum zt_err err = ZT_ERR_NAME;

	if (name.n == 0)
		*message = N_("a name is empty");
	else if (name.n > LIMIT_NAME)
		*message = N_("a name is longer than 255 bytes");
	else if (bytes_equal(name, bytes_text(".")) || bytes_equal(name, bytes_text("..")))
		*message = N_("\".\" and \"..\" are not names");
	else if (memchr(name.p, '/', name.n) != NULL)
		*message = N_("a name holds a slash");
	else if (!utf8_valid(name))
		*message = N_("a name is not UTF-8");
	else if (utf8_has_control(name))
		*message = N_("a name holds a control character");
	else if ((err = utf8_normal(name, &normal)) == ZT_OK &&
		 !bytes_equal(buf_bytes(&normal), name)) {
		*message = N_("a name is not in Unicode normal form C");
		err = ZT_ERR_NAME;
	}
	buf_free(&normal);
	return err;
}

/* NAME in normal form C: as it is, or in what is left of OUT's own room, of which *USED grows.
 */
static enum zt_err
bring_to_normal(struct bytes *name, struct path *out, size_t *used, const char **message)
{
	struct buf normal = buf_init(sizeof out->own);
	enum zt_err err = utf8_valid(*name) ? utf8_normal(*name, &normal) : ZT_OK;

	if (err == ZT_ERR_NAME) {
		err = ZT_OK; /* the check says why */
	} else if (err == ZT_OK && normal.n > 0 && !bytes_equal(buf_bytes(&normal), *name)) {
		if (normal.n > sizeof out->own - *used) {
			err = ZT_ERR_TOO_BIG;
		} else {
			memcpy(out->own + *used, normal.p, normal.n);
			*name = bytes_of(out->own + *used, normal.n);
			*used += normal.n;
		}
	}
	if (err == ZT_ERR_TOO_BIG)
		*message = N_("the path is too long");
	buf_free(&normal);
	return err;
}

enum zt_err
path_workspace(struct bytes name, struct path *out, const char **message)
{
	struct buf normal = buf_init(8 * LIMIT_NAME);
	enum zt_err err = utf8_valid(name) ? utf8_normal(name, &normal) : ZT_ERR_NAME;

	if (err == ZT_ERR_NAME)
		err = ZT_OK; /* as it is: no workspace has such a name */
	else if (err == ZT_OK)
		name = buf_bytes(&normal);
	if (err == ZT_ERR_TOO_BIG || (err == ZT_OK && name.n > LIMIT_NAME)) {
		*message = N_("a name is longer than 255 bytes");
		err = ZT_ERR_TOO_BIG;
	}
	if (err == ZT_OK) {
		memcpy(out->workspace, name.p, name.n);
		out->workspace[name.n] = 0;
	}
	buf_free(&normal);
	return err;
}

enum zt_err
path_parse(const char *text, struct path *out, const char **message)
{
	const char *colon = strchr(text, ':'), *p;
	struct bytes name;
	size_t used = 0, count = 0;
	enum zt_err err;

	*message = N_("write it as WORKSPACE:/path");
	out->count = 0;
	if (colon == NULL || colon == text)
		return ZT_ERR_INVALID;
	if ((err = path_workspace(bytes_of(text, (size_t)(colon - text)), out, message)))
		return err;
	for (p = colon + 1; *p != 0; p += strcspn(p, "/")) {
		if (*p == '/') {
			p += strspn(p, "/");
			if (*p == 0)
				break;
		}
		if (count == LIMIT_DEPTH_READ) {
			*message = N_("the path is deeper than 128 folders");
			return ZT_ERR_TOO_BIG;
		}
		name = bytes_of(p, strcspn(p, "/"));
		if ((err = bring_to_normal(&name, out, &used, message)) ||
		    (err = path_name_check(name, message)))
			return err;
		out->name[count++] = name;
	}
	out->count = count;
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
