/* SPDX-License-Identifier: Apache-2.0 */
/* watch.c - the functions of zt/sync.h that take a device. */
#include "zt/sync.h"

#include "log/enter.h"
#include "people/verbs.h"

enum zt_err
zt_watch(struct zt *z, const struct zt_watch *w)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = people_watch(z, w);
	return log_leave(z, err);
}
