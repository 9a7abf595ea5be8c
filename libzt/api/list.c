/* SPDX-License-Identifier: Apache-2.0 */
/* list.c - the functions of zt/list.h that take a device. */
#include "zt/list.h"

#include "log/enter.h"
#include "tree/verbs.h"

enum zt_err
zt_list_open(struct zt *z, const char *remote, uint64_t time, enum zt_list_what what,
    struct zt_list **out)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = tree_list_open(z, remote, time, what, out);
	return log_leave(z, err);
}
