/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* meeting.c - see meeting.h. */
#include "meeting.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "format/invite_link.h"
#include "test.h"

int
meeting_begin(void **state)
{
	struct setting *s = calloc(1, sizeof *s);

	assert_non_null(s);
	s->w = world_begin();
	world_found(s->w, &s->eve, "eve");
	world_found(s->w, &s->alice, "alice");
	*state = s;
	return 0;
}

int
meeting_end(void **state)
{
	struct setting *s = *state;

	person_close(&s->alice);
	person_close(&s->eve);
	world_end(s->w);
	free(s);
	assert_int_equal(0, secret_live());
	return 0;
}

int
meeting_is_honest(void **state)
{
	struct setting *s = *state;

	proxy_play(s->w->d, NULL);
	return 0;
}

void *
claim(void *arg)
{
	struct meeting *m = arg;
	struct zt_codes codes = human_codes(&m->at_newcomer);
	struct zt_options o = { .home = m->home, .password = "a newcomer's password" };
	struct zt_claim c = { m->link, m->email, "New", "phone" };

	m->claimer = zt_claim(&o, &c, &codes, m->message);
	return NULL;
}

void
meeting_init(struct setting *s, struct meeting *m)
{
	*m = (struct meeting){ .s = s };
	humans_init(&m->humans, "standard");
	m->humans.patience_s = 10; /* some wait here for somebody who never comes */
	m->at_alice = (struct human){ &m->humans, false };
	m->at_newcomer = (struct human){ &m->humans, true };
	(void)snprintf(m->home, sizeof m->home, "%s/new-%u", s->w->state, s->newcomers);
	(void)snprintf(m->email, sizeof m->email, "new-%u@test.example", s->newcomers++);
	assert_ok(zt_invite(s->alice.zt, ZT_INVITE_USER, m->link));
}

void
meet(struct meeting *m)
{
	struct zt_codes codes = human_codes(&m->at_alice);
	pthread_t thread;

	assert_int_equal(0, pthread_create(&thread, NULL, claim, m));
	m->greeter = zt_greet(m->s->alice.zt, m->link, &codes, NULL);
	assert_int_equal(0, pthread_join(thread, NULL));
}

bool
has_begun(struct meeting *m)
{
	struct invite_link l;
	PGresult *r;
	bool is;

	assert_ok(invite_link_parse(m->link, &l));
	r = world_ask(m->s->w, "auth",
	    "SELECT id FROM auth.exchange WHERE id = $1 AND length(message) <> 100",
	    &l.invitation);
	is = PQntuples(r) > 0;
	PQclear(r);
	return is;
}

void
meet_late(struct meeting *m)
{
	struct zt_codes codes = human_codes(&m->at_alice);
	const struct timespec moment = { 0, 100000000 };
	pthread_t thread;

	assert_int_equal(0, pthread_create(&thread, NULL, claim, m));
	for (int i = 0; i < 300 && !has_begun(m); i++)
		(void)nanosleep(&moment, NULL);
	m->greeter = zt_greet(m->s->alice.zt, m->link, &codes, NULL);
	assert_int_equal(0, pthread_join(thread, NULL));
}

static void
count_user(void *ctx, const struct zt_user *u)
{
	(void)u;
	++*(unsigned *)ctx;
}

unsigned
users(struct setting *s)
{
	unsigned n = 0;

	assert_ok(zt_users(s->alice.zt, count_user, &n));
	return n;
}

void
expect_nobody(struct meeting *m, unsigned before)
{
	char path[160];

	assert_int_equal(before, users(m->s));
	(void)snprintf(path, sizeof path, "%s/device.zt", m->home);
	assert_int_not_equal(0, access(path, F_OK));
}
