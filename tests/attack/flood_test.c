/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* flood_test.c - rows N1 and N3: what strangers can make the gateway hold and do. Each test has
 * a gateway of its own before the real services, with the limits that it is about; "another
 * address" is another one of 127.0.0.0/8. */
#include "test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "crypto/suite.h"
#include "format/httpsig.h"
#include "format/pb.h"
#include "world.h"

enum { ADDRESS_OWN = 1, MIB = 1 << 20 };

static double
now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
pause_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	(void)nanosleep(&t, NULL);
}

/* ---- a gateway of the test's own ---- */

struct gate {
	struct scene *s;
	pid_t pid;
	int port;
	char port_file[128];
};

static pid_t running;

static void
end_gate(void)
{
	if (running > 0) {
		(void)kill(running, SIGKILL);
		(void)waitpid(running, NULL, 0);
	}
	running = 0;
}

/* The world's settings, without those of its listeners, and MORE. */
static void
write_config(struct scene *s, const char *port_file, const char *more, char path[160])
{
	char from[160], line[512];
	FILE *in, *out;

	(void)snprintf(from, sizeof from, "%s/config/gateway.yaml", s->w->state);
	(void)snprintf(path, 160, "%s/config/gate.yaml", s->w->state);
	assert_non_null(in = fopen(from, "re"));
	assert_non_null(out = fopen(path, "we"));
	while (fgets(line, sizeof line, in) != NULL)
		if (strncmp(line, "port", 4) != 0 && strncmp(line, "metrics", 7) != 0)
			(void)fputs(line, out);
	(void)fprintf(out, "port: 0\nport_file: %s\n%s", port_file, more);
	assert_int_equal(0, fclose(out));
	(void)fclose(in);
}

static void
gate_open(struct scene *s, const char *more, struct gate *g)
{
	char self[512] = "", config[160], program[600], *at;
	FILE *f;

	end_gate(); /* of a test that failed */
	*g = (struct gate){ .s = s };
	(void)snprintf(g->port_file, sizeof g->port_file, "%s/gate-port", s->w->state);
	(void)unlink(g->port_file);
	write_config(s, g->port_file, more, config);
	assert_true(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
	assert_non_null(at = strstr(self, "/tests/"));
	*at = 0;
	(void)snprintf(program, sizeof program, "%s/bin/zt-gateway", self);
	if ((g->pid = fork()) == 0) {
		char log[160];

		(void)snprintf(log, sizeof log, "%s/gate.log", s->w->state);
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)!freopen(log, "a", stderr);
		(void)!freopen(log, "a", stdout);
		(void)execl(program, program, "--config", config, (char *)NULL);
		_exit(127);
	}
	running = g->pid;
	for (int i = 0; i < 1000 && g->port == 0; i++) {
		pause_ms(10);
		if ((f = fopen(g->port_file, "re")) == NULL)
			continue;
		if (fscanf(f, "%d", &g->port) != 1)
			g->port = 0;
		(void)fclose(f);
	}
	assert_true(g->port > 0);
}

/* What it said before it ended otherwise than it should. */
static void
print_log(const struct gate *g)
{
	char log[160], line[512];
	FILE *f;

	(void)snprintf(log, sizeof log, "%s/gate.log", g->s->w->state);
	if ((f = fopen(log, "re")) == NULL)
		return;
	while (fgets(line, sizeof line, f) != NULL)
		print_message("%s", line);
	(void)fclose(f);
}

static void
gate_close(struct gate *g)
{
	int status = 0;

	assert_int_equal(0, kill(g->pid, SIGTERM));
	assert_int_equal(g->pid, waitpid(g->pid, &status, 0));
	running = 0;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		print_log(g);
	assert_true(WIFEXITED(status));
	assert_int_equal(0, WEXITSTATUS(status));
}

/* ---- callers ---- */

/* A connection from 127.0.0.FROM; -1 when it is not let in. */
static int
try_dial(const struct gate *g, unsigned from)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)g->port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in own = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(0x7f000000 + from) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	if (bind(fd, (struct sockaddr *)&own, sizeof own) == 0 &&
	    connect(fd, (struct sockaddr *)&to, sizeof to) == 0)
		return fd;
	(void)close(fd);
	return -1;
}

static int
dial(const struct gate *g, unsigned from)
{
	int fd = try_dial(g, from);

	assert_true(fd >= 0);
	return fd;
}

static void
say(int fd, const void *p, size_t n)
{
	const char *at = p;

	while (n > 0) {
		ssize_t sent = send(fd, at, n, MSG_NOSIGNAL);

		if (sent <= 0)
			return; /* refused: the answer says why */
		at += sent;
		n -= (size_t)sent;
	}
}

/* The status of the next answer on FD within SECONDS, read whole; 0: closed; -1: none came. */
static int
status_within(int fd, double seconds)
{
	char text[4096] = "";
	size_t got = 0, want = 0;
	double end = now() + seconds;
	int status = 0;

	while (want == 0 || got < want) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		double left = end - now();
		ssize_t n;
		char *body, *length;

		if (left <= 0 || poll(&p, 1, (int)(left * 1000) + 1) <= 0)
			return -1;
		n = recv(fd, text + got, sizeof text - 1 - got, 0);
		if (n <= 0)
			return status;
		got += (size_t)n;
		text[got] = 0;
		if (want > 0 || (body = strstr(text, "\r\n\r\n")) == NULL)
			continue;
		(void)sscanf(text, "HTTP/1.1 %d", &status);
		length = strcasestr(text, "content-length:");
		want = (size_t)(body + 4 - text) +
		       (length != NULL ? strtoul(length + 15, NULL, 10) : 0);
		if (want >= sizeof text)
			return status; /* its begin is enough */
	}
	return status;
}

static const char *
digest_field(const void *ctx, const char *name)
{
	return strcmp(name, "content-digest") == 0 ? ctx : NULL;
}

/* What is signed, and how. */
struct ask {
	enum route route;
	struct bytes body;
	const char *extra;   /* header lines */
	bool is_signed;      /* by the device; zeros otherwise */
	const struct id *as; /* the device that is named; NULL: its own */
};

/* A whole request of P's device, which the caller frees. */
static struct buf
request_of(const struct person *p, const struct ask *a)
{
	struct buf target = buf_init(1024), input = buf_init(2048), signature = buf_init(256),
		   digest = buf_init(256), all = buf_init(32 * MIB);
	struct route_params params = { .org = p->zt->org };
	struct httpsig_params sp = { .org = p->zt->org,
		.device = a->as != NULL ? *a->as : p->zt->device,
		.created_s = (uint64_t)time(NULL),
		.covers_digest = a->body.n > 0 };
	struct httpsig_message m = { .method = route_verb(route_row(a->route)->verb),
		.authority = "",
		.field = digest_field };
	uint8_t nonce[16];

	sp.expires_s = sp.created_s + 110;
	suite_random(nonce, sizeof nonce);
	hex_print(nonce, sizeof nonce, sp.nonce);
	route_path(a->route, &params, &target);
	if (a->body.n > 0)
		httpsig_digest(a->body, &digest);
	m.target = buf_text(&target);
	m.ctx = buf_text(&digest);
	assert_ok(httpsig_sign(&m, &sp, p->zt->sign, &input, &signature));
	buf_printf(&all, "%s %s HTTP/1.1\r\nhost: x\r\nsignature-input: %s\r\n", m.method,
	    m.target, buf_text(&input));
	if (a->is_signed)
		buf_printf(&all, "signature: %s\r\n", buf_text(&signature));
	else
		buf_printf(&all, "signature: zt=:%.86s==:\r\n",
		    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
		    "AAAAAAAAAAAAAAAA");
	if (a->body.n > 0)
		buf_printf(&all, "content-digest: %s\r\ncontent-length: %zu\r\n",
		    buf_text(&digest), a->body.n);
	buf_printf(&all, "%s\r\n", a->extra != NULL ? a->extra : "");
	buf_add(&all, a->body);
	assert_ok(buf_err(&all));
	buf_free(&target);
	buf_free(&input);
	buf_free(&signature);
	buf_free(&digest);
	return all;
}

/* The status of one call of P's, made from 127.0.0.FROM. */
static int
call_from(const struct gate *g, unsigned from, const struct person *p, const struct ask *a)
{
	struct buf request = request_of(p, a);
	int fd = dial(g, from), status;

	say(fd, request.p, request.n);
	status = status_within(fd, 8);
	(void)close(fd);
	buf_free(&request);
	return status;
}

static const struct ask good = { .route = ROUTE_DISCLOSURES, .is_signed = true };
static const struct ask bad = { .route = ROUTE_DISCLOSURES };

/* ---- N1 ---- */

static void
N1_bodies_that_nobody_signed_are_not_taken_and_signed_ones_are(void **state)
{
	enum { MANY = 40, SIZE = 24 * MIB - 1024 };
	struct scene *s = *state;
	struct bytes body = bytes_of(calloc(1, SIZE), SIZE);
	struct ask ask = { .route = ROUTE_PUSH, .body = body };
	struct id nobody;
	struct buf request;
	struct gate g;
	long before;
	int fd[MANY];

	assert_non_null(body.p);
	suite_random(nobody.b, ID_BYTES);
	gate_open(s, "", &g);
	before = process_kib(g.pid);
	for (int i = 0; i < MANY; i++) {
		ask.as = i % 2 == 0 ? NULL : &nobody;
		request = request_of(&s->alice, &ask);
		fd[i] = dial(&g, ADDRESS_OWN);
		say(fd[i], request.p, request.n - 64);
		buf_free(&request);
	}
	assert_in_range(process_kib(g.pid), 0, before + 8 * 1024);
	for (int i = 0; i < MANY; i++) {
		/* the answer, or the end of a connection that was still sending */
		assert_int_not_equal(-1, status_within(fd[i], 8));
		(void)close(fd[i]);
	}

	/* The same body is taken when its head is signed: it is answered by the service. */
	ask = (struct ask){ .route = ROUTE_PUSH, .body = body, .is_signed = true };
	assert_int_equal(403, call_from(&g, ADDRESS_OWN, &s->alice, &ask));
	gate_close(&g);
	free((void *)(uintptr_t)body.p);
}

static void
N1_a_body_that_comes_a_byte_at_a_time_ends_and_a_slow_one_does_not(void **state)
{
	enum { SIZE = 60000 };
	static const char head[] =
	    "POST /v1/orgs/00112233445566778899aabbccddeeff/invitations/"
	    "00112233445566778899aabbccddeeff/claimer HTTP/1.1\r\nhost: x\r\n"
	    "content-length: 60000\r\n\r\n";
	struct scene *s = *state;
	uint8_t piece[SIZE / 40] = { 0 };
	struct bytes body = bytes_of(calloc(1, MIB), MIB);
	struct ask ask = { .route = ROUTE_PUSH, .body = body, .is_signed = true };
	struct buf request = request_of(&s->alice, &ask);
	struct gate g;
	double began = now();
	int by_bytes, a_member, slow;

	gate_open(s, "least_rate: 4096\npatience: 1\n", &g);
	by_bytes = dial(&g, ADDRESS_OWN);
	a_member = dial(&g, ADDRESS_OWN);
	slow = dial(&g, ADDRESS_OWN);
	say(by_bytes, head, sizeof head - 1);
	say(a_member, request.p, request.n - MIB);
	say(slow, head, sizeof head - 1);
	for (int i = 0; i < 40; i++) { /* four seconds */
		say(by_bytes, piece, 1);
		say(a_member, piece, 1);
		say(slow, piece, sizeof piece);
		pause_ms(100);
	}
	assert_int_equal(0, status_within(by_bytes, 0.2));
	assert_int_equal(0, status_within(a_member, 0.2));
	assert_in_range(status_within(slow, 4), 400, 499); /* read whole, by the service */
	assert_true(now() - began < 20);
	(void)close(by_bytes);
	(void)close(a_member);
	(void)close(slow);
	gate_close(&g);
	buf_free(&request);
	free((void *)(uintptr_t)body.p);
}

/* An address that made too many unsigned calls waits for each refusal; signed calls are served
 * at once, from that address too. */
static void
N1_calls_that_nobody_signed_use_up_their_address_and_no_signed_call(void **state)
{
	static const char claim[] =
	    "POST /v1/orgs/00112233445566778899aabbccddeeff/invitations/"
	    "00112233445566778899aabbccddeeff/claimer HTTP/1.1\r\nhost: x\r\n"
	    "content-length: 1\r\n\r\nx";
	struct scene *s = *state;
	struct buf flood = request_of(&s->alice, &bad);
	struct gate g;
	double began;
	int fd, held[20], refused = 0;

	gate_open(s, "unproved_rate: 1\nunproved_burst: 40\n", &g);
	fd = dial(&g, 2);
	for (int i = 0; i < 40; i++) {
		say(fd, flood.p, flood.n);
		assert_int_equal(400, status_within(fd, 8));
	}
	began = now();
	for (int i = 0; i < 20; i++) {
		held[i] = dial(&g, 2);
		say(held[i], flood.p, flood.n);
	}
	for (int i = 0; i < 20; i++) {
		assert_in_range(status_within(held[i], 8), 400, 429);
		(void)close(held[i]);
	}
	assert_true(now() - began > 0.9); /* they waited */
	(void)close(fd);
	for (int i = 0; i < 8; i++) { /* who cannot sign; a token came back meanwhile */
		held[i] = dial(&g, 2);
		say(held[i], claim, sizeof claim - 1);
	}
	for (int i = 0; i < 8; i++) {
		refused += status_within(held[i], 8) == 429;
		(void)close(held[i]);
	}
	assert_in_range(refused, 4, 8);
	began = now();
	for (int i = 0; i < 10; i++)
		assert_int_equal(200, call_from(&g, 2, &s->alice, &good));
	assert_true(now() - began < 0.9);
	fd = dial(&g, 3); /* another address calls without a signature */
	say(fd, claim, sizeof claim - 1);
	assert_int_not_equal(429, status_within(fd, 8));
	(void)close(fd);
	gate_close(&g);
	buf_free(&flood);
}

/* Refusals of one address come one after the other, each within a time that a person waits. */
static void
N1_refusals_of_an_address_wait_for_each_other_and_for_no_more(void **state)
{
	enum { MANY = 120 };
	struct scene *s = *state;
	struct buf flood = request_of(&s->alice, &bad);
	double began, quarter = 0;
	struct gate g;
	int held[MANY];

	gate_open(s, "unproved_rate: 1\nunproved_burst: 1\n", &g);
	began = now();
	for (int i = 0; i < MANY; i++) {
		held[i] = dial(&g, 2);
		say(held[i], flood.p, flood.n);
	}
	for (int i = 0; i < MANY; i++) {
		assert_in_range(status_within(held[i], 15), 400, 429);
		if (i == MANY / 4)
			quarter = now() - began;
		(void)close(held[i]);
	}
	assert_true(quarter > 2);
	assert_true(now() - began > 5);
	assert_true(now() - began < 14); /* ten seconds at most, and a busy machine */
	gate_close(&g);
	buf_free(&flood);
}

static double
processor_s(pid_t pid)
{
	unsigned long user = 0, system = 0;
	char path[40];
	FILE *f;

	(void)snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	assert_non_null(f = fopen(path, "re"));
	assert_int_equal(
	    2, fscanf(f, "%*d %*s %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
		   &system));
	(void)fclose(f);
	return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

/* Requests that come before the answer to the first: while its refusal waits they wake nobody,
 * and afterwards the connection ends. */
static void
N1_a_stranger_who_sends_ahead_costs_nothing_and_is_let_go(void **state)
{
	enum { MANY = 60 };
	struct scene *s = *state;
	struct buf request = request_of(&s->alice, &bad), three = buf_init(65536);
	int fd[MANY];
	struct gate g;
	double before;
	char rest[64];

	gate_open(s, "unproved_rate: 1\nunproved_burst: 1\n", &g);
	for (int i = 0; i < 3; i++)
		buf_add(&three, buf_bytes(&request));
	for (int i = 0; i < MANY; i++) {
		fd[i] = dial(&g, 2);
		say(fd[i], three.p, three.n);
	}
	pause_ms(500);
	before = processor_s(g.pid);
	pause_ms(2000);
	print_message("%.2f s of processor time in 2 s\n", processor_s(g.pid) - before);
	assert_true(processor_s(g.pid) - before < 0.7); /* it took all of the 2 s */
	assert_in_range(status_within(fd[0], 15), 400, 429);
	assert_true(recv(fd[0], rest, sizeof rest, 0) <= 0);
	for (int i = 0; i < MANY; i++)
		(void)close(fd[i]);
	gate_close(&g);
	buf_free(&request);
	buf_free(&three);
}

/* More connections than there may be, from one address and from many: those that are let in
 * last take the places of strangers. */
static void
N1_a_connection_that_proved_nothing_gives_way(void **state)
{
	enum { MANY = 600 };
	static const char half[] = "GET /v1/orgs HTTP/1.1\r\nhost: x\r\nsignature: ";
	struct scene *s = *state;
	struct buf request = request_of(&s->alice, &good);
	struct gate g;
	int fd[MANY], alice;

	gate_open(s, "connections: 200\nconnections_per_address: 50\n", &g);
	alice = dial(&g, ADDRESS_OWN);
	say(alice, request.p, request.n);
	assert_int_equal(200, status_within(alice, 8));
	for (int i = 0; i < MANY; i++) {
		fd[i] = dial(&g, i < MANY / 2 ? ADDRESS_OWN : 2 + (unsigned)i % 20);
		say(fd[i], half, sizeof half - 1);
	}
	for (int i = 0; i < 20; i++)
		assert_int_equal(200, call_from(&g, ADDRESS_OWN, &s->alice, &good));
	buf_free(&request);
	request = request_of(&s->alice, &good); /* on the connection that she had before */
	say(alice, request.p, request.n);
	assert_int_equal(200, status_within(alice, 8));
	for (int i = 0; i < MANY; i++)
		(void)close(fd[i]);
	(void)close(alice);
	gate_close(&g);
	buf_free(&request);
}

/* ---- N3 ---- */

static void
N3_a_name_that_nobody_proved_spends_nothing_of_its_owners(void **state)
{
	struct scene *s = *state;
	struct buf flood = request_of(&s->alice, &bad);
	struct gate g;
	int fd, limited = 0;

	gate_open(s, "rate: 1\nburst: 40\nunproved_burst: 2000\n", &g);
	fd = dial(&g, 2);
	for (int i = 0; i < 200; i++) {
		say(fd, flood.p, flood.n);
		assert_int_equal(400, status_within(fd, 8));
	}
	(void)close(fd);
	for (int i = 0; i < 20; i++)
		assert_int_equal(200, call_from(&g, ADDRESS_OWN, &s->alice, &good));
	for (int i = 0; i < 60; i++) /* what she signs counts */
		limited += call_from(&g, ADDRESS_OWN, &s->alice, &good) == 429;
	assert_true(limited > 0);
	assert_int_equal(200, call_from(&g, ADDRESS_OWN, &s->bob, &good)); /* for her alone */
	gate_close(&g);
	buf_free(&flood);
}

/* ---- event sockets ---- */

#define UPGRADE                                                                                \
	"upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\n"           \
	"sec-websocket-protocol: zt-events\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

/* The first frame of a socket of P's: 0 when it listens (an empty frame), or the code with
 * which it was closed, and the sentence in WORDS. */
static unsigned
open_socket(
    const struct gate *g, const struct person *p, bool is_signed, char words[128], int *out)
{
	struct ask ask = { .route = ROUTE_EVENTS, .extra = UPGRADE, .is_signed = is_signed };
	struct buf request = request_of(p, &ask);
	int fd = dial(g, ADDRESS_OWN);
	uint8_t text[2048];
	const uint8_t *frame = NULL;
	size_t got = 0, n;

	say(fd, request.p, request.n);
	buf_free(&request);
	while (frame == NULL || got < (size_t)(frame - text) + 2) {
		struct pollfd wait = { .fd = fd, .events = POLLIN };
		ssize_t more;

		assert_int_equal(1, poll(&wait, 1, 8000));
		assert_true((more = recv(fd, text + got, sizeof text - got, 0)) > 0);
		got += (size_t)more;
		if ((frame = memmem(text, got, "\r\n\r\n", 4)) != NULL)
			frame += 4;
	}
	*out = fd;
	n = frame[1];
	if (frame[0] == 0x82)
		return n == 0 ? 0 : 1;
	assert_int_equal(0x88, frame[0]);
	assert_in_range(n, 2, 125);
	(void)snprintf(words, 128, "%.*s", (int)n - 2, (const char *)frame + 4);
	return (unsigned)(frame[2] << 8 | frame[3]);
}

/* Whether the gateway has not closed FD: nothing waits there but pings and events. */
static bool
is_open(int fd)
{
	uint8_t frame[512];
	ssize_t n = recv(fd, frame, sizeof frame, MSG_PEEK | MSG_DONTWAIT);

	return n > 0 ? memchr(frame, 0x88, (size_t)n) == NULL
		     : n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

/* Opens sockets of Alice's to FD until one is refused, and leaves out those that the gateway
 * closed meanwhile: it closes all when its line to messaging was silent, as on a busy machine.
 * At least FEW are taken. Returns
 * how many are open. */
static size_t
open_until_refused(
    const struct gate *g, const struct scene *s, int *fd, size_t few, size_t most)
{
	char words[128];
	size_t count = 0, kept = 0;
	unsigned code = 0;
	int refused;

	while (count < most && (code = open_socket(g, &s->alice, true, words, &fd[count])) == 0)
		count++;
	assert_int_equal(4000 + ZT_ERR_LIMIT, code);
	assert_string_equal("this device has as many event sockets as one may have", words);
	assert_true(count >= few);
	refused = fd[count];
	for (size_t i = 0; i < count; i++)
		if (is_open(fd[i]))
			fd[kept++] = fd[i];
		else
			(void)close(fd[i]);
	(void)close(refused);
	return kept;
}

static void
R4_a_device_has_a_few_event_sockets_and_each_hears(void **state)
{
	enum { FEW = 8, MOST = 8 * FEW };
	struct scene *s = *state;
	char words[128];
	struct gate g;
	size_t count;
	int fd[MOST], more, of_bob;

	gate_open(s, "", &g);
	count = open_until_refused(&g, s, fd, FEW, MOST);
	assert_in_range(count, 1, FEW);
	assert_int_equal(0, open_socket(&g, &s->bob, true, words, &of_bob));
	assert_int_equal(
	    4000 + ZT_ERR_SIGNATURE, open_socket(&g, &s->bob, false, words, &more));
	(void)close(more);
	assert_ok(zt_workspace_create(s->alice.zt, "heard"));
	for (size_t i = 0; i < count; i++) { /* the event, or the end of the socket */
		struct pollfd p = { .fd = fd[i], .events = POLLIN };

		assert_int_equal(1, poll(&p, 1, 8000));
	}
	(void)close(fd[0]); /* one that ended makes room for another */
	for (int i = 0; i < 50; i++) {
		unsigned code = open_socket(&g, &s->alice, true, words, &fd[0]);

		if (code == 0)
			break;
		assert_int_equal(4000 + ZT_ERR_LIMIT, code);
		(void)close(fd[0]);
		pause_ms(50);
		assert_int_not_equal(49, i);
	}
	for (size_t i = 0; i < count; i++)
		(void)close(fd[i]);
	(void)close(of_bob);
	gate_close(&g);
}

/* ---- behind a proxy ---- */

/* The status of a call that needs no signature, from 127.0.0.VIA, whose head has FIELD. */
static int
call_through(const struct gate *g, unsigned via, const char *field)
{
	char text[512];
	int fd = dial(g, via), status;

	(void)snprintf(text, sizeof text,
	    "POST /v1/orgs/00112233445566778899aabbccddeeff/invitations/"
	    "00112233445566778899aabbccddeeff/claimer HTTP/1.1\r\nhost: x\r\n"
	    "content-length: 1\r\n%s\r\nx",
	    field);
	say(fd, text, strlen(text));
	status = status_within(fd, 8);
	(void)close(fd);
	return status;
}

static void
N1_the_address_that_our_proxy_names_is_the_one_that_counts(void **state)
{
	enum { PROXY = 7, STRANGER = 8, BURST = 10, REFUSED = 429 };
	struct scene *s = *state;
	char field[64];
	struct gate g;
	int last = 0, refused = 0;

	gate_open(s, "proxies: 127.0.0.7, ::1\nunproved_rate: 1\nunproved_burst: 10\n", &g);
	for (int i = 0; i < 2 * BURST; i++)
		last = call_through(&g, PROXY, "x-forwarded-for: 192.0.2.1\r\n");
	assert_int_equal(REFUSED, last);
	assert_int_not_equal(
	    REFUSED, call_through(&g, PROXY, "x-forwarded-for: 192.0.2.2\r\n"));
	/* What the caller wrote stands before what the proxy adds. */
	for (int i = 0; i < 3; i++)
		last = call_through(
		    &g, PROXY, "x-forwarded-for: 192.0.2.3\r\nx-forwarded-for: 192.0.2.1\r\n");
	assert_int_equal(REFUSED, last);
	for (int i = 0; i < 3; i++)
		last = call_through(&g, PROXY, "x-forwarded-for: 192.0.2.3, 192.0.2.1\r\n");
	assert_int_equal(REFUSED, last);
	/* One site chooses among 2^64 addresses of IPv6: they count together. */
	for (int i = 0; i < 2 * BURST; i++) {
		(void)snprintf(field, sizeof field, "x-forwarded-for: 2001:db8::%x\r\n", i);
		last = call_through(&g, PROXY, field);
	}
	assert_int_equal(REFUSED, last);
	assert_int_not_equal(
	    REFUSED, call_through(&g, PROXY, "x-forwarded-for: 2001:db8:0:1::1\r\n"));
	/* X-Forwarded-For from an address that is no configured proxy is ignored. */
	for (int i = 0; i < BURST + 3; i++) {
		(void)snprintf(field, sizeof field, "x-forwarded-for: 198.51.100.%d\r\n", i);
		refused += call_through(&g, STRANGER, field) == REFUSED;
	}
	assert_in_range(refused, 1, 3);
	gate_close(&g);
}

/* ---- all of it ---- */

static void
N1_a_flood_of_everything_leaves_the_gateway_small_and_the_others_served(void **state)
{
	enum { MANY = 2400, BOUND = 160 * 1024 };
	static const char *const services[] = { "auth", "metadata", "blocks", "messaging" };
	struct scene *s = *state;
	struct ask socket = { .route = ROUTE_EVENTS, .extra = UPGRADE };
	struct buf unsigned_call = request_of(&s->alice, &bad),
		   unsigned_socket = request_of(&s->alice, &socket), slow = buf_init(70000);
	long before[4], at_most = 0;
	double began;
	struct gate g;
	int *fd = calloc(MANY, sizeof *fd);

	assert_non_null(fd);
	buf_add_text(&slow, "POST /v1/orgs/00112233445566778899aabbccddeeff/invitations/"
			    "00112233445566778899aabbccddeeff/claimer HTTP/1.1\r\nhost: x\r\n"
			    "content-length: 65536\r\n\r\n");
	assert_non_null(memset(buf_room(&slow, 65000), 'x', 65000));
	for (size_t i = 0; i < 4; i++)
		before[i] = world_kib(s->w, services[i]);
	gate_open(s, "", &g);
	began = now();
	for (unsigned i = 0; i < MANY; i++) {
		fd[i] = dial(&g, 2 + i / 4 % 8);
		if (i % 4 == 0)
			say(fd[i], slow.p, 4096);
		else if (i % 4 == 1)
			say(fd[i], unsigned_call.p, unsigned_call.n - 10);
		else if (i % 4 == 2)
			say(fd[i], unsigned_call.p, unsigned_call.n);
		else
			say(fd[i], unsigned_socket.p, unsigned_socket.n);
		if (i % 100 == 0)
			assert_int_equal(200, call_from(&g, ADDRESS_OWN, &s->alice, &good));
		if (process_kib(g.pid) > at_most)
			at_most = process_kib(g.pid);
	}
	for (unsigned i = 0; i < MANY; i += 4) {
		struct pollfd p = { .fd = fd[i], .events = POLLOUT };

		if (poll(&p, 1, 0) == 1 && (p.revents & POLLHUP) == 0)
			(void)!send(fd[i], slow.p + 4096, 60000, MSG_NOSIGNAL | MSG_DONTWAIT);
	}
	for (int i = 0; i < 20; i++)
		assert_int_equal(200, call_from(&g, ADDRESS_OWN, &s->alice, &good));
	if (process_kib(g.pid) > at_most)
		at_most = process_kib(g.pid);
	print_message("the gateway held %ld KiB at most, in %.1f s\n", at_most, now() - began);
	assert_in_range(at_most, 0, BOUND);
	for (size_t i = 0; i < 4; i++) {
		long after = world_kib(s->w, services[i]);

		print_message("%s: %ld KiB, then %ld\n", services[i], before[i], after);
		assert_in_range(after, 0, before[i] + 32 * 1024);
	}
	for (unsigned i = 0; i < MANY; i++)
		(void)close(fd[i]);
	gate_close(&g);
	buf_free(&unsigned_call);
	buf_free(&unsigned_socket);
	buf_free(&slow);
	free(fd);
}

static int
begin(void **state)
{
	struct rlimit files;

	(void)atexit(end_gate);
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	return scene_begin(state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    N1_bodies_that_nobody_signed_are_not_taken_and_signed_ones_are),
		cmocka_unit_test(
		    N1_a_body_that_comes_a_byte_at_a_time_ends_and_a_slow_one_does_not),
		cmocka_unit_test(
		    N1_calls_that_nobody_signed_use_up_their_address_and_no_signed_call),
		cmocka_unit_test(N1_refusals_of_an_address_wait_for_each_other_and_for_no_more),
		cmocka_unit_test(N1_a_stranger_who_sends_ahead_costs_nothing_and_is_let_go),
		cmocka_unit_test(N1_a_connection_that_proved_nothing_gives_way),
		cmocka_unit_test(N3_a_name_that_nobody_proved_spends_nothing_of_its_owners),
		cmocka_unit_test(R4_a_device_has_a_few_event_sockets_and_each_hears),
		cmocka_unit_test(N1_the_address_that_our_proxy_names_is_the_one_that_counts),
		cmocka_unit_test(
		    N1_a_flood_of_everything_leaves_the_gateway_small_and_the_others_served),
	};

	if (getenv("ONLY") != NULL)
		cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, begin, scene_end);
}
