/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* flood_bench.c - a good client beside a flood of strangers: what it keeps of its throughput,
 * and what gateway and services hold meanwhile.
 *
 *     flood_bench HOME PASSWORD WORKSPACE COUNT ROUNDS RUN
 *
 * RUN is the folder of the services' process ids. Each round sends COUNT signed requests over
 * 16 connections without the flood and with it. The flood is another process, with 8 other
 * addresses of 127.0.0.0/8; it sends as fast as it is let, and comes again when it is closed:
 * half heads, slow bodies, bodies of 24 MiB, calls and event sockets, all of them unsigned.
 * "itself" is what the flood takes of one processor, beside whom it is to slow down.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "chain/workspace.h"
#include "crypto/suite.h"
#include "device.h"
#include "load.h"

enum { LINES = 2000, KINDS = 5, ADDRESSES = 8, GOOD_LINES = 16, SERVICES = 5 };

/* ---- the flood ---- */

struct flood {
	int port;
	struct bytes part[KINDS]; /* what a line of each kind sends */
	bool is_slow[KINDS];      /* then a byte now and then */
	int lines, line[LINES];   /* an epoll, so that the flood itself costs little; sockets */
};

static void
come(struct flood *f, size_t i)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)f->port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in from = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(0x7f000102 + (uint32_t)(i / KINDS % ADDRESSES)) };
	struct bytes part = f->part[i % KINDS];
	struct epoll_event e = { .events = EPOLLIN, .data.u64 = i };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	if (f->line[i] >= 0)
		(void)close(f->line[i]);
	f->line[i] = fd;
	(void)bind(fd, (const struct sockaddr *)&from, sizeof from);
	if (connect(fd, (const struct sockaddr *)&to, sizeof to) == 0 || errno == EINPROGRESS)
		(void)!send(fd, part.p, part.n, MSG_NOSIGNAL);
	(void)epoll_ctl(f->lines, EPOLL_CTL_ADD, fd, &e);
}

/* Something came on line I, or it ended. */
static void
look(struct flood *f, size_t i)
{
	char answer[4096];
	struct bytes part = f->part[i % KINDS];
	ssize_t n = recv(f->line[i], answer, sizeof answer, 0);

	if (n > 0 && !f->is_slow[i % KINDS])
		(void)!send(f->line[i], part.p, part.n, MSG_NOSIGNAL);
	else if (n == 0 || (n < 0 && errno != EAGAIN))
		come(f, i);
}

static _Noreturn void
flood(struct flood *f)
{
	double next = load_now() + 2;

	struct epoll_event came[64];

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if ((f->lines = epoll_create1(0)) < 0)
		err(1, "epoll");
	for (size_t i = 0; i < LINES; i++) {
		f->line[i] = -1;
		come(f, i);
	}
	for (;;) {
		int n = epoll_wait(f->lines, came, 64, 100);

		for (int k = 0; k < n; k++)
			look(f, (size_t)came[k].data.u64);
		if (load_now() < next)
			continue;
		next = load_now() + 2;
		for (size_t i = 0; i < LINES; i++)
			if (f->is_slow[i % KINDS])
				(void)!send(f->line[i], "x", 1, MSG_NOSIGNAL);
	}
}

static struct bytes
text(const char *s)
{
	return bytes_of(s, strlen(s));
}

static void
prepare(struct flood *f, const struct zt *z)
{
	static const uint8_t seed[SIGN_SEED_BYTES] = { 9 };
	struct route_params p = { .org = z->org };
	struct sign_key *nobodys = NULL;

	ok(sign_from_seed(bytes_of(seed, sizeof seed), &nobodys));
	f->port = port_of(z);
	f->part[0] = text("GET /v1/orgs HTTP/1.1\r\nhost: x\r\nsignature: ");
	f->part[1] = text("POST /v1/orgs/00112233445566778899aabbccddeeff/invitations/"
			  "00112233445566778899aabbccddeeff/claimer HTTP/1.1\r\nhost: x\r\n"
			  "content-length: 65536\r\n\r\n");
	f->part[2] = request_of(nobodys, &z->org, &z->device, ROUTE_PUSH, &p, NULL,
	    bytes_of(NULL, 0), "content-length: 24000000\r\n");
	f->part[3] = request_of(
	    nobodys, &z->org, &z->device, ROUTE_DISCLOSURES, &p, NULL, bytes_of(NULL, 0), "");
	f->part[4] =
	    request_of(nobodys, &z->org, &z->device, ROUTE_EVENTS, &p, NULL, bytes_of(NULL, 0),
		"upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\n"
		"sec-websocket-protocol: zt-events\r\n"
		"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
	f->is_slow[0] = f->is_slow[1] = true;
}

/* ---- the good client ---- */

static struct load_result
serve(struct zt *z, const struct workspace *s, size_t count)
{
	struct bytes *list = calloc(count, sizeof *list);
	struct route_params p = { .org = z->org, .id = s->w->id };
	struct load_result r;
	char query[40];

	(void)snprintf(
	    query, sizeof query, "from=%llu", (unsigned long long)s->chain.position + 1);
	for (size_t i = 0; i < count; i++)
		list[i] = request_of(z->sign, &z->org, &z->device, ROUTE_CHAIN, &p, query,
		    bytes_of(NULL, 0), "");
	r = load_run(port_of(z), list, count, GOOD_LINES);
	for (size_t i = 0; i < count; i++)
		free((void *)(uintptr_t)list[i].p);
	free(list);
	if (r.bad > 0)
		errx(1, "%zu good requests were refused", r.bad);
	return r;
}

static size_t
mib_of(const char *run, const char *name)
{
	char path[512], line[256];
	size_t kib = 0;
	int pid = 0;
	FILE *f;

	(void)snprintf(path, sizeof path, "%s/%s.pid", run, name);
	if ((f = fopen(path, "re")) == NULL || fscanf(f, "%d", &pid) != 1)
		errx(1, "%s", path);
	(void)fclose(f);
	(void)snprintf(path, sizeof path, "/proc/%d/status", pid);
	if ((f = fopen(path, "re")) == NULL)
		errx(1, "%s is not running", name);
	while (fgets(line, sizeof line, f) != NULL)
		(void)sscanf(line, "VmRSS: %zu", &kib);
	(void)fclose(f);
	return kib / 1024;
}

static int
order(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double
median(double *v, size_t n)
{
	qsort(v, n, sizeof *v, order);
	return v[n / 2];
}

/* The seconds of processor time that PID, which is ending, took. */
static double
taken_by(pid_t pid)
{
	struct rusage r = { 0 };

	(void)wait4(pid, NULL, 0, &r);
	return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) +
	       (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6;
}

int
main(int argc, char **argv)
{
	static const char *const names[SERVICES] = { "gateway", "auth", "metadata", "blocks",
		"messaging" };
	static struct flood f;
	static const struct timespec settle = { 2, 0 };
	struct rlimit files;
	struct zt *z;
	struct workspace *s = NULL;
	size_t count, rounds, max[SERVICES] = { 0 };
	double rate[2][16], p99[2][16], kept[16], waits[16], itself[16], began;

	if (argc != 7)
		errx(64, "see the top of flood_bench.c");
	ok(suite_init());
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	z = open_device(argv[1], argv[2]);
	count = strtoul(argv[4], NULL, 10);
	rounds = strtoul(argv[5], NULL, 10);
	if (rounds == 0 || rounds > 16)
		errx(64, "1 to 16 rounds");
	ok(workspace_find(z, argv[3], &s));
	ok(workspace_sync(s));
	prepare(&f, z);
	for (size_t i = 0; i < rounds; i++) {
		struct load_result r = serve(z, s, count);
		pid_t pid;

		rate[0][i] = r.rate;
		p99[0][i] = r.p99_ms;
		began = load_now();
		if ((pid = fork()) == 0)
			flood(&f);
		(void)nanosleep(&settle, NULL);
		r = serve(z, s, count);
		rate[1][i] = r.rate;
		p99[1][i] = r.p99_ms;
		kept[i] = rate[1][i] / rate[0][i];
		waits[i] = p99[1][i] / p99[0][i];
		for (size_t k = 0; k < SERVICES; k++) {
			size_t mib = mib_of(argv[6], names[k]);

			if (mib > max[k])
				max[k] = mib;
		}
		(void)kill(pid, SIGKILL);
		itself[i] = taken_by(pid) / (load_now() - began);
	}
	printf("flood quiet %.0f/s %.2f ms beside %.0f/s %.2f ms kept %.2f p99 %.2f itself "
	       "%.2f memory",
	    median(rate[0], rounds), median(p99[0], rounds), median(rate[1], rounds),
	    median(p99[1], rounds), median(kept, rounds), median(waits, rounds),
	    median(itself, rounds));
	for (size_t k = 0; k < SERVICES; k++)
		printf("%s %s %zu", k > 0 ? "," : "", names[k], max[k]);
	printf(" MiB\n");
	zt_close(z);
	return 0;
}
