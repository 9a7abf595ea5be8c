/* SPDX-License-Identifier: Apache-2.0 */
/* hear.c - the functions of zt/sync.h that wait for nobody. */
#include "log/enter.h"
#include "people/verbs.h"
#include "zt/sync.h"

enum zt_err
zt_listen(struct zt *z, char url[ZT_LISTEN_URL], char first[ZT_LISTEN_FIRST])
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = people_listen(z, url, first);
	return log_leave(z, err);
}

enum zt_err
zt_hear(struct zt *z, const void *message, size_t n, const struct zt_watch *w)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = people_hear(z, message, n, w);
	return log_leave(z, err);
}
