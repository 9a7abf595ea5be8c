/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* requests_bench.c - signed small requests, appends to one log, idle event sockets, and the
 * verification of a long log.
 *
 *     requests_bench requests HOME PASSWORD WORKSPACE COUNT   CHAIN, a route with its database
 *     requests_bench append HOME PASSWORD COUNT               entries of one organization
 *     requests_bench sockets HOME PASSWORD COUNT              held until stdin ends
 *     requests_bench verify COUNT                             beside bare Ed25519
 *     requests_bench floor PORT COUNT                         the same to the bare program
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "chain/workspace.h"
#include "crypto/suite.h"
#include "device.h"
#include "format/httpsig.h"
#include "format/limits.h"
#include "format/pb.h"
#include "load.h"
#include "log/append.h"
#include "proto/auth.pb-c.h"
#include "session/session.h"

static void
report(const char *what, const struct load_result *r)
{
	printf("%s rate %.0f/s p50 %.2f ms p99 %.2f ms good %zu bad %zu\n", what, r->rate,
	    r->p50_ms, r->p99_ms, r->good, r->bad);
}

static void
bench_requests(char **a)
{
	struct zt *z = open_device(a[0], a[1]);
	size_t count = strtoul(a[3], NULL, 10);
	struct bytes *list = calloc(count, sizeof *list);
	struct route_params p = { .org = z->org };
	struct workspace *s = NULL;
	struct load_result r;
	char query[40];

	ok(workspace_find(z, a[2], &s));
	ok(workspace_sync(s));
	p.id = s->w->id;
	(void)snprintf(
	    query, sizeof query, "from=%llu", (unsigned long long)s->chain.position + 1);
	for (size_t i = 0; i < count; i++)
		list[i] = request_of(z->sign, &z->org, &z->device, ROUTE_CHAIN, &p, query,
		    bytes_of(NULL, 0), "");
	r = load_run(port_of(z), list, count, 64);
	free(list);
	report("requests", &r);
	zt_close(z);
}

/* The act of creating workspace ID, signed by Z on the head it has verified. */
static enum zt_err
create(struct zt *z, void *ctx, Zt__EntryBody *b)
{
	static Zt__WorkspaceCreated m;
	static uint8_t some[64];

	(void)z;
	zt__workspace_created__init(&m);
	m.workspace = pb_field(ctx, ID_BYTES);
	m.key_commitment = pb_field(some, 32);
	m.sealed_name = pb_field(some, 64);
	b->action_case = ZT__ENTRY_BODY__ACTION_WORKSPACE_CREATED;
	b->workspace_created = &m;
	return ZT_OK;
}

static void
bench_append(char **a)
{
	struct zt *z = open_device(a[0], a[1]);
	size_t count = strtoul(a[2], NULL, 10);
	struct bytes *list = calloc(count, sizeof *list);
	struct route_params p = { .org = z->org };
	struct load_result r;

	for (size_t i = 0; i < count; i++) {
		Zt__AppendRequest m = ZT__APPEND_REQUEST__INIT;
		struct buf body = buf_init(4096);
		struct entry *e = NULL;
		Zt__Statement st;
		struct id id;

		random_bytes(id.b, ID_BYTES);
		ok(log_sign_act(z, &id, create, id.b, &e));
		st = statement_message(&e->stmt);
		m.entry = &st;
		ok(pb_encode(&m, &body));
		list[i] = request_of(z->sign, &z->org, &z->device, ROUTE_LOG_APPEND, &p, NULL,
		    buf_bytes(&body), "");
		entry_free(e);
		buf_free(&body);
	}
	r = load_run(port_of(z), list, count, 64);
	free(list);
	report("append", &r);
	zt_close(z);
}

static void
bench_sockets(char **a)
{
	struct zt *z = open_device(a[0], a[1]);
	size_t count = strtoul(a[2], NULL, 10), open = 0;
	struct route_params p = { .org = z->org };

	for (size_t i = 0; i < count; i++) {
		struct bytes r = request_of(z->sign, &z->org, &z->device, ROUTE_EVENTS, &p,
		    NULL, bytes_of(NULL, 0),
		    "upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\n"
		    "sec-websocket-protocol: zt-events\r\n"
		    "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n");

		open_socket(load_dial(port_of(z)), r);
		free((void *)(uintptr_t)r.p);
		open++;
	}
	printf("sockets %zu\n", open);
	(void)fflush(stdout);
	while (getchar() != EOF)
		;
	zt_close(z);
}

/* A log of COUNT entries, made here; verified from nothing as a client does, and its signatures
 * alone. */
static void
bench_verify(char **a)
{
	size_t count = strtoul(a[0], NULL, 10);
	struct zt z = { 0 };
	struct entry **e = calloc(count, sizeof(struct entry *));
	Zt__EntryBody g = ZT__ENTRY_BODY__INIT;
	Zt__Genesis m = ZT__GENESIS__INIT;
	Zt__UserAdded u = ZT__USER_ADDED__INIT;
	Zt__DeviceAdded d = ZT__DEVICE_ADDED__INIT;
	struct sign_key *root = NULL;
	uint8_t root_public[32], device_public[32];
	struct org_state *o = NULL;
	const char *message;
	double began, rules, bare;

	ok(sign_generate(&root));
	ok(sign_generate(&z.sign));
	sign_public(root, root_public);
	sign_public(z.sign, device_public);
	org_state_id(root_public, &z.org);
	random_bytes(z.user.b, ID_BYTES);
	random_bytes(z.device.b, ID_BYTES);
	ok(org_state_new(&z.org, &z.state));
	u.user = d.user = pb_field(z.user.b, ID_BYTES);
	d.device = pb_field(z.device.b, ID_BYTES);
	d.sign_key = pb_field(device_public, 32);
	d.seal_key = u.user_key = u.handle_commitment = pb_field(root_public, 32);
	d.purpose = (char *)(uintptr_t) "desktop";
	u.profile = ZT__PROFILE__ADMIN;
	u.device = &d;
	m.slug = (char *)(uintptr_t) "bench";
	m.format = LOG_FORMAT;
	m.root_key = m.log_key = pb_field(root_public, 32);
	m.first = &u;
	g.suite = 1;
	g.org = g.topic = pb_field(z.org.b, ID_BYTES);
	g.time = 1;
	g.action_case = ZT__ENTRY_BODY__ACTION_GENESIS;
	g.genesis = &m;
	ok(entry_sign(root, &g, &e[0]));
	for (size_t i = 0;; i++) {
		struct id id;

		ok(rules_check(z.state, e[i], i, &message));
		ok(org_state_apply(z.state, e[i], i));
		ok(merkle_add(z.state->tree, &e[i]->leaf));
		if (i + 1 == count)
			break;
		random_bytes(id.b, ID_BYTES);
		ok(log_sign_act(&z, &id, create, id.b, &e[i + 1]));
	}
	ok(org_state_new(&z.org, &o));
	began = load_now();
	for (size_t i = 0; i < count; i++) {
		struct entry *one = NULL;

		ok(entry_decode(&e[i]->stmt, &one));
		ok(rules_check(o, one, i, &message));
		ok(org_state_apply(o, one, i));
		ok(merkle_add(o->tree, &one->leaf));
		entry_free(one);
	}
	rules = (double)count / (load_now() - began);
	began = load_now();
	for (size_t i = 0; i < count; i++)
		ok(statement_verify(
		    i == 0 ? root_public : device_public, STATEMENT_ENTRY, &e[i]->stmt));
	bare = (double)count / (load_now() - began);
	printf("verify %zu entries %.0f/s bare %.0f/s ratio %.2f\n", count, rules, bare,
	    rules / bare);
}

/* The same requests, signed by its own key, to bench/peers/request_floor. */
static void
bench_floor(char **a)
{
	static const uint8_t seed[SIGN_SEED_BYTES] = { 3 };
	size_t count = strtoul(a[1], NULL, 10);
	struct bytes *list = calloc(count, sizeof *list);
	struct route_params p = { .org = { { 1 } }, .id = { { 2 } } };
	struct sign_key *key = NULL;
	struct load_result r;

	ok(sign_from_seed(bytes_of(seed, sizeof seed), &key));
	for (size_t i = 0; i < count; i++)
		list[i] = request_of(
		    key, &p.org, &p.id, ROUTE_CHAIN, &p, "from=1", bytes_of(NULL, 0), "");
	r = load_run(atoi(a[0]), list, count, 64);
	free(list);
	report("floor", &r);
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int args;
		void (*run)(char **a);
	} what[] = { { "requests", 4, bench_requests }, { "append", 3, bench_append },
		{ "sockets", 3, bench_sockets }, { "verify", 1, bench_verify },
		{ "floor", 2, bench_floor } };

	ok(suite_init());
	for (size_t i = 0; i < sizeof what / sizeof what[0]; i++)
		if (argc == what[i].args + 2 && strcmp(argv[1], what[i].name) == 0) {
			what[i].run(argv + 2);
			return 0;
		}
	errx(64, "see the top of requests_bench.c");
}
