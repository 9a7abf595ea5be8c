/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* trust_bench.c - what a loss of access costs: one member of a large workspace removed, and a
 * revocation on its way to everybody who is connected.
 *
 *     trust_bench HOME PASSWORD WORKSPACE MEMBERS REVOCATIONS
 */
#include <err.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crypto/suite.h"
#include "device.h"
#include "format/pb.h"
#include "load.h"
#include "log/append.h"
#include "people/devices.h"
#include "zt/workspace.h"

struct member {
	struct id user, device;
	struct sign_key *sign;
	uint8_t sign_public[SIGN_PUBLIC_BYTES], seal_public[32];
	int fd;
};

/* ---- people who exist in the log alone ---- */

static enum zt_err
add(struct zt *z, void *ctx, Zt__EntryBody *b)
{
	static const uint8_t some[64];
	static Zt__UserAdded u;
	static Zt__DeviceAdded d;
	struct member *m = ctx;

	(void)z;
	zt__user_added__init(&u);
	zt__device_added__init(&d);
	u.user = d.user = pb_field(m->user.b, ID_BYTES);
	u.profile = ZT__PROFILE__STANDARD;
	u.handle_commitment = pb_field(some, HASH_BYTES);
	u.user_key = d.seal_key = pb_field(m->seal_public, 32);
	d.device = pb_field(m->device.b, ID_BYTES);
	d.sign_key = pb_field(m->sign_public, sizeof m->sign_public);
	d.purpose = (char *)(uintptr_t) "desktop";
	d.sealed_label = pb_field(some, 40);
	u.device = &d;
	b->action_case = ZT__ENTRY_BODY__ACTION_USER_ADDED;
	b->user_added = &u;
	return ZT_OK;
}

static struct member *
people(struct zt *z, size_t count)
{
	struct member *m = calloc(count, sizeof *m);

	for (size_t i = 0; m != NULL && i < count; i++) {
		struct secret *seal = NULL;

		random_bytes(m[i].user.b, ID_BYTES);
		random_bytes(m[i].device.b, ID_BYTES);
		ok(sign_generate(&m[i].sign));
		ok(secret_generate(&seal));
		sign_public(m[i].sign, m[i].sign_public);
		hpke_public(seal, m[i].seal_public);
		secret_free(seal);
		ok(log_append(z, &z->org, add, &m[i]));
	}
	return m;
}

/* ---- one member removed ---- */

static void
bench_rotation(struct zt *z, const char *workspace, struct member *m, size_t count)
{
	char id[ID_TEXT];
	double began;

	for (size_t i = 0; i < count; i++) {
		id_print(&m[i].user, id);
		ok(zt_workspace_share(z, workspace, id, "reader"));
	}
	began = load_now();
	ok(zt_workspace_unshare(z, workspace, id));
	printf("rotation %.3f s, %zu members\n", load_now() - began, count);
}

/* ---- a revocation reaches everybody ---- */

static void
connect_one(struct zt *z, struct member *m)
{
	struct route_params p = { .org = z->org };
	struct bytes r =
	    request_of(m->sign, &z->org, &m->device, ROUTE_EVENTS, &p, NULL, bytes_of(NULL, 0),
		"upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\n"
		"sec-websocket-protocol: zt-events\r\n"
		"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n");

	m->fd = load_dial(port_of(z));
	open_socket(m->fd, r);
	free((void *)(uintptr_t)r.p);
}

/* Reads what is there; false when the line has ended. */
static bool
drain(int fd)
{
	char part[4096];
	ssize_t n;

	while ((n = recv(fd, part, sizeof part, MSG_DONTWAIT)) > 0)
		;
	return n < 0;
}

/* Revokes M[GONE], and returns after how long all others who are connected had heard of it, its
 * own line had ended, and its next request was refused. */
static double
reach(struct zt *z, struct member *m, size_t count, size_t gone, struct pollfd *p)
{
	struct route_params params = { .org = z->org };
	struct bytes r = request_of(m[gone].sign, &z->org, &m[gone].device, ROUTE_LOG_READ,
	    &params, "from=0", bytes_of(NULL, 0), "");
	struct load_result refused;
	size_t left = 0;
	double began, took;

	for (size_t i = 0; i < count; i++) {
		p[i] = (struct pollfd){ .fd = m[i].fd, .events = POLLIN };
		if (m[i].fd >= 0) {
			(void)drain(m[i].fd);
			left++;
		}
	}
	began = load_now();
	ok(people_revoke_device(z, &m[gone].device));
	refused = load_run(port_of(z), &r, 1, 1);
	if (refused.good != 0)
		errx(1, "a revoked device was served");
	while (left > 0) {
		if (poll(p, count, 10000) <= 0)
			errx(1, "%zu have not heard in ten seconds", left);
		for (size_t i = 0; i < count; i++) {
			if (p[i].fd < 0 || p[i].revents == 0)
				continue;
			if (drain(p[i].fd) && i == gone)
				continue; /* an event before it: it must end */
			p[i].fd = -1;
			left--;
		}
	}
	took = load_now() - began;
	(void)close(m[gone].fd);
	m[gone].fd = -1;
	free((void *)(uintptr_t)r.p);
	return took * 1000;
}

static int
order(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void
bench_reach(struct zt *z, struct member *m, size_t count, size_t times)
{
	struct pollfd *p = calloc(count, sizeof *p);
	double *took = calloc(times, sizeof *took);

	if (p == NULL || took == NULL)
		errx(1, "memory");
	for (size_t i = 0; i < count; i++)
		connect_one(z, &m[i]);
	for (size_t i = 0; i < times; i++)
		took[i] = reach(z, m, count, i, p);
	qsort(took, times, sizeof *took, order);
	printf("reach p50 %.1f ms p99 %.1f ms, %zu devices connected\n", took[times / 2],
	    took[times - 1 - times / 100], count);
	free(p);
	free(took);
}

int
main(int argc, char **argv)
{
	struct zt *z;
	struct member *m;
	size_t count, times;

	ok(suite_init());
	if (argc != 6)
		errx(64, "see the top of trust_bench.c");
	count = strtoul(argv[4], NULL, 10);
	times = strtoul(argv[5], NULL, 10);
	if (count < 2 || times < 1 || times >= count)
		errx(64, "MEMBERS from 2 on, REVOCATIONS fewer");
	z = open_device(argv[1], argv[2]);
	m = people(z, count);
	bench_rotation(z, argv[3], m, count);
	bench_reach(z, m, count, times);
	zt_close(z);
	return 0;
}
