/* share.c - embeds libzt: opens a device, makes a workspace, puts a file into it and shares it.
 *
 *   cc share.c $(pkg-config --cflags --libs zt) -o share
 *   ./share STATE_FOLDER PASSWORD_FILE WORKSPACE FILE USER
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "zt/file.h"
#include "zt/workspace.h"

static int
fail(const struct zt *z, const char *what, enum zt_err err)
{
	(void)fprintf(stderr, "%s: %s (%s)\n", what, zt_err_text(err),
	    z != NULL ? zt_error_message(z) : "");
	return zt_err_exit(err);
}

static void
show(void *ctx, const struct zt_file *f)
{
	(void)ctx;
	(void)printf("%s%s\n", f->path, f->is_folder ? "/" : "");
}

int
main(int argc, char **argv)
{
	char password[256] = "", remote[512];
	struct zt_options o = { .password = password };
	struct zt *z = NULL;
	enum zt_err err;
	int code = 0;
	FILE *f;

	if (argc != 6 || (f = fopen(argv[2], "re")) == NULL ||
	    fgets(password, sizeof password, f) == NULL) {
		(void)fprintf(stderr, "usage: share STATE PASSWORD_FILE WORKSPACE FILE USER\n");
		return 64;
	}
	(void)fclose(f);
	password[strcspn(password, "\n")] = 0;
	o.home = argv[1];
	if ((err = zt_open(&o, &z, NULL)))
		return fail(NULL, argv[1], err);
	(void)snprintf(remote, sizeof remote, "%s:/%s", argv[3],
	    strrchr(argv[4], '/') ? strrchr(argv[4], '/') + 1 : argv[4]);
	if ((err = zt_workspace_create(z, argv[3])))
		code = fail(z, "create", err);
	else if ((err = zt_put(z, argv[4], remote, NULL, NULL)))
		code = fail(z, "put", err);
	else if ((err = zt_workspace_share(z, argv[3], argv[5], "reader")))
		code = fail(z, "share", err);
	else if ((err = zt_ls(z, remote, false, false, show, NULL)))
		code = fail(z, "ls", err);
	zt_close(z);
	return code;
}
