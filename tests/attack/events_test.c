/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* events_test.c - rows N4 and R2: real services that are stopped, or begin again, while a
 * device is revoked. Although they missed events, it is out within a second after they
 * continue. */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "log/sync.h"
#include "session/session.h"
#include "test.h"
#include "world.h"
#include "zt/sync.h"

enum { WITHIN_MS = 1000, PATIENCE_MS = 20000 };

static uint64_t
now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void
tell(struct world *w, const char *service, int sig)
{
	assert_int_equal(0, kill(world_pid(w, service), sig));
}

/* A request of P's to metadata. */
static enum zt_err
ask(struct person *p, struct id workspace)
{
	struct route_params params = { .org = p->zt->org, .id = workspace };
	struct buf answer = buf_init(1 << 20);
	enum zt_err err =
	    session_call(p->zt, ROUTE_KEYS_GET, &params, NULL, bytes_of(NULL, 0), &answer);

	buf_free(&answer);
	return err;
}

/* The owner of a device revokes it, on a thread: what follows it may wait for the services. */
struct revoking {
	struct person *owner;
	const struct person *device;
	pthread_t thread;
};

static void *
revoke_it(void *arg)
{
	struct revoking *r = arg;

	(void)!(int)zt_device_revoke(r->owner->zt, r->device->zt->device_text);
	return NULL;
}

/* Until the log of ALICE's organization is longer than it was. */
static void
await_growth(struct person *alice, uint64_t was)
{
	uint64_t began = now_ms();

	while (merkle_size(alice->zt->state->tree) == was) {
		assert_ok(log_fetch(alice->zt));
		assert_true(now_ms() - began < PATIENCE_MS);
	}
}

static void
N4_a_service_that_was_stopped_lets_no_revoked_device_in(void **state)
{
	struct scene *s = *state;
	struct person tablet;
	struct revoking r = { .owner = &s->bob, .device = &tablet };
	struct id workspace;
	uint64_t size, began;
	enum zt_err err;

	world_add_device(&s->bob, &tablet, "tablet");
	assert_ok(zt_workspace_create(s->alice.zt, "stopped"));
	assert_ok(zt_workspace_share(s->alice.zt, "stopped", s->bob.email, "reader"));
	workspace = person_workspace(&tablet, "stopped")->w->id;
	assert_ok(ask(&tablet, workspace));
	assert_ok(ask(&tablet, workspace));
	assert_ok(log_fetch(s->alice.zt));
	size = merkle_size(s->alice.zt->state->tree);
	tell(s->w, "metadata", SIGSTOP);
	assert_int_equal(0, pthread_create(&r.thread, NULL, revoke_it, &r));
	await_growth(&s->alice, size);
	(void)usleep(300 * 1000);
	tell(s->w, "metadata", SIGCONT);
	began = now_ms();
	while ((err = ask(&tablet, workspace)) == ZT_OK)
		assert_true(now_ms() - began < WITHIN_MS);
	assert_err(ZT_ERR_REVOKED, err);
	(void)pthread_join(r.thread, NULL);
	assert_ok(ask(&s->bob, workspace)); /* and its owner's other device continues */
	person_close(&tablet);
}

static void
N4_a_revocation_while_auth_begins_again_is_heard(void **state)
{
	struct scene *s = *state;
	char command[300];
	struct person phone;
	struct revoking r = { .owner = &s->bob, .device = &phone };
	struct id workspace;
	uint64_t size, began;
	enum zt_err err;

	world_add_device(&s->bob, &phone, "phone");
	assert_ok(zt_workspace_create(s->alice.zt, "again"));
	assert_ok(zt_workspace_share(s->alice.zt, "again", s->bob.email, "reader"));
	workspace = person_workspace(&phone, "again")->w->id;
	assert_ok(ask(&phone, workspace));
	assert_ok(log_fetch(s->alice.zt));
	size = merkle_size(s->alice.zt->state->tree);
	tell(s->w, "auth", SIGKILL);
	(void)snprintf(command, sizeof command,
	    "sh deploy/local/zt-local one %s $(dirname $(readlink -f /proc/$(cat "
	    "%s/run/metadata.pid)/exe)) auth",
	    s->w->state, s->w->state);
	assert_int_equal(0, system(command));
	assert_int_equal(0, pthread_create(&r.thread, NULL, revoke_it, &r));
	await_growth(&s->alice, size);
	began = now_ms();
	while ((err = ask(&phone, workspace)) == ZT_OK)
		assert_true(now_ms() - began < WITHIN_MS);
	assert_err(ZT_ERR_REVOKED, err);
	(void)pthread_join(r.thread, NULL);
	assert_ok(ask(&s->bob, workspace));
	person_close(&phone);
}

/* ---- sockets ---- */

struct watching {
	struct person *p;
	pthread_t thread;
	atomic_bool listens, ended;
	enum zt_err err;
};

static void
listens(void *ctx)
{
	struct watching *v = ctx;

	atomic_store(&v->listens, true);
}

static void
heard(void *ctx, const struct zt_event *e)
{
	(void)ctx;
	(void)e;
}

static bool
never(void *ctx)
{
	(void)ctx;
	return false;
}

static void *
watch(void *arg)
{
	struct watching *v = arg;
	struct zt_watch w = { v, listens, heard, NULL, never };

	v->err = zt_watch(v->p->zt, &w);
	atomic_store(&v->ended, true);
	return NULL;
}

static void
await(atomic_bool *is)
{
	uint64_t began = now_ms();

	while (!atomic_load(is)) {
		assert_true(now_ms() - began < PATIENCE_MS);
		(void)usleep(5000);
	}
}

static void
N4_a_messaging_that_was_stopped_closes_the_sockets_of_the_revoked(void **state)
{
	struct scene *s = *state;
	struct watching v = { .p = NULL };
	struct person gadget;
	struct revoking r = { .owner = &s->bob, .device = &gadget };
	struct calls *by_the_double;
	char *server;
	uint64_t size, began;

	world_add_device(&s->bob, &gadget, "watch");
	by_the_double = gadget.zt->calls; /* event sockets do not pass the double */
	server = gadget.zt->server;
	gadget.zt->server = s->w->url;
	assert_ok(session_connect(gadget.zt));
	v.p = &gadget;
	assert_int_equal(0, pthread_create(&v.thread, NULL, watch, &v));
	await(&v.listens);
	assert_ok(log_fetch(s->alice.zt));
	size = merkle_size(s->alice.zt->state->tree);
	tell(s->w, "messaging", SIGSTOP);
	assert_int_equal(0, pthread_create(&r.thread, NULL, revoke_it, &r));
	await_growth(&s->alice, size);
	tell(s->w, "messaging", SIGCONT);
	began = now_ms();
	await(&v.ended);
	print_message("closed %u ms after messaging went on\n", (unsigned)(now_ms() - began));
	(void)pthread_join(v.thread, NULL);
	assert_err(ZT_ERR_REVOKED, v.err);
	(void)pthread_join(r.thread, NULL);
	calls_free(gadget.zt->calls);
	gadget.zt->calls = by_the_double;
	gadget.zt->server = server;
	person_close(&gadget);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(N4_a_service_that_was_stopped_lets_no_revoked_device_in),
		cmocka_unit_test(N4_a_revocation_while_auth_begins_again_is_heard),
		cmocka_unit_test(
		    N4_a_messaging_that_was_stopped_closes_the_sockets_of_the_revoked),
	};

	return cmocka_run_group_tests(tests, scene_begin, scene_end);
}
