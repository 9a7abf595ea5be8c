/* write.c - embeds libzt: writes standard input to a file of a workspace, while more arrives;
 * or over a part of what is there, of which the rest is not sent again. An editor saves like
 * this.
 *
 *   cc write.c $(pkg-config --cflags --libs zt) -o write
 *   ./write STATE_FOLDER PASSWORD_FILE WORKSPACE:/PATH [OFFSET] <FILE
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "zt/writer.h"

static int
fail(const struct zt *z, const char *what, enum zt_err err)
{
	(void)fprintf(stderr, "%s: %s (%s)\n", what, zt_err_text(err),
	    z != NULL ? zt_error_message(z) : "");
	return zt_err_exit(err);
}

static enum zt_err
write_all(struct zt_writer *w, uint64_t at)
{
	static char piece[65536];
	enum zt_err err = ZT_OK;
	size_t n;

	while (err == ZT_OK && (n = fread(piece, 1, sizeof piece, stdin)) > 0) {
		err = zt_writer_write(w, at, piece, n);
		at += n;
	}
	return err == ZT_OK && ferror(stdin) ? ZT_ERR_IO : err;
}

int
main(int argc, char **argv)
{
	char password[256] = "";
	struct zt_options o = { .password = password };
	struct zt_writer *w = NULL;
	struct zt_committed c;
	struct zt *z = NULL;
	enum zt_err err;
	int code = 0;
	FILE *f;

	if (argc < 4 || (f = fopen(argv[2], "re")) == NULL ||
	    fgets(password, sizeof password, f) == NULL) {
		(void)fprintf(
		    stderr, "usage: write STATE PASSWORD_FILE WORKSPACE:/PATH [OFFSET]\n");
		return 64;
	}
	(void)fclose(f);
	password[strcspn(password, "\n")] = 0;
	o.home = argv[1];
	if ((err = zt_open(&o, &z, NULL)))
		return fail(NULL, argv[1], err);
	if ((err = zt_writer_open(z, argv[3], argc > 4 ? ZT_NEWEST : 0, &w)) ||
	    (err = write_all(w, argc > 4 ? strtoull(argv[4], NULL, 10) : 0)) ||
	    (err = zt_writer_commit(w, ZT_COMMIT_OR_CONFLICT, &c)))
		code = fail(z, argv[3], err);
	zt_writer_close(w); /* what was not committed is forgotten */
	zt_close(z);
	return code;
}
