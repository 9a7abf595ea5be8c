/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* clear_test.c - nobody is spoken to in clear but this machine, unless a person says so: names,
 * addresses and the operator's token would be read on the way. */
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "session/session.h"
#include "test.h"
#include "zt/enrol.h"
#include "zt/org.h"
#include "zt/pki.h"
#include "zt/recover.h"
#include "zt/server.h"

static enum zt_err
try(const char *server, bool in_clear)
{
	struct calls_options o = { .server = server, .in_clear = in_clear };
	struct calls *c = NULL;
	enum zt_err err = calls_new(&o, &c);

	calls_free(c);
	return err;
}

static void
N_plain_http_is_for_this_machine_alone(void **state)
{
	static const char *const near[] = { "http://127.0.0.1:8080", "http://127.9.9.9",
		"http://localhost:1", "http://LOCALHOST", "http://[::1]:8080" };
	static const char *const far[] = { "http://server.example", "HTTP://server.example:80",
		"http://10.0.0.1", "http://0.0.0.0:8080", "http://[::2]", "http://128.0.0.1",
		"http://[::ffff:127.0.0.1]", "http://127.0.0.1.server.example",
		"http://localhost.server.example" };

	(void)state;
	for (size_t i = 0; i < sizeof near / sizeof near[0]; i++)
		assert_ok(try(near[i], false));
	for (size_t i = 0; i < sizeof far / sizeof far[0]; i++) {
		assert_err(ZT_ERR_CLEAR, try(far[i], false));
		assert_ok(try(far[i], true));
	}
	assert_ok(try("https://server.example", false));
	assert_ok(try("https://10.0.0.1:8443", false));
}

/* Two readers of one address (libcurl, and events.c for WebSockets) must see one host. */
static void
N_a_server_s_address_is_scheme_host_and_port(void **state)
{
	static const char *const bad[] = { "http://127.0.0.1@server.example",
		"http://server.example:80@127.0.0.1", "http://127.0.0.1?server.example",
		"http://127.0.0.1#server.example", "server.example", "ftp://127.0.0.1", "" };

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_err(ZT_ERR_INVALID, try(bad[i], false));
		assert_err(ZT_ERR_INVALID, try(bad[i], true));
	}
}

/* Every way to begin with a server, at one that is not loopback by its name: a listener of this
 * machine at 0.0.0.0. */
struct listener {
	int fd;
	char url[64], link[160];
};

static void
listen_here(struct listener *l)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof a;

	assert_true((l->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) >= 0);
	assert_int_equal(0, bind(l->fd, (struct sockaddr *)&a, sizeof a));
	assert_int_equal(0, listen(l->fd, 8));
	assert_int_equal(0, getsockname(l->fd, (struct sockaddr *)&a, &n));
	(void)snprintf(l->url, sizeof l->url, "http://0.0.0.0:%u", ntohs(a.sin_port));
	(void)snprintf(l->link, sizeof l->link,
	    "zt+http://0.0.0.0:%u/0123456789abcdef0123456789abcdef/"
	    "0123456789abcdef0123456789abcdef",
	    ntohs(a.sin_port));
}

static bool
says_yes(void *ctx, const struct zt_returning *who)
{
	(void)ctx;
	(void)who;
	return true;
}

static void
N_no_way_to_begin_speaks_in_clear(void **state)
{
	const struct zt_options o = { .home = "/tmp/zt-clear-test", .password = "x" };
	struct zt_codes codes = { 0 };
	struct listener l;
	char id[33], code[ZT_FOUNDING_CODE], message[256] = "";

	(void)state;
	listen_here(&l);
	{
		const struct zt_server s = { .url = l.url, .operator_token = "token" };

		assert_err(ZT_ERR_CLEAR, zt_server_org_create(&s, "slug", code, message));
	}
	{
		const struct zt_bootstrap b = { .server = l.url,
			.operator_token = "token",
			.slug = "slug",
			.email = "a@b.example",
			.name = "a",
			.device_label = "d" };

		assert_err(ZT_ERR_CLEAR, zt_bootstrap(&o, &b, message));
	}
	{
		const struct zt_claim c = { l.link, "a@b.example", "a", "d" };

		assert_err(ZT_ERR_CLEAR, zt_claim(&o, &c, &codes, message));
	}
	{
		const char *const links[] = { l.link };
		const struct zt_recovery r = { .device_label = "d",
			.links = links,
			.link_count = 1,
			.email = "a@b.example",
			.codes = &codes,
			.confirm = says_yes };

		assert_err(ZT_ERR_CLEAR, zt_recover(&o, &r, message));
	}
	assert_int_equal(0, poll(&(struct pollfd){ l.fd, POLLIN, 0 }, 1, 0));
	{
		const struct zt_server s = {
			.url = "http://0.0.0.0:1", .in_clear = true, .operator_token = "token"
		};

		assert_err(ZT_ERR_NETWORK, zt_server_org_create(&s, "slug", code, message));
	}
	assert_int_not_equal(0, access(o.home, F_OK));
	(void)id;
	(void)close(l.fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(N_plain_http_is_for_this_machine_alone),
		cmocka_unit_test(N_a_server_s_address_is_scheme_host_and_port),
		cmocka_unit_test(N_no_way_to_begin_speaks_in_clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
