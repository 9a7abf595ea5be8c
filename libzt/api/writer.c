/* SPDX-License-Identifier: Apache-2.0 */
/* writer.c - the functions of zt/writer.h that take a device. */
#include "zt/writer.h"

#include "handles/verbs.h"
#include "log/enter.h"

enum zt_err
zt_writer_open(struct zt *z, const char *remote, uint64_t base, struct zt_writer **out)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = handle_writer_open(z, remote, base, out);
	return log_leave(z, err);
}

enum zt_err
zt_write_small(struct zt *z, const char *remote, const struct zt_small *files, size_t count)
{
	return handle_write_small(z, remote, files, count);
}
