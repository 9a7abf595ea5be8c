/* SPDX-License-Identifier: Apache-2.0 */
/* repair.c - the functions of zt/repair.h that take a device. */
#include "zt/repair.h"

#include "log/enter.h"
#include "restore/verbs.h"

enum zt_err
zt_repair(struct zt *z, void (*lost)(void *ctx, const struct zt_loss *l), void *ctx,
    struct zt_repaired *out)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = restore_repair(z, lost, ctx, out);
	return log_leave(z, err);
}
