/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* founding_test.c - a hostile server against a founder: no word of it ends a device that has
 * seen its log. */
#include "test.h"

#include <stdio.h>

#include "world.h"
#include "zt/file.h"
#include "zt/workspace.h"

struct lie {
	enum route route;
	enum zt_err err;
	int times;
};

static bool
refuse_route(void *ctx, struct proxy_call *c)
{
	struct lie *l = ctx;

	if (c->route != l->route || l->times == 0)
		return false;
	l->times--;
	proxy_refuse(c, l->err);
	return true;
}

/* The last step of the founding was refused, so that its mark stayed; the organization lived
 * on; then the same command again, to which the server says that it knows nothing. */
static void
S_a_founder_keeps_the_device_whatever_the_server_says(void **state)
{
	struct world *w = world_begin();
	struct lie lie = { ROUTE_DISCLOSE, ZT_ERR_FORBIDDEN, 1 };
	struct proxy_hooks hooks = { .ctx = &lie, .before = refuse_route };
	struct person alice = { .w = w, .email = "alice@test.example", .name = "alice" }, bob;
	char message[256] = "";
	struct zt_bootstrap b = { .server = proxy_url(w->d),
		.operator_token = w->token,
		.slug = "org-founding",
		.email = alice.email,
		.name = "alice",
		.device_label = "laptop" };

	(void)state;
	(void)snprintf(alice.home, sizeof alice.home, "%s/home-alice", w->state);
	alice.o = (struct zt_options){ .home = alice.home, .password = "a test's password" };
	proxy_play(w->d, &hooks);
	assert_err(ZT_ERR_FORBIDDEN, zt_bootstrap(&alice.o, &b, message));
	proxy_play(w->d, NULL);

	person_open(&alice);
	world_join(&alice, &bob, "bob", "standard");
	assert_ok(zt_workspace_create(alice.zt, "plans"));
	person_put(&alice, "the only copy", "plans:/a");
	person_close(&alice);
	person_close(&bob);

	for (int i = 0; i < 2; i++) {
		lie = (struct lie){ ROUTE_LOG_READ,
			i == 0 ? ZT_ERR_UNKNOWN_DEVICE : ZT_ERR_NOT_FOUND, -1 };
		proxy_play(w->d, &hooks);
		assert_int_not_equal(ZT_OK, zt_bootstrap(&alice.o, &b, message));
		proxy_play(w->d, NULL);
	}
	person_open(&alice);
	assert_ok(zt_sync(alice.zt));
	person_close(&alice);
	world_end(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(S_a_founder_keeps_the_device_whatever_the_server_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
