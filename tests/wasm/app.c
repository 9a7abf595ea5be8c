/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* app.c - what check.mjs asks of libzt: each line of its input is one act, as the command line
 * would do it. Only public headers. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "zt/enrol.h"
#include "zt/file.h"
#include "zt/org.h"
#include "zt/sync.h"
#include "zt/workspace.h"
#include "zt/zt.h"

#define EXPORT(name) __attribute__((export_name(#name)))
#define HOST(name) __attribute__((import_module("zt"), import_name(#name)))
HOST(print) void host_print(const char *line, size_t n);
HOST(pick) int host_pick(const char *a, const char *b, const char *c, const char *d);

static struct app {
	struct zt *z;
	char message[256];
} app;

__attribute__((format(printf, 1, 2))) static void
say(const char *format, ...)
{
	char line[2048];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line, sizeof line, format, args);
	va_end(args);
	if (n > 0)
		host_print(line, (size_t)n < sizeof line ? (size_t)n : sizeof line - 1);
}

static int
end(enum zt_err err)
{
	const char *message = app.z != NULL ? zt_error_message(app.z) : app.message;

	if (err)
		say("%s: %s", zt_err_name(err), message[0] != 0 ? message : zt_err_text(err));
	return (int)err;
}

int app_open(const char *home, const char *password);
void app_close(void);
int app_claim(const char *home, const char *password, const char *link, const char *email);
int app_workspaces(void);
int app_list(const char *path);
int app_put(const char *local, const char *remote);
int app_get(const char *remote, const char *local);
int app_verify(const char *workspace);

EXPORT(app_open)
int
app_open(const char *home, const char *password)
{
	struct zt_options o = { .home = home, .password = password };

	return end(zt_open(&o, &app.z, app.message));
}

EXPORT(app_close)
void
app_close(void)
{
	zt_close(app.z);
	app.z = NULL;
}

static void
show(void *ctx, const char *code)
{
	(void)ctx;
	say("code %s", code);
}

/* The host answers -1 until it knows what the other screen shows. */
static int
pick(void *ctx, const char *const choices[4], bool (*runs)(void *arg), void *arg)
{
	int at;

	(void)ctx;
	while ((at = host_pick(choices[0], choices[1], choices[2], choices[3])) < 0) {
		if (!runs(arg))
			return ZT_PICK_LEFT;
		(void)usleep(500 * 1000);
	}
	return at;
}

static bool
waiting(void *ctx)
{
	(void)ctx;
	return false;
}

EXPORT(app_claim)
int
app_claim(const char *home, const char *password, const char *link, const char *email)
{
	struct zt_options o = { .home = home, .password = password };
	struct zt_claim c = {
		.link = link, .email = email, .name = "Wanda", .device_label = "browser"
	};
	struct zt_codes codes = { .show = show, .pick = pick, .waiting = waiting };

	return end(zt_claim(&o, &c, &codes, app.message));
}

static void
on_workspace(void *ctx, const struct zt_workspace *w)
{
	(void)ctx;
	say("%s %s", w->name, w->role);
}

EXPORT(app_workspaces)
int
app_workspaces(void)
{
	return end(zt_workspaces(app.z, on_workspace, NULL));
}

static void
on_file(void *ctx, const struct zt_file *f)
{
	(void)ctx;
	say("%s%s", f->path, f->is_folder ? "/" : "");
}

EXPORT(app_list)
int
app_list(const char *path)
{
	return end(zt_ls(app.z, path, true, false, on_file, NULL));
}

EXPORT(app_put)
int
app_put(const char *local, const char *remote)
{
	return end(zt_put(app.z, local, remote, NULL, NULL));
}

EXPORT(app_get)
int
app_get(const char *remote, const char *local)
{
	return end(zt_get(app.z, remote, local, NULL, NULL));
}

EXPORT(app_verify)
int
app_verify(const char *workspace)
{
	struct zt_check k = { 0 };

	return end(zt_verify(app.z, workspace, NULL, &k));
}
