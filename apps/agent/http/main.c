/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* main.c - zt-agent: the client as a separate process, for the page and for zt. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <libgen.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "agent/agent.h"
#include "agent/settings.h"
#include "common/agent_place.h"
#include "common/l10n.h"
#include "common/standard.h"
#include "door/site.h"
#include "http/glue.h"
#include "http/serve.h"
#include "http/stream.h"

enum { EXIT_USAGE = 64, EXIT_RUNS = 75, EXIT_SOFTWARE = 70, EXIT_CANNOT = 73 };
enum { PAGE_CHECK_S = 6 * 3600, ENDS_MS = 10000, LOOK_MS = 20 };

static int
usage(FILE *to)
{
	(void)fprintf(to,
	    "%s\n\n"
	    "  --root DIR       %s\n"
	    "  --page DIR       %s\n"
	    "  --ca-file FILE   %s\n"
	    "  --insecure       %s\n"
	    "  --page-check S   %s\n",
	    _("usage: zt-agent [--root DIR] [--page DIR]"),
	    _("the folder of the devices' folders"), _("the files of the page"),
	    _("PEM file of the server's authority"),
	    _("allow http:// to other machines than this one"),
	    _("after how many seconds, on average and at random, the page that a server sends "
	      "is looked at; 21600 unless said, 0 for never"));
	return to == stdout ? 0 : EXIT_USAGE;
}

/* Keys are in no core file, no debugger's reach, and no swap where the system lets us say so.
 */
static void
harden(void)
{
	struct rlimit none = { 0, 0 }, locked;

	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	(void)umask(077);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN);
	if (getrlimit(RLIMIT_MEMLOCK, &locked) == 0 &&
	    (locked.rlim_max == RLIM_INFINITY || geteuid() == 0)) {
		locked.rlim_cur = locked.rlim_max;
		if (setrlimit(RLIMIT_MEMLOCK, &locked) == 0)
			(void)mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);
	}
}

/* Buffers of content are used again, instead of being given back and faulted in for each piece:
 * that was a quarter of what a download took here. */
static void
keep_memory(void)
{
	(void)mallopt(M_ARENA_MAX, 4);
	(void)mallopt(M_MMAP_THRESHOLD, 8 * 1024 * 1024);
	(void)mallopt(M_TRIM_THRESHOLD, 32 * 1024 * 1024);
}

/* Whether an agent listens at PATH; a socket alone may be of one that was killed. */
static bool
is_served(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	bool is;

	(void)snprintf(to.sun_path, sizeof to.sun_path, "%s", path);
	is = fd >= 0 &&
	     (connect(fd, (const struct sockaddr *)&to, sizeof to) == 0 || errno == EAGAIN);
	if (fd >= 0)
		(void)close(fd);
	return is;
}

/* Waits where the lock of FD has an agent that ends, which took its socket away, or one that
 * does not listen yet; zt waits longer (BEGINS_MS). */
static bool
take_lock(const struct agent *a, int fd)
{
	const struct timespec moment = { 0, LOOK_MS * 1000000L };

	for (int ms = 0; flock(fd, LOCK_EX | LOCK_NB) != 0; ms += LOOK_MS) {
		if (ms >= ENDS_MS || is_served(a->socket))
			return false;
		(void)nanosleep(&moment, NULL);
	}
	return true;
}

/* One agent a root: the one that has the lock, as long as it lives. */
static int
take_root(const struct agent *a)
{
	char path[PATH_MAX + 16];
	int fd;

	(void)snprintf(path, sizeof path, "%s/lock", a->place);
	if ((fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)) < 0) {
		agent_log("%s: %s", path, strerror(errno));
		return EXIT_CANNOT;
	}
	if (!take_lock(a, fd)) {
		agent_log("another agent serves %s", a->root);
		return EXIT_RUNS;
	}
	(void)unlink(a->socket); /* whose it was has ended */
	return 0;
}

/* The page that was installed with this program, or is in its build folder. */
static const char *
usual_page(char beside[PATH_MAX])
{
	char self[PATH_MAX] = "";

	if (readlink("/proc/self/exe", self, sizeof self - 1) > 0 &&
	    snprintf(beside, PATH_MAX, "%s/../share/zt/web", dirname(self)) < PATH_MAX &&
	    access(beside, R_OK | X_OK) == 0)
		return beside;
	return AGENT_PAGE;
}

static int
run(struct agent *a, const char *root, const char *page)
{
	struct agent_place place;
	char message[256];
	int code;

	if (!agent_place_of(root, &place) || !agent_place_make(&place)) {
		agent_log("%s: %s", root != NULL ? root : "HOME", strerror(errno));
		return EXIT_CANNOT;
	}
	(void)snprintf(a->root, sizeof a->root, "%s", place.root);
	(void)snprintf(a->place, sizeof a->place, "%s", place.folder);
	(void)snprintf(a->socket, sizeof a->socket, "%s", place.socket);
	a->is_usual = place.is_usual;
	if ((code = take_root(a)) != 0)
		return code;
	if (page != NULL && !site_read(page, &a->site, message))
		agent_log("%s", message);
	code = agent_run(a);
	(void)unlink(a->socket);
	site_free(a->site);
	explicit_bzero(&a->door, sizeof a->door);
	return code;
}

/* Of seconds, in a year at most. */
static bool
is_number(const char *text)
{
	size_t n = strlen(text);

	return n > 0 && n < 9 && strspn(text, "0123456789") == n;
}

int
main(int argc, char **argv)
{
	static const struct option options[] = { { "root", required_argument, NULL, 'r' },
		{ "page", required_argument, NULL, 'p' },
		{ "ca-file", required_argument, NULL, 'c' },
		{ "insecure", no_argument, NULL, 'i' },
		{ "page-check", required_argument, NULL, 'w' },
		{ "help", no_argument, NULL, 'h' }, { 0 } };
	struct serve_headers room;
	const struct agent_http http = { .protocols = glue_protocols,
		.headers = serve_headers,
		.room = &room,
		.address = stream_open,
		.forget = stream_forget };
	const char *root = NULL, *page;
	struct agent *a;
	char beside[PATH_MAX];
	bool in_clear = false;
	unsigned long page_check_s = PAGE_CHECK_S;
	const char *ca_file = NULL;
	int o, code;

	standard_begin();
	l10n_start();
	page = usual_page(beside);
	while ((o = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (o == 'r')
			root = optarg;
		else if (o == 'p')
			page = optarg;
		else if (o == 'c')
			ca_file = optarg;
		else if (o == 'i')
			in_clear = true;
		else if (o == 'w' && is_number(optarg))
			page_check_s = strtoul(optarg, NULL, 10);
		else
			return usage(o == 'h' ? stdout : stderr);
	if (optind < argc)
		return usage(stderr);
	harden();
	keep_memory();
	if ((a = calloc(1, sizeof *a)) == NULL)
		return EXIT_SOFTWARE;
	a->http = &http;
	a->ca_file = ca_file;
	a->in_clear = in_clear;
	a->page_check_ms = (uint64_t)page_check_s * 1000;
	code = run(a, root, page);
	free(a);
	return code;
}
