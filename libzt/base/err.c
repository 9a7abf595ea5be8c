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

enum zt_err
err_from_number(unsigned number)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if ((unsigned)rows[i].err == number)
			return rows[i].err;
	return ZT_ERR_CORRUPT;
}
