/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* end_at.c - loaded into zt by tests/cli/leave_test.sh (LD_PRELOAD): counts the places where a
 * program can be ended and ends it at place END_AT by the signal END_BY, "before" or "after"
 * what happens there. A place is a request that says something (a look that finds nothing yet
 * is none), a question to the person, or a file that comes into being. Without END_AT it writes
 * to END_COUNT how many there were. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

static unsigned places;
static int answered = 1;

static void
end(void)
{
	const char *by = getenv("END_BY");

	(void)kill(getpid(), by != NULL && strcmp(by, "INT") == 0 ? SIGINT : SIGKILL);
}

static void
place(void)
{
	const char *at = getenv("END_AT"), *count = getenv("END_COUNT");
	FILE *f;

	places++;
	if (at != NULL && (unsigned)atoi(at) == places)
		end();
	if (count != NULL && (f = fopen(count, "we")) != NULL) {
		(void)fprintf(f, "%u\n", places);
		(void)fclose(f);
	}
}

static void *
real(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

/* Whether a request says anything: a look of greet or claim has a body of a few bytes. */
static int
says_something(const char *p, size_t n)
{
	static const char length[] = "Content-Length: ";
	const char *route, *body;

	if (n < 16 || (memcmp(p, "POST ", 5) != 0 && memcmp(p, "PUT ", 4) != 0 &&
			  memcmp(p, "GET ", 4) != 0 && memcmp(p, "DELETE ", 7) != 0))
		return 0;
	route = memmem(p, n, "/greet", 6);
	if (route == NULL)
		route = memmem(p, n, "/claim", 6);
	body = memmem(p, n, length, sizeof length - 1);
	return route == NULL || body == NULL || atoi(body + sizeof length - 1) > 30;
}

ssize_t
send(int fd, const void *p, size_t n, int flags)
{
	ssize_t (*next)(int, const void *, size_t, int) =
	    (ssize_t(*)(int, const void *, size_t, int))real("send");

	if (says_something(p, n)) {
		place(); /* before the request leaves */
		answered = 0;
	}
	return next(fd, p, n, flags);
}

ssize_t
recv(int fd, void *p, size_t n, int flags)
{
	ssize_t (*next)(int, void *, size_t, int) =
	    (ssize_t(*)(int, void *, size_t, int))real("recv");
	ssize_t got = next(fd, p, n, flags);

	if (got > 0 && !answered && !(flags & MSG_PEEK)) {
		answered = 1;
		place(); /* it was answered, and nobody has read that */
	}
	return got;
}

int
link(const char *from, const char *to)
{
	int (*next)(const char *, const char *) =
	    (int (*)(const char *, const char *))real("link");
	int rv;

	place();
	rv = next(from, to);
	place();
	return rv;
}

int
rename(const char *from, const char *to)
{
	int (*next)(const char *, const char *) =
	    (int (*)(const char *, const char *))real("rename");
	int rv;

	place();
	rv = next(from, to);
	place();
	return rv;
}

char *
fgets(char *out, int size, FILE *f)
{
	char *(*next)(char *, int, FILE *) = (char *(*)(char *, int, FILE *))real("fgets");

	if (f == stdin)
		place();
	return next(out, size, f);
}

char *
__fgets_chk(char *out, size_t room, int size, FILE *f)
{
	char *(*next)(char *, size_t, int, FILE *) =
	    (char *(*)(char *, size_t, int, FILE *))real("__fgets_chk");

	if (f == stdin)
		place();
	return next(out, room, size, f);
}
