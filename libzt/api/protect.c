/* SPDX-License-Identifier: Apache-2.0 */
/* protect.c - the functions of zt/protect.h: they begin with a state folder. */
#include "zt/protect.h"

#include "log/verbs.h"
#include "session/verbs.h"

enum zt_err
zt_unlock(const struct zt_options *o, unsigned seconds, char *message)
{
	return device_unlock(o, seconds, message);
}

enum zt_err
zt_lock(const struct zt_options *o, char *message)
{
	return device_lock(o, message);
}

enum zt_err
zt_check_password(const struct zt_options *o, char *message)
{
	return device_check_password(o, message);
}

enum zt_err
zt_change_password(const struct zt_options *o, const char *new_password, char *message)
{
	return device_change_password(o, new_password, message);
}

enum zt_err
zt_protect_by_token(const struct zt_options *o, const char *uri, const char *pin, char *message)
{
	return device_protect_by_token(o, uri, pin, message);
}

enum zt_err
zt_protect_by_desktop(const struct zt_options *o, char *message)
{
	return device_protect_by_desktop(o, message);
}

enum zt_err
zt_add_passkey(const struct zt_options *o, const struct zt_passkey *p, const void *output,
    size_t n, char *message)
{
	return device_add_passkey(o, p, output, n, message);
}

enum zt_err
zt_open_by_passkey(const struct zt_options *o, const struct zt_passkey_output *p,
    struct zt **out, char *message)
{
	return log_open_by_passkey(o, p, out, message);
}

enum zt_err
zt_check_passkey(const struct zt_options *o, const struct zt_passkey_output *p, char *message)
{
	return device_check_passkey(o, p, message);
}

enum zt_err
zt_remove_passkey(const struct zt_options *o, const char *credential, char *message)
{
	return device_remove_passkey(o, credential, message);
}

enum zt_err
zt_passkeys(const char *home, void (*each)(void *ctx, const struct zt_passkey *p), void *ctx)
{
	return device_passkeys(home, each, ctx);
}

int
zt_has_device(const char *home)
{
	return device_is_there(home);
}

int
zt_is_by_token(const char *home)
{
	return device_is_by_token(home);
}

int
zt_is_unlocked(const char *home)
{
	return device_is_unlocked(home);
}
