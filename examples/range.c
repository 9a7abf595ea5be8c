/* range.c - embeds libzt: writes a part of a file to standard output, from any place on, while
 * the rest is still on the servers. A player seeks like this.
 *
 *   cc range.c $(pkg-config --cflags --libs zt) -o range
 *   ./range STATE_FOLDER PASSWORD_FILE WORKSPACE:/PATH OFFSET [COUNT]
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "zt/reader.h"

static int
fail(const struct zt *z, const char *what, enum zt_err err)
{
	(void)fprintf(stderr, "%s: %s (%s)\n", what, zt_err_text(err),
	    z != NULL ? zt_error_message(z) : "");
	return zt_err_exit(err);
}

/* From FROM on, COUNT bytes at most. */
static enum zt_err
play(struct zt_reader *r, uint64_t from, uint64_t count)
{
	static char piece[65536];
	enum zt_err err = ZT_OK;
	size_t got = 1;

	while (err == ZT_OK && got > 0 && count > 0) {
		size_t n = count < sizeof piece ? (size_t)count : sizeof piece;

		if ((err = zt_reader_read(r, from, piece, n, &got)) == ZT_OK &&
		    fwrite(piece, 1, got, stdout) != got)
			err = ZT_ERR_IO;
		from += got;
		count -= got;
	}
	return err;
}

int
main(int argc, char **argv)
{
	char password[256] = "";
	struct zt_options o = { .password = password };
	struct zt_reader *r = NULL;
	struct zt *z = NULL;
	enum zt_err err;
	int code = 0;
	FILE *f;

	if (argc < 5 || (f = fopen(argv[2], "re")) == NULL ||
	    fgets(password, sizeof password, f) == NULL) {
		(void)fprintf(stderr,
		    "usage: range STATE PASSWORD_FILE WORKSPACE:/PATH OFFSET [COUNT]\n");
		return 64;
	}
	(void)fclose(f);
	password[strcspn(password, "\n")] = 0;
	o.home = argv[1];
	if ((err = zt_open(&o, &z, NULL)))
		return fail(NULL, argv[1], err);
	if ((err = zt_reader_open(z, argv[3], 0, &r)) ||
	    (err = play(r, strtoull(argv[4], NULL, 10),
		 argc > 5 ? strtoull(argv[5], NULL, 10) : UINT64_MAX)))
		code = fail(z, argv[3], err);
	zt_reader_close(r);
	zt_close(z);
	return code;
}
