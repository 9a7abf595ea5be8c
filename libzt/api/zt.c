/* SPDX-License-Identifier: Apache-2.0 */
/* zt.c - the functions of zt/zt.h but for texts (text.c). */
#include "zt/zt.h"

#include "log/enter.h"
#include "log/open.h"
#include "log/verbs.h"
#include "session/session.h"
#include "session/verbs.h"

enum zt_err
zt_open(const struct zt_options *o, struct zt **out, char *message)
{
	return log_open(o, out, message);
}

enum zt_err
zt_open_again(struct zt *of, const struct zt_options *o, struct zt **out)
{
	return log_open_again(of, o, out);
}

void
zt_lend(struct zt *z)
{
	log_lend(z);
}

void
zt_close(struct zt *z)
{
	session_close(z);
}

const char *
zt_error_message(const struct zt *z)
{
	return session_message(z);
}

void
zt_error_of(const struct zt *z, enum zt_err err, struct zt_error *out)
{
	session_error_of(z, err, out);
}

void
zt_whoami(const struct zt *z, struct zt_identity *out)
{
	log_whoami(z, out);
}

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
