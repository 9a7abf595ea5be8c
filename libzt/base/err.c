/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include <stddef.h>

struct row {
	enum zt_err err;
	int http, exit;
	bool retry;
	const char *name, *words;
};

static const struct row rows[] = {
	{ ZT_OK, 200, 0, false, "OK", "done" },
#define ERR(name, number, http, exit, retry, msgid)                                            \
	{ ZT_ERR_##name, http, exit, (retry) != 0, #name, msgid },
#include "base/err.def"
#undef ERR
};

static const struct row *
row_of(enum zt_err err)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (rows[i].err == err)
			return &rows[i];
	return row_of(ZT_ERR_CORRUPT);
}

const char *
err_text(enum zt_err err)
{
	return row_of(err)->words;
}

const char *
err_name(enum zt_err err)
{
	return row_of(err)->name;
}

int
err_http(enum zt_err err)
{
	return row_of(err)->http;
}

int
err_exit(enum zt_err err)
{
	return row_of(err)->exit;
}

bool
err_retry(enum zt_err err)
{
	return row_of(err)->retry;
}

/* What only this device can have: by its state, its password, or the person at it. */
static const enum zt_err own[] = { ZT_ERR_PASSWORD, ZT_ERR_CODES, ZT_ERR_LOCKED, ZT_ERR_USAGE,
	ZT_ERR_MISSING_KEY, ZT_ERR_WEAK, ZT_ERR_STORE, ZT_ERR_CLEAR, ZT_ERR_WHO, ZT_ERR_FOLDER,
	ZT_ERR_SOME, ZT_ERR_DECLINED, ZT_ERR_NO_DEVICE, ZT_ERR_NO_HANDLE, ZT_ERR_UNSURE,
	ZT_ERR_INTERRUPTED };

static bool
is_own(enum zt_err err)
{
	for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
		if (own[i] == err)
			return true;
	return false;
}

enum zt_err
err_from_number(unsigned number)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if ((unsigned)rows[i].err == number && !is_own(rows[i].err))
			return rows[i].err;
	return ZT_ERR_CORRUPT;
}
