/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "bus/private.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "crypto/suite.h"

enum zt_err
private_read(const char *name, const char *file, char *out, size_t max, char message[200])
{
	FILE *f = fopen(file, "re");
	const char *problem = NULL;
	struct stat st;
	size_t n = 0;

	if (f == NULL || fstat(fileno(f), &st) != 0)
		problem = "cannot be read";
	else if ((st.st_mode & 037) != 0)
		problem = "is open to others: its mode must be 0600 or 0640";
	else if (setvbuf(f, NULL, _IONBF, 0) != 0 || (n = fread(out, 1, max, f)) == 0 ||
		 ferror(f))
		problem = "cannot be read";
	else if (n == max || memchr(out, 0, n) != NULL)
		problem = "is too long, or no text";
	if (f != NULL)
		(void)fclose(f);
	if (problem == NULL) {
		out[n] = 0;
		return ZT_OK;
	}
	wipe(out, max);
	(void)snprintf(message, 200, "%.30s: %.100s %s", name, file, problem);
	return ZT_ERR_CONFIG;
}
