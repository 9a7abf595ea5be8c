/* SPDX-License-Identifier: Apache-2.0 */
/* pki_file.c - a whole file, as it is. */
#include "join/pki_file.h"

#include <errno.h>
#include <stdio.h>

enum zt_err
pki_file_read(const char *path, struct buf *out)
{
	FILE *f = fopen(path, "rbe");
	uint8_t part[4096];
	size_t n;

	if (f == NULL)
		return errno == ENOENT ? ZT_ERR_NOT_FOUND : ZT_ERR_IO;
	while ((n = fread(part, 1, sizeof part, f)) > 0)
		buf_add(out, bytes_of(part, n));
	(void)fclose(f);
	return buf_err(out);
}
