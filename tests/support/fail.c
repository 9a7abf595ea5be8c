/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* fail.c - an assertion that fails on another thread. cmocka keeps the words of a failure
 * for the test's end and jumps there: on another thread, that ends the program without a word.
 * Its _fail, which every assertion calls, is found here first. */
#include "test.h"

#include <dlfcn.h>
#include <stdio.h>
#include <unistd.h>

void
_fail(const char *file, int line)
{
	void (*theirs)(const char *, int) = NULL;
	void *symbol = dlsym(RTLD_NEXT, "_fail");

	if (symbol == NULL || gettid() != getpid()) {
		(void)fprintf(
		    stderr, "%s:%d: FAILED: an assertion on another thread\n", file, line);
		abort();
	}
	memcpy(&theirs, &symbol, sizeof theirs);
	theirs(file, line);
	abort(); /* it does not come back */
}
