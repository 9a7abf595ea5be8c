/* SPDX-License-Identifier: Apache-2.0 */
/* reader.c - the functions of zt/reader.h that take a device. */
#include "zt/reader.h"

#include "handles/verbs.h"
#include "log/enter.h"

enum zt_err
zt_reader_open(struct zt *z, const char *remote, uint64_t version, struct zt_reader **out)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = handle_reader_open(z, remote, version, out);
	return log_leave(z, err);
}
