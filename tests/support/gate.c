/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <nng/nng.h>
#include <nng/protocol/reqrep0/rep.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bus/rpc.h"
#include "crypto/suite.h"
#include "format/event.h"
#include "format/httpsig.h"
#include "gate.h"
#include "test.h"

double
gate_now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void
gate_pause_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	(void)nanosleep(&t, NULL);
}

/* ---- a gateway of the test's own ---- */

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

/* Whether MORE sets what LINE sets. */
static bool
is_set_again(const char *line, const char *more)
{
	size_t n = strcspn(line, ":") + 1;

	for (; more != NULL; more = (more = strchr(more, '\n')) != NULL ? more + 1 : NULL)
		if (strncmp(line, more, n) == 0)
			return true;
	return false;
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
		if (strncmp(line, "port", 4) != 0 && strncmp(line, "metrics", 7) != 0 &&
		    !is_set_again(line, more))
			(void)fputs(line, out);
	(void)fprintf(out, "port: 0\nport_file: %s\n%s", port_file, more);
	assert_int_equal(0, fclose(out));
	(void)fclose(in);
}

void
gate_built(char out[512])
{
	char *at;

	(void)memset(out, 0, 512);
	assert_true(readlink("/proc/self/exe", out, 511) > 0);
	assert_non_null(at = strstr(out, "/tests/"));
	*at = 0;
}

static void
become_gateway(const struct scene *s, const char *config, const char *library)
{
	char from[512], log[160], program[600], preload[600];

	gate_built(from);
	(void)snprintf(program, sizeof program, "%s/bin/zt-gateway", from);
	(void)snprintf(preload, sizeof preload, "%s/tests/attack/%s", from,
	    library != NULL ? library : "");
	(void)snprintf(log, sizeof log, "%s/gate.log", s->w->state);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)!freopen(log, "a", stderr);
	(void)!freopen(log, "a", stdout);
	if (library != NULL) {
		(void)setenv("LD_PRELOAD", preload, 1);
		(void)setenv("ASAN_OPTIONS", "verify_asan_link_order=0", 1);
	}
	(void)execl(program, program, "--config", config, (char *)NULL);
	_exit(127);
}

/* The number that a starting program writes to PATH. */
static int
await_port(const char *path)
{
	FILE *f;
	int port = 0;

	for (int i = 0; i < 1000 && port == 0; i++) {
		gate_pause_ms(10);
		if ((f = fopen(path, "re")) == NULL)
			continue;
		if (fscanf(f, "%d", &port) != 1)
			port = 0;
		(void)fclose(f);
	}
	assert_true(port > 0);
	return port;
}

void
gate_open_with(struct scene *s, const char *more, const char *library, struct gate *g)
{
	char config[160];

	end_gate(); /* of a test that failed */
	*g = (struct gate){ .s = s };
	(void)snprintf(g->port_file, sizeof g->port_file, "%s/gate-port", s->w->state);
	(void)unlink(g->port_file);
	write_config(s, g->port_file, more, config);
	if ((g->pid = fork()) == 0)
		become_gateway(s, config, library);
	running = g->pid;
	g->port = await_port(g->port_file);
}

void
gate_open(struct scene *s, const char *more, struct gate *g)
{
	gate_open_with(s, more, NULL, g);
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

unsigned
gate_said(const struct gate *g, const char *word)
{
	char log[160], line[512];
	unsigned n = 0;
	FILE *f;

	(void)snprintf(log, sizeof log, "%s/gate.log", g->s->w->state);
	if ((f = fopen(log, "re")) == NULL)
		return 0;
	while (fgets(line, sizeof line, f) != NULL)
		n += strstr(line, word) != NULL;
	(void)fclose(f);
	return n;
}

int
gate_await_end(struct gate *g)
{
	int status = 0;

	assert_int_equal(g->pid, waitpid(g->pid, &status, 0));
	running = 0;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		print_log(g);
	return status;
}

void
gate_close(struct gate *g)
{
	int status;

	assert_int_equal(0, kill(g->pid, SIGTERM));
	status = gate_await_end(g);
	assert_true(WIFEXITED(status));
	assert_int_equal(0, WEXITSTATUS(status));
}

static double
processor_s(const struct gate *g)
{
	unsigned long user = 0, system = 0;
	char path[40];
	FILE *f;

	(void)snprintf(path, sizeof path, "/proc/%d/stat", (int)g->pid);
	assert_non_null(f = fopen(path, "re"));
	assert_int_equal(
	    2, fscanf(f, "%*d %*s %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
		   &system));
	(void)fclose(f);
	return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

/* On a busy machine the child gets as little as a gateway that spins. */
double
gate_share(const struct gate *g, long ms)
{
	double before = processor_s(g), took = gate_now() + (double)ms / 1000;
	struct rusage used;
	pid_t child = fork();

	if (child == 0) {
		while (gate_now() < took)
			;
		_exit(0);
	}
	assert_int_equal(child, wait4(child, NULL, 0, &used));
	took = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
	       (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
	return (processor_s(g) - before) / (took > 0.01 ? took : 0.01);
}

/* ---- callers ---- */

int
gate_dial_port(int port, unsigned from, bool is_narrow)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in own = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(0x7f000000 + from) };
	const int little = 4096, segment = 536;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	if (is_narrow) {
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &little, sizeof little);
		(void)setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof segment);
	}
	assert_int_equal(0, bind(fd, (struct sockaddr *)&own, sizeof own));
	assert_int_equal(0, connect(fd, (struct sockaddr *)&to, sizeof to));
	return fd;
}

int
gate_dial(const struct gate *g, unsigned from)
{
	return gate_dial_port(g->port, from, false);
}

void
gate_say(int fd, const void *p, size_t n)
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

void
gate_say_socket(int fd, const struct buf *request)
{
	const char *end = memmem(request->p, request->n, "\r\n\r\n", 4);
	size_t n = (size_t)(end + 4 - (const char *)request->p), got = 0;
	char text[1024];

	gate_say(fd, request->p, n);
	while (got == 0 || memmem(text, got, "\r\n\r\n", 4) == NULL) {
		struct pollfd wait = { .fd = fd, .events = POLLIN };
		ssize_t more;

		if (got == sizeof text || poll(&wait, 1, 8000) != 1 ||
		    (more = recv(fd, text + got, sizeof text - got, 0)) <= 0)
			return; /* refused: what comes next says why */
		got += (size_t)more;
	}
	gate_say(fd, request->p + n, request->n - n);
}

/* The status of the next answer on FD within SECONDS, read whole; 0: closed; -1: none came. */
int
gate_status(int fd, double seconds)
{
	char text[4096] = "";
	size_t got = 0, want = 0;
	double end = gate_now() + seconds;
	int status = 0;

	while (want == 0 || got < want) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		double left = end - gate_now();
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

void
gate_frame(struct bytes text, struct buf *out)
{
	const uint8_t head[] = { 0x81, 0x80 | 126, (uint8_t)(text.n >> 8), (uint8_t)text.n, 0,
		0, 0, 0 };

	buf_add(out, bytes_of(head, sizeof head));
	buf_add(out, text);
}

/* A whole request of P's device, which the caller frees. */
struct buf
gate_request(const struct person *p, const struct gate_ask *a)
{
	struct buf target = buf_init(1024), input = buf_init(2048), signature = buf_init(256),
		   digest = buf_init(256), first = buf_init(EVENT_FIRST_MAX),
		   all = buf_init(32 * GATE_MIB);
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
	random_bytes(nonce, sizeof nonce);
	hex_print(nonce, sizeof nonce, sp.nonce);
	route_path(a->route, &params, &target);
	if (a->body.n > 0)
		httpsig_digest(a->body, &digest);
	m.target = buf_text(&target);
	m.ctx = buf_text(&digest);
	assert_ok(httpsig_sign(&m, &sp, p->zt->sign, &input, &signature));
	if (!a->is_signed) {
		buf_empty(&signature);
		buf_printf(&signature, "zt=:%.86s==:",
		    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
		    "AAAAAAAAAAAAAAAA");
	}
	buf_printf(&all, "%s %s HTTP/1.1\r\nhost: x\r\n", m.method, m.target);
	if (a->route == ROUTE_EVENTS)
		event_first_write(buf_text(&input), buf_text(&signature), &first);
	else
		buf_printf(&all, "signature-input: %s\r\nsignature: %s\r\n", buf_text(&input),
		    buf_text(&signature));
	if (a->body.n > 0)
		buf_printf(&all, "content-digest: %s\r\ncontent-length: %zu\r\n",
		    buf_text(&digest), a->body.n);
	buf_printf(&all, "%s\r\n", a->extra != NULL ? a->extra : "");
	buf_add(&all, a->body);
	if (a->route == ROUTE_EVENTS)
		gate_frame(buf_bytes(&first), &all);
	assert_ok(buf_err(&all));
	buf_free(&first);
	buf_free(&target);
	buf_free(&input);
	buf_free(&signature);
	buf_free(&digest);
	return all;
}

/* The status of one call of P's, made from 127.0.0.FROM. */
int
gate_call(const struct gate *g, unsigned from, const struct person *p, const struct gate_ask *a)
{
	struct buf request = gate_request(p, a);
	int fd = gate_dial(g, from), status;

	gate_say(fd, request.p, request.n);
	status = gate_status(fd, 8);
	(void)close(fd);
	buf_free(&request);
	return status;
}

const struct gate_ask gate_good = { .route = ROUTE_DISCLOSURES, .is_signed = true };
const struct gate_ask gate_bad = { .route = ROUTE_DISCLOSURES };

bool
gate_is_open(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLRDHUP };

	return poll(&p, 1, 0) == 0;
}

size_t
gate_await_close(int fd, double seconds)
{
	static char dropped[65536];
	double end = gate_now() + seconds;
	size_t got = 0;
	ssize_t n;

	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };

		assert_true(gate_now() < end);
		if (poll(&p, 1, 100) != 1)
			continue;
		if ((n = recv(fd, dropped, sizeof dropped, 0)) <= 0)
			return got;
		got += (size_t)n;
	}
}

/* ---- a service of the test's own ---- */

struct fake_inside {
	struct fake *f;
	nng_socket socket;
	pthread_t thread;
	uint32_t dead; /* a connection */
};

static void
answer(struct fake_inside *in, size_t n)
{
	nng_msg *m = NULL;
	struct rpc_answer a;
	uint8_t *zeros = calloc(1, n + 1);

	assert_non_null(zeros);
	assert_ok(rpc_new(1, &m));
	a = rpc_answer_begin(m);
	a.is_proved = true;
	rpc_answer_add(&a, bytes_of(zeros, n));
	assert_ok(rpc_answer_end(&a, ZT_OK));
	free(zeros);
	if (nng_sendmsg(in->socket, m, 0) != 0)
		nng_msg_free(m);
}

static void *
serve(void *arg)
{
	struct fake_inside *in = arg;
	nng_msg *m;

	while (nng_recvmsg(in->socket, &m, 0) == 0) {
		size_t n = __atomic_load_n(&in->f->answer, __ATOMIC_SEQ_CST);

		if (in->f->first_is_dead && in->dead == 0)
			in->dead = nng_msg_get_pipe(m).id;
		if (in->f->first_is_dead && in->dead == nng_msg_get_pipe(m).id)
			n = FAKE_SILENT;
		nng_msg_free(m);
		if (n != FAKE_SILENT)
			answer(in, n);
	}
	return NULL;
}

void
fake_open(struct scene *s, const char *name, struct fake *f)
{
	struct fake_inside *in = calloc(1, sizeof *in);

	assert_non_null(in);
	f->inside = in;
	in->f = f;
	(void)snprintf(f->url, sizeof f->url, "ipc://%s/%s.ipc", s->w->state, name);
	assert_int_equal(0, nng_rep0_open(&in->socket));
	(void)nng_socket_set_size(in->socket, NNG_OPT_RECVMAXSZ, 0);
	assert_int_equal(0, nng_listen(in->socket, f->url, NULL, 0));
	assert_int_equal(0, pthread_create(&in->thread, NULL, serve, in));
}

void
fake_close(struct fake *f)
{
	struct fake_inside *in = f->inside;

	(void)nng_close(in->socket);
	(void)pthread_join(in->thread, NULL);
	free(in);
}

static void
allow_files(void)
{
	struct rlimit files;

	(void)atexit(end_gate);
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
}

int
gate_begin(void **state)
{
	allow_files();
	return scene_begin(state);
}

int
gate_begin_with_eve(void **state)
{
	allow_files();
	return scene_begin_with_eve(state);
}
