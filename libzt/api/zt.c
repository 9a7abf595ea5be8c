/* SPDX-License-Identifier: Apache-2.0 */
/* zt.c - the functions of zt/zt.h that take a device. */
#include "zt/zt.h"

#include "log/enter.h"
#include "log/verbs.h"
#include "session/verbs.h"

enum zt_err
zt_sync(struct zt *z)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = log_sync(z);
	return log_leave(z, err);
}

enum zt_err
zt_check_store(struct zt *z, uint64_t *records)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = session_check_store(z, records);
	return log_leave(z, err);
}
