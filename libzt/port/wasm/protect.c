/* SPDX-License-Identifier: Apache-2.0 */
/* protect.c - a browser keeps no keys for a device: a password protects it. */
#include "port/held_key.h"
#include "port/protect_desktop.h"
#include "port/protect_token.h"

enum zt_err
held_key_put(const struct hash *name, const struct secret *key, unsigned seconds)
{
	(void)name;
	(void)key;
	(void)seconds;
	return ZT_ERR_UNAVAILABLE;
}

enum zt_err
held_key_get(const struct hash *name, struct secret **out)
{
	(void)name;
	(void)out;
	return ZT_ERR_NOT_FOUND;
}

enum zt_err
held_key_drop(const struct hash *name)
{
	(void)name;
	return ZT_ERR_NOT_FOUND;
}

enum zt_err
protect_desktop_new(const struct id *item, unsigned seconds, struct secret **out)
{
	(void)item;
	(void)seconds;
	(void)out;
	return ZT_ERR_UNAVAILABLE;
}

enum zt_err
protect_desktop_open(const struct id *item, unsigned seconds, struct secret **out)
{
	(void)item;
	(void)seconds;
	(void)out;
	return ZT_ERR_UNAVAILABLE;
}

void
protect_desktop_forget(const struct id *item, unsigned seconds)
{
	(void)item;
	(void)seconds;
}

enum zt_err
protect_token_new(const char *uri, const char *pin, struct buf *wrapped, struct secret **out)
{
	(void)uri;
	(void)pin;
	(void)wrapped;
	(void)out;
	return ZT_ERR_UNAVAILABLE;
}

enum zt_err
protect_token_open(const char *uri, const char *pin, struct bytes wrapped, struct secret **out)
{
	(void)uri;
	(void)pin;
	(void)wrapped;
	(void)out;
	return ZT_ERR_UNAVAILABLE;
}
