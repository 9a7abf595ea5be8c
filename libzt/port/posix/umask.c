/* SPDX-License-Identifier: Apache-2.0 */
#include "port/umask.h"

#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>

unsigned
port_umask(void)
{
	FILE *f = fopen("/proc/self/status", "re");
	char line[256];
	unsigned mask = 0777;
	bool is_known = false;

	while (f != NULL && !is_known && fgets(line, sizeof line, f) != NULL)
		is_known = sscanf(line, "Umask: %o", &mask) == 1;
	if (f != NULL)
		(void)fclose(f);
	if (!is_known) { /* no /proc, or of a kernel before 4.7 */
		mask = umask(0);
		(void)umask((mode_t)mask);
	}
	return mask;
}
