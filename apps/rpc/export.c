/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* export.c - the verified log, for zt-audit: made at once, in memory or in a file without a
 * name, and read in pieces. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "encode/encode.h"
#include "rpc/call.h"
#include "zt/org.h"

struct exported {
	int fd;
	uint64_t size;
};

/* A file that ends with its descriptor; below 0: there is none. */
static int
scratch_open(void)
{
#ifdef __wasi__
	static const char name[] = "/export.new";
	int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);

	if (fd >= 0)
		(void)unlink(name);
	return fd;
#else
	return memfd_create("zt-export", MFD_CLOEXEC);
#endif
}

void
export_close(void *of)
{
	struct exported *x = of;

	(void)close(x->fd);
	free(x);
}

enum zt_err
method_export_open(struct call *c)
{
	struct exported *x = calloc(1, sizeof *x);
	struct handle *h;
	struct stat st;
	enum zt_err err;

	if (x == NULL)
		return call_lack_memory(c);
	if ((x->fd = scratch_open()) < 0) {
		free(x);
		return ZT_ERR_IO;
	}
	if ((err = handle_place(c, HANDLE_EXPORT, &h)) ||
	    (err = zt_log_export(c->z, x->fd, call_text(c, "workspace"))) ||
	    (err = fstat(x->fd, &st) == 0 ? ZT_OK : ZT_ERR_IO)) {
		export_close(x);
		return err;
	}
	x->size = (uint64_t)st.st_size;
	handle_fill(c, h, HANDLE_EXPORT, x);
	return call_answer(c, ZT_OK,
	    json_pack("{s:o,s:o}", "handle", encode_number(h->number), "size",
		encode_number(x->size)));
}

enum zt_err
method_export_read(struct call *c)
{
	uint64_t offset = call_number(c, "offset", 0), n = call_number(c, "size", 0), left;
	const struct exported *x;
	struct handle *h;
	size_t got = 0;
	enum zt_err err = handle_get(c, HANDLE_EXPORT, &h);

	if (err != ZT_OK)
		return err;
	if (n > RPC_CONTENT_MAX)
		return call_refuse_number(c, ZT_ERR_TOO_BIG,
		    "more than %s bytes are not read at once", RPC_CONTENT_MAX);
	x = h->of;
	left = offset < x->size ? x->size - offset : 0;
	if (n > left)
		n = left;
	if ((c->given = malloc(n > 0 ? (size_t)n : 1)) == NULL)
		return call_lack_memory(c);
	while (got < n) {
		ssize_t r = pread(
		    x->fd, (char *)c->given + got, (size_t)n - got, (off_t)(offset + got));

		if (r <= 0)
			return ZT_ERR_IO;
		got += (size_t)r;
	}
	c->given_n = got;
	return call_answer(c, ZT_OK, json_pack("{s:o}", "size", encode_number(got)));
}

enum zt_err
method_export_close(struct call *c)
{
	struct handle *h;
	enum zt_err err = handle_get(c, HANDLE_EXPORT, &h);

	if (err == ZT_OK)
		handle_close(h);
	return err;
}
