/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "test.h"

#include <libpq-fe.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "world.h"
#include "zt/sync.h"

static void
read_line(const char *folder, const char *name, char *out, size_t size)
{
	char path[512];
	FILE *f;

	(void)snprintf(path, sizeof path, "%s/%s", folder, name);
	f = fopen(path, "re");
	assert_non_null(f);
	assert_non_null(fgets(out, (int)size, f));
	(void)fclose(f);
	out[strcspn(out, "\n")] = 0;
}

#ifdef __SANITIZE_THREAD__
#define PROGRAMS                                                                               \
	"/../rel/bin" /* nng is not built for ThreadSanitizer, so that services are not */
#else
#define PROGRAMS "/bin" /* of this very build */
#endif

/* What tests/support/local answers. */
static int
local(const char *what, const char *folder)
{
	char self[512] = "", command[1200];
	char *at;

	if (readlink("/proc/self/exe", self, sizeof self - 1) < 0 ||
	    (at = strstr(self, "/tests/")) == NULL)
		return -1;
	*at = 0;
	(void)snprintf(command, sizeof command, "sh tests/support/local %s %s %s" PROGRAMS,
	    what, folder, self);
	return system(command);
}

/* The folder of the world whose servers run. */
static char running[64];

/* A test that ends in its set-up leaves no servers behind; its folder stays, to be looked at.
 */
static void
stop_servers(void)
{
	if (running[0] != 0)
		(void)!local("stop", running);
}

struct world *
world_begin(void)
{
	struct world *w = calloc(1, sizeof *w);
	const char *in = getenv("TMPDIR"); /* short: sockets have their places in it */

	assert_non_null(w);
	assert_int_equal('\0', running[0]); /* one at a time */
	(void)snprintf(
	    w->state, sizeof w->state, "%.40s/zt-world.XXXXXX", in != NULL ? in : "/tmp");
	assert_non_null(mkdtemp(w->state));
	memcpy(running, w->state, sizeof running);
	(void)atexit(stop_servers);
	assert_int_equal(0, local("start", w->state));
	read_line(w->state, "url", w->url, sizeof w->url);
	read_line(w->state, "operator-token", w->token, sizeof w->token);
	w->d = proxy_start(w->url);
	return w;
}

void
world_end(struct world *w)
{
	char command[128];

	proxy_stop(w->d);
	assert_int_equal(0, local("stop", w->state));
	running[0] = 0;
	/* Services that were built with sanitizers say what they found in their logs. */
	(void)snprintf(command, sizeof command,
	    "! grep -E 'Sanitizer|runtime error' %s/log/*.log", w->state);
	assert_int_equal(0, system(command));
	(void)snprintf(command, sizeof command, "rm -rf %s", w->state);
	assert_int_equal(0, system(command));
	free(w);
}

static void
person_init(struct world *w, struct person *p, const char *name)
{
	*p = (struct person){ .w = w };
	(void)snprintf(p->name, sizeof p->name, "%s", name);
	(void)snprintf(p->home, sizeof p->home, "%s/home-%u-%s", w->state, w->homes++, name);
	(void)snprintf(p->email, sizeof p->email, "%s@test.example", name);
	p->o = (struct zt_options){ .home = p->home, .password = "a test's password" };
}

void
person_open(struct person *p)
{
	char message[256] = "";

	assert_ok(zt_open(&p->o, &p->zt, message));
	assert_string_equal("", message);
}

void
person_close(struct person *p)
{
	zt_close(p->zt);
	p->zt = NULL;
}

static void
heard(void *ctx, const struct zt_event *e)
{
	(void)ctx;
	(void)e;
}

static void
listens(void *ctx)
{
	(void)ctx;
}

void
person_watch(struct person *p, bool (*enough)(void *ctx), void *ctx)
{
	struct zt_watch w = { .ctx = ctx, .ready = listens, .event = heard, .stop = enough };
	struct zt *z = p->zt;
	struct calls *by_the_double = z->calls;
	char *server = z->server;

	z->server = p->w->url;
	assert_ok(session_connect(z));
	assert_ok(zt_watch(z, &w));
	calls_free(z->calls);
	z->calls = by_the_double;
	z->server = server;
}

void
world_found(struct world *w, struct person *p, const char *name)
{
	char slug[32], message[256] = "";
	struct zt_bootstrap b = { .server = proxy_url(w->d),
		.operator_token = w->token,
		.slug = slug,
		.name = name,
		.device_label = "laptop" };

	w->orgs++;
	person_init(w, p, name);
	(void)snprintf(slug, sizeof slug, "org-%u", w->orgs);
	b.email = p->email;
	assert_ok(zt_bootstrap(&p->o, &b, message));
	person_open(p);
}

/* ---- two humans ---- */

void
humans_init(struct humans *h, const char *profile)
{
	*h = (struct humans){ .matched = true, .profile = profile, .patience_s = 60 };
	(void)pthread_mutex_init(&h->lock, NULL);
	(void)pthread_cond_init(&h->shown, NULL);
}

static void
show(void *ctx, const char *code)
{
	struct human *one = ctx;

	(void)pthread_mutex_lock(&one->h->lock);
	(void)snprintf(one->h->code[one->is_claimer], 8, "%s", code);
	(void)pthread_cond_broadcast(&one->h->shown);
	(void)pthread_mutex_unlock(&one->h->lock);
}

/* Waits for the other to read its code aloud, then looks for it on the list. */
static int
pick(void *ctx, const char *const choices[4], bool (*runs)(void *arg), void *arg)
{
	struct human *one = ctx;
	struct timespec deadline;
	int found = -1;

	(void)runs;
	(void)arg;
	(void)clock_gettime(CLOCK_REALTIME, &deadline);
	deadline.tv_sec += one->h->patience_s;
	(void)pthread_mutex_lock(&one->h->lock);
	one->h->picks++;
	while (one->h->code[!one->is_claimer][0] == 0 &&
	       pthread_cond_timedwait(&one->h->shown, &one->h->lock, &deadline) == 0)
		;
	for (int i = 0; i < 4; i++)
		if (strcmp(choices[i], one->h->code[!one->is_claimer]) == 0)
			found = i;
	one->h->matched = one->h->matched && found >= 0;
	(void)pthread_mutex_unlock(&one->h->lock);
	return found;
}

static bool
accept_newcomer(void *ctx, const char *email, const char *name, const char *device,
    const char *doubt, const char **profile)
{
	const struct human *one = ctx;

	(void)doubt;
	(void)email;
	(void)name;
	(void)device;
	*profile = one->h->profile;
	return true;
}

struct zt_codes
human_codes(struct human *one)
{
	return (struct zt_codes){ one, show, pick, accept_newcomer, NULL, NULL };
}

struct claiming {
	struct person *p;
	struct zt_claim c;
	struct human human;
	enum zt_err err;
	char message[256];
	_Atomic bool ended;
};

struct greeting { /* a human is its first member, which the codes take */
	struct human human;
	struct claiming *of;
};

/* A greeter does not wait for a newcomer who has given up. */
static bool
nobody_comes(void *ctx)
{
	const struct greeting *g = ctx;

	return g->of->ended && g->of->err != ZT_OK;
}

static void *
claim(void *arg)
{
	struct claiming *c = arg;
	struct zt_codes codes = human_codes(&c->human);

	c->err = zt_claim(&c->p->o, &c->c, &codes, c->message);
	c->ended = true;
	return NULL;
}

static void
join(struct person *greeter, struct person *p, const char *name, const char *profile,
    enum zt_invitation_kind kind, char warning[256])
{
	char link[1024];
	struct humans h;
	struct claiming c = { .p = p, .human = { &h, true } };
	struct greeting at_greeter = { { &h, false }, &c };
	struct zt_codes codes;
	pthread_t thread;
	enum zt_err err;

	humans_init(&h, profile);
	codes = human_codes(&at_greeter.human);
	codes.waiting = nobody_comes;
	person_init(greeter->w, p, name);
	assert_ok(zt_invite(greeter->zt, kind, link));
	c.c = (struct zt_claim){ link, p->email, name, "phone" };
	assert_int_equal(0, pthread_create(&thread, NULL, claim, &c));
	err = zt_greet(greeter->zt, link, &codes, NULL);
	assert_int_equal(0, pthread_join(thread, NULL)); /* before anything fails: it uses C */
	assert_ok(c.err);
	assert_ok(err);
	(void)snprintf(warning, 256, "%s", c.message);
	person_open(p);
}

void
world_join(struct person *greeter, struct person *p, const char *name, const char *profile)
{
	char warning[256];

	join(greeter, p, name, profile, ZT_INVITE_USER, warning);
}

void
world_join_warned(struct person *greeter, struct person *p, const char *name, char warning[256])
{
	join(greeter, p, name, "standard", ZT_INVITE_USER, warning);
}

void
world_add_device(struct person *owner, struct person *p, const char *name)
{
	char warning[256];

	join(owner, p, name, "", ZT_INVITE_DEVICE, warning);
}

static int
begin_scene(void **state, bool has_eve)
{
	struct scene *s = calloc(1, sizeof *s);

	assert_non_null(s);
	s->w = world_begin();
	if (has_eve)
		world_found(s->w, &s->eve, "eve");
	world_found(s->w, &s->alice, "alice");
	world_join(&s->alice, &s->bob, "bob", "standard");
	*state = s;
	return 0;
}

int
scene_begin(void **state)
{
	return begin_scene(state, false);
}

int
scene_begin_with_eve(void **state)
{
	return begin_scene(state, true);
}

int
scene_end(void **state)
{
	struct scene *s = *state;

	person_close(&s->alice);
	person_close(&s->bob);
	person_close(&s->eve);
	person_close(&s->laptop);
	world_end(s->w);
	free(s);
	assert_int_equal(0, secret_live());
	return 0;
}

/* ---- what a hostile server has ---- */

void
world_database(const struct world *w, const char *service, char conninfo[256])
{
	char config[4096], *line;
	char path[128];
	size_t n;
	FILE *f;

	(void)snprintf(path, sizeof path, "%s/config/%s.yaml", w->state, service);
	assert_non_null(f = fopen(path, "re"));
	n = fread(config, 1, sizeof config - 1, f);
	config[n] = 0;
	(void)fclose(f);
	assert_non_null(line = strstr(config, "database: "));
	line += 10;
	line[strcspn(line, "\n")] = 0;
	assert_true(snprintf(conninfo, 256, "%s", line) < 256);
}

static PGconn *
connect_to(struct world *w, const char *service)
{
	char conninfo[256];
	PGconn *c;

	world_database(w, service, conninfo);
	c = PQconnectdb(conninfo);
	assert_int_equal(CONNECTION_OK, PQstatus(c));
	return c;
}

PGresult *
world_ask(struct world *w, const char *service, const char *sql, const struct id *of)
{
	const char *value[] = { (const char *)of->b };
	int length[] = { ID_BYTES }, format[] = { 1 };
	PGconn *c = connect_to(w, service);
	PGresult *r = PQexecParams(c, sql, 1, NULL, value, length, format, 1);

	assert_int_equal(PGRES_TUPLES_OK, PQresultStatus(r));
	PQfinish(c);
	return r;
}

void
world_tell(struct world *w, const char *service, const char *sql)
{
	PGconn *c = connect_to(w, service);
	PGresult *r = PQexec(c, sql);

	assert_int_equal(PGRES_COMMAND_OK, PQresultStatus(r));
	PQclear(r);
	PQfinish(c);
}

struct sign_key *
world_log_key(struct world *w, const struct id *org)
{
	struct sign_key *key = NULL;
	PGresult *r =
	    world_ask(w, "auth", "SELECT log_seed FROM auth.orgs WHERE org = $1::bytea", org);

	assert_int_equal(1, PQntuples(r));
	assert_ok(
	    sign_from_seed(bytes_of(PQgetvalue(r, 0, 0), (size_t)PQgetlength(r, 0, 0)), &key));
	PQclear(r);
	return key;
}

/* FIELD of what the kernel says of process PID. */
static long
status_kib(pid_t pid, const char *field)
{
	char path[64], line[256];
	long kib = 0;
	FILE *f;

	(void)snprintf(path, sizeof path, "/proc/%ld/status", (long)pid);
	assert_non_null(f = fopen(path, "re"));
	while (fgets(line, sizeof line, f) != NULL)
		if (strncmp(line, field, strlen(field)) == 0)
			kib = strtol(line + strlen(field), NULL, 10);
	(void)fclose(f);
	assert_true(kib > 0);
#ifdef __SANITIZE_ADDRESS__
	kib = 1; /* its quarantine keeps what is freed: nothing can be said of memory */
#endif
	return kib;
}

pid_t
world_pid(const struct world *w, const char *service)
{
	char path[128];
	int pid = 0;
	FILE *f;

	(void)snprintf(path, sizeof path, "%s/run/%s.pid", w->state, service);
	assert_non_null(f = fopen(path, "re"));
	assert_int_equal(1, fscanf(f, "%d", &pid));
	(void)fclose(f);
	return pid;
}

long
process_kib(pid_t pid)
{
	return status_kib(pid, "VmRSS:");
}

long
world_kib(const struct world *w, const char *service)
{
	return process_kib(world_pid(w, service));
}

long
world_peak_kib(const struct world *w, const char *service)
{
	return status_kib(world_pid(w, service), "VmHWM:");
}

int
world_dial(const struct world *w)
{
	return world_dial_from(w, 1);
}

int
world_dial_from(const struct world *w, uint8_t last)
{
	struct sockaddr_in to = { .sin_family = AF_INET }, from = to;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	from.sin_addr.s_addr = htonl(INADDR_LOOPBACK - 1 + last);
	assert_int_equal(0, bind(fd, (struct sockaddr *)&from, sizeof from));
	to.sin_port = htons((uint16_t)atoi(strrchr(w->url, ':') + 1));
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(0, connect(fd, (struct sockaddr *)&to, sizeof to));
	return fd;
}

void
world_lose_chain(struct world *w, const struct id *workspace)
{
	static const char *const sql[] = {
		"DELETE FROM metadata.changesets WHERE workspace = $1::bytea RETURNING 1",
		"DELETE FROM metadata.objects WHERE workspace = $1::bytea RETURNING 1",
		"DELETE FROM metadata.vlobs WHERE workspace = $1::bytea RETURNING 1",
		"DELETE FROM metadata.chains WHERE workspace = $1::bytea RETURNING 1",
	};

	for (size_t i = 0; i < sizeof sql / sizeof sql[0]; i++)
		PQclear(world_ask(w, "metadata", sql[i], workspace));
}

void
person_put(struct person *p, const char *content, const char *remote)
{
	char *path = world_file(p->w, "content", content, strlen(content));

	assert_ok(zt_put(p->zt, path, remote, NULL, NULL));
	free(path);
}

char *
world_file(struct world *w, const char *name, const void *p, size_t n)
{
	struct buf path = buf_init(256);
	char *out;
	FILE *f;

	buf_printf(&path, "%s/%s", w->state, name);
	assert_non_null(f = fopen(buf_text(&path), "we"));
	assert_int_equal(n, fwrite(p, 1, n, f));
	assert_int_equal(0, fclose(f));
	out = strdup(buf_text(&path));
	buf_free(&path);
	return out;
}

struct workspace *
person_workspace(struct person *p, const char *name)
{
	struct workspace *s = NULL;

	assert_ok(zt_sync(p->zt));
	assert_ok(workspace_find(p->zt, name, &s));
	assert_ok(workspace_sync(s));
	return s;
}

void
scene_share(struct scene *s, const char *workspace, const struct person *p, const char *role)
{
	assert_ok(zt_workspace_share(s->alice.zt, workspace, p->email, role));
}

struct workspace *
scene_workspace(struct scene *s, const char *name, const char *role)
{
	assert_ok(zt_workspace_create(s->alice.zt, name));
	scene_share(s, name, &s->bob, role);
	return person_workspace(&s->alice, name);
}

void
person_speak_to(struct person *p, const char *url)
{
	struct zt *z = p->zt;

	calls_free(z->calls);
	z->calls = NULL;
	free(z->server);
	assert_non_null(z->server = strdup(url));
	assert_ok(session_connect(z));
}

int
honest_again(void **state)
{
	struct scene *s = *state;

	proxy_play(s->w->d, NULL);
	return 0;
}
