/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* argon2.c - passwords that cost little, for tests that open devices hundreds of times. Found
 * here before libargon2's, in a test or preloaded into the command line, argon2_ctx sees to it
 * that the full price was asked, and pays a small one. */
#include <argon2.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MIN_KIB = 256 * 1024, PASSES_MIN = 3, QUICK_KIB = 256 };

int
argon2_ctx(argon2_context *c, argon2_type type)
{
	int (*theirs)(argon2_context *, argon2_type) = NULL;
	void *library = dlopen("libargon2.so.1", RTLD_NOW);
	void *symbol = library != NULL ? dlsym(library, "argon2_ctx") : NULL;
	argon2_context quick = *c;

	if (symbol == NULL) {
		(void)fprintf(stderr, "%s\n", dlerror());
		abort();
	}
	if (type != Argon2_id || c->m_cost < MIN_KIB || c->t_cost < PASSES_MIN) {
		(void)fprintf(stderr, "a password was stretched less than is promised\n");
		abort();
	}
	memcpy(&theirs, &symbol, sizeof theirs);
	quick.m_cost = QUICK_KIB + c->m_cost % QUICK_KIB; /* the cost counts in the key still */
	quick.t_cost = c->t_cost % 32;
	quick.threads = 1;
	return theirs(&quick, type);
}
