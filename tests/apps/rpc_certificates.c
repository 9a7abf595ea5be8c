/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* rpc_certificates.c - cases of rpc_test about requests to join by a certificate. */
#include "rpc_cases.h"

#include <stdio.h>

#include "ask.h"
#include "zt/pki.h"

/* Somebody with a certificate asks to join as NAME; the id of the request. */
static void
ask_by_certificate(const char *name, char id[33])
{
	struct world *w = stage.s->w;
	struct zt_identity alice;
	char command[256], home[128], certificate[128], key[128], email[64], message[256];
	struct zt_options o = { .home = home, .password = "a password" };
	struct zt_pki_ask ask_with = { .server = proxy_url(w->d),
		.email = email,
		.name = name,
		.device_label = "desk",
		.certificate = certificate,
		.key = key };

	(void)snprintf(command, sizeof command,
	    "state=%s; . tests/cli/ca.sh; request_of %s; sign %s", w->state, name, name);
	assert_int_equal(0, system(command));
	(void)snprintf(home, sizeof home, "%s/of-%s", w->state, name);
	(void)snprintf(certificate, sizeof certificate, "%s/ca/%s.pem", w->state, name);
	(void)snprintf(key, sizeof key, "%s/ca/%s.key", w->state, name);
	(void)snprintf(email, sizeof email, "%s@demo.example", name);
	zt_whoami(stage.s->alice.zt, &alice);
	ask_with.org = alice.org;
	if (zt_pki_request(&o, &ask_with, id, message) != ZT_OK)
		fail_msg("%s", message);
}

/* NAME's device says what became of its request. */
static void
pki_state_is(const char *name, const char *wanted)
{
	const struct rpc_host host = { .event = take_event };
	char home[128], is[64];
	const struct zt_options o = { .home = home, .password = "a password" };
	struct rpc_lane *l = NULL;
	struct zt *z = NULL;

	(void)snprintf(home, sizeof home, "%s/of-%s", stage.s->w->state, name);
	assert_ok(zt_open(&o, &z, NULL));
	assert_ok(rpc_lane_new(&host, &l));
	rpc_lane_use(l, z);
	answer_text(ask(l, "pki.state", "{}"), "state", is, sizeof is);
	assert_string_equal(wanted, is);
	rpc_lane_free(l);
	zt_close(z);
}

void
requests_by_certificate_are_accepted_and_rejected(void **state)
{
	struct rpc_lane *a = stage.alice;
	char command[256], anchor[128], list[128], dora[33], emil[33];
	const char *files[] = { anchor, list };

	(void)state;
	assert_int_equal(0, answer_count(ask(a, "pki.trusted", "{}"), "anchors"));
	(void)snprintf(
	    command, sizeof command, "state=%s; . tests/cli/ca.sh; crl", stage.s->w->state);
	assert_int_equal(0, system(command));
	(void)snprintf(anchor, sizeof anchor, "%s/ca/ca.pem", stage.s->w->state);
	(void)snprintf(list, sizeof list, "%s/ca/ca.crl", stage.s->w->state);
	assert_ok(zt_pki_trust(stage.s->alice.zt, files, 2));
	assert_int_equal(2, answer_count(ask(a, "pki.trusted", "{}"), "anchors"));
	assert_int_equal(0, answer_count(ask(a, "pki.requests", "{}"), "requests"));
	ask_by_certificate("dora", dora);
	ask_by_certificate("emil", emil);
	answer_has(ask(a, "pki.requests", "{}"), "requests", "email", "dora@demo.example");
	does(a, "pki.accept", "{s:s,s:s}", "id", dora, "profile", "outsider");
	answer_has(ask(a, "organization.people", "{}"), "people", "profile", "outsider");
	does(a, "pki.reject", "{s:s}", "id", emil);
	assert_int_equal(0, answer_count(ask(a, "pki.requests", "{}"), "requests"));
	ends(ZT_ERR_NOT_FOUND, a, "pki.accept", "{s:s}", "id", emil);
	ends(ZT_ERR_NOT_FOUND, a, "pki.state", "{}");
	pki_state_is("dora", "accepted");
	pki_state_is("emil", "rejected");
}
