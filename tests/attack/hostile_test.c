/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* hostile_test.c - one hostile member of each role makes every call of the table
 * (hostile_calls.c); afterwards no honest one has lost a workspace, a file, a name or the power
 * to act, and a newcomer finds all of it (promise F12).
 *
 * The calls come from the route table: one that is added there fails here until somebody has
 * thought of what a hostile member does with it. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "crypto/suite.h"
#include "format/invite_link.h"
#include "format/limits.h"
#include "format/pb.h"
#include "hostile.h"
#include "log/handles.h"
#include "proto/auth.pb-c.h"
#include "test.h"
#include "zt/history.h"
#include "zt/recover.h"

static const char *const names[] = { "reader", "contributor", "outsider", "manager", "admin" };

/* ---- what honest ones have, before and after ---- */

static void
put(struct person *p, const char *workspace, const char *name, const void *content, size_t n)
{
	char *path = world_file(p->w, "content", content, n), remote[64];

	(void)snprintf(remote, sizeof remote, "%s:/%s", workspace, name);
	assert_ok(zt_put(p->zt, path, remote, NULL, NULL));
	free(path);
}

static void
expect(struct person *p, const char *workspace, const char *name, const void *content, size_t n)
{
	char *path = world_file(p->w, "back", "", 0), remote[64];
	uint8_t *got = malloc(n + 1);
	FILE *f;

	assert_non_null(got);
	(void)snprintf(remote, sizeof remote, "%s:/%s", workspace, name);
	f = fopen(path, "w+e");
	assert_non_null(f);
	assert_ok(zt_cat(p->zt, remote, 0, fileno(f)));
	rewind(f);
	assert_int_equal(n, fread(got, 1, n + 1, f));
	assert_memory_equal(content, got, n);
	(void)fclose(f);
	free(got);
	free(path);
}

/* P's device, which forgets what it knew of the others, finds their names again. */
static void
expect_names(struct setting *s, struct person *p)
{
	struct person *all[] = { &s->alice, &s->bob, &s->dora };
	struct log_handle h;

	for (size_t i = 0; i < 3; i++)
		assert_ok(store_delete(
		    p->zt->store, STORE_HANDLE, bytes_of(all[i]->zt->user.b, ID_BYTES), 0));
	assert_ok(log_sync_handles(p->zt));
	for (size_t i = 0; i < 3; i++) {
		log_handle(p->zt, &all[i]->zt->user, &h);
		assert_string_equal(all[i]->email, h.email);
	}
}

/* The part of BOB's recovery that alice holds. */
static void
part_of_bob(struct setting *s, uint8_t out[PART])
{
	struct route_params p = { .org = s->alice.zt->org };
	struct buf answer = buf_init(LIMIT_PAGE);
	Zt__RecoveryParts *m = NULL;
	bool found = false;

	assert_ok(session_call(
	    s->alice.zt, ROUTE_RECOVERY_GET, &p, NULL, bytes_of(NULL, 0), &answer));
	assert_ok(
	    pb_decode(&zt__recovery_parts__descriptor, buf_bytes(&answer), LIMIT_PAGE, &m));
	for (size_t i = 0; i < m->n_items; i++)
		if (memcmp(m->items[i]->owner.data, s->bob.zt->user.b, ID_BYTES) == 0 &&
		    memcmp(m->items[i]->device.data, s->bob.zt->device.b, ID_BYTES) != 0) {
			memset(out, 0, PART);
			memcpy(out, m->items[i]->sealed.data,
			    m->items[i]->sealed.len < PART ? m->items[i]->sealed.len : PART);
			found = true;
		}
	assert_true(found);
	pb_free(m);
	buf_free(&answer);
}

struct open {
	const struct id *id;
	bool found;
};

static void
find_open(void *ctx, const struct zt_invitation *i)
{
	struct open *o = ctx;
	char text[ID_TEXT];

	id_print(o->id, text);
	o->found = o->found || (strcmp(text, i->id) == 0 && strcmp(i->state, "open") == 0);
}

static void
expect_all(struct setting *s)
{
	struct person *all[] = { &s->alice, &s->bob, &s->dora };
	struct route_params p = { .org = s->alice.zt->org, .id = s->id, .block = s->block };
	struct open open = { .id = &s->invitation };
	struct buf block = buf_init(LIMIT_BLOCK_WIRE);
	struct person newcomer;
	uint8_t part[PART];
	char name[32], root[40];

	for (size_t i = 0; i < 3; i++) {
		assert_ok(zt_sync(all[i]->zt));
		expect_names(s, all[i]);
	}
	assert_ok(zt_maintain_keys(s->alice.zt, NULL)); /* what a loss of access asks for */
	(void)snprintf(root, sizeof root, "%s:/", s->workspace);
	if (s->role == CONTRIBUTOR || s->role == MANAGER || s->role == OUTSIDER)
		assert_ok(zt_restore(s->alice.zt, root, 0, s->before)); /* they may write */
	for (size_t i = 0; i < 3; i++) {
		expect(all[i], s->workspace, "small", "small", 5);
		expect(all[i], s->workspace, "large", s->large, LARGE);
	}
	put(&s->bob, s->workspace, "more", "of bob", 6);
	put(&s->alice, s->workspace, "small2", "of alice", 8);
	expect(&s->dora, s->workspace, "more", "of bob", 6);
	part_of_bob(s, part);
	assert_memory_equal(s->part, part, PART);
	assert_ok(
	    session_call(s->bob.zt, ROUTE_BLOCK_GET, &p, NULL, bytes_of(NULL, 0), &block));
	assert_true(bytes_equal(buf_bytes(&s->held), buf_bytes(&block)));
	assert_ok(zt_invitations(s->alice.zt, find_open, &open));
	assert_true(open.found);
	(void)snprintf(name, sizeof name, "new-%s", names[s->role]);
	world_join(&s->alice, &newcomer, name, "standard");
	assert_ok(zt_workspace_share(s->alice.zt, s->workspace, newcomer.email, "contributor"));
	expect(&newcomer, s->workspace, "small", "small", 5);
	expect(&newcomer, s->workspace, "large", s->large, LARGE);
	put(&newcomer, s->workspace, "new", "of the newcomer", 15);
	expect(&s->bob, s->workspace, "new", "of the newcomer", 15);
	expect_names(s, &newcomer);
	assert_ok(zt_workspace_unshare(s->alice.zt, s->workspace, newcomer.email));
	person_close(&newcomer);
	if (s->role != ADMIN) /* and the owner has the last word */
		assert_ok(zt_workspace_unshare(s->alice.zt, s->workspace, s->hostile.email));
	buf_free(&block);
}

/* ---- the tests ---- */

static void
store_block(struct setting *s)
{
	struct route_params p = { .org = s->alice.zt->org, .id = s->id };
	struct buf answer = buf_init(64);

	buf_empty(&s->held);
	buf_add_text(&s->held, "what a block holds is nobody's business here");
	hash_block(buf_bytes(&s->held), &s->block_hash);
	random_bytes(s->block.b, ID_BYTES);
	p.block = s->block;
	p.hash = s->block_hash;
	assert_ok(
	    session_call(s->alice.zt, ROUTE_BLOCK_PUT, &p, NULL, buf_bytes(&s->held), &answer));
	buf_free(&answer);
}

static void
prepare(struct setting *s, enum role_of role)
{
	struct invite_link link;
	char text[1024];

	s->role = role;
	(void)snprintf(s->workspace, sizeof s->workspace, "beside-%s", names[role]);
	world_join(&s->alice, &s->hostile, names[role],
	    role == ADMIN      ? "admin"
	    : role == OUTSIDER ? "outsider"
			       : "standard");
	assert_ok(zt_workspace_create(s->alice.zt, s->workspace));
	put(&s->alice, s->workspace, "small", "small", 5);
	put(&s->alice, s->workspace, "large", s->large, LARGE);
	assert_ok(zt_workspace_share(s->alice.zt, s->workspace, s->bob.email, "contributor"));
	assert_ok(zt_workspace_share(s->alice.zt, s->workspace, s->dora.email, "reader"));
	if (role != ADMIN)
		assert_ok(zt_workspace_share(s->alice.zt, s->workspace, s->hostile.email,
		    role == MANAGER  ? "manager"
		    : role == READER ? "reader"
				     : "contributor"));
	s->id = person_workspace(&s->alice, s->workspace)->w->id;
	store_block(s);
	assert_ok(zt_invite(s->alice.zt, ZT_INVITE_USER, text));
	assert_ok(invite_link_parse(text, &link));
	s->invitation = link.invitation;
	part_of_bob(s, s->part);
	s->before = session_now_ms();
	(void)usleep(2000); /* what comes now is younger */
}

static void
run(struct setting *s, enum role_of role)
{
	prepare(s, role);
	for (size_t r = 0; r < ROUTE_COUNT; r++) {
		if (attacks[r] == NULL)
			fail_msg("%s: nobody has thought of a hostile member's",
			    route_row((enum route)r)->name);
		attacks[r](s, (enum route)r);
	}
	expect_all(s);
	person_close(&s->hostile);
}

#define EACH(role, name)                                                                       \
	static void name(void **state)                                                         \
	{                                                                                      \
		run(*state, role);                                                             \
	}
EACH(READER, F12_a_hostile_reader_takes_nothing_from_others)
EACH(CONTRIBUTOR, F12_a_hostile_contributor_takes_nothing_from_others)
EACH(OUTSIDER, F12_a_hostile_outsider_takes_nothing_from_others)
EACH(MANAGER, F12_a_hostile_manager_takes_nothing_from_others)
EACH(ADMIN, F12_a_hostile_admin_takes_nothing_from_others)

static int
begin(void **state)
{
	struct setting *s = calloc(1, sizeof *s);
	const char *helpers[2];

	assert_non_null(s);
	s->held = buf_init(1024);
	random_bytes(s->large, sizeof s->large);
	s->w = world_begin();
	world_found(s->w, &s->alice, "alice");
	world_join(&s->alice, &s->bob, "bob", "standard");
	world_join(&s->alice, &s->dora, "dora", "standard");
	helpers[0] = s->alice.email;
	helpers[1] = s->dora.email;
	assert_ok(zt_sync(s->bob.zt));
	assert_ok(zt_recovery_colleagues(
	    s->bob.zt, &(struct zt_split){ .users = helpers, .count = 2, .need = 2 }, NULL));
	*state = s;
	return 0;
}

static int
end(void **state)
{
	struct setting *s = *state;

	person_close(&s->alice);
	person_close(&s->bob);
	person_close(&s->dora);
	buf_free(&s->held);
	world_end(s->w);
	free(s);
	assert_int_equal(0, secret_live());
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(F12_a_hostile_reader_takes_nothing_from_others),
		cmocka_unit_test(F12_a_hostile_contributor_takes_nothing_from_others),
		cmocka_unit_test(F12_a_hostile_outsider_takes_nothing_from_others),
		cmocka_unit_test(F12_a_hostile_manager_takes_nothing_from_others),
		cmocka_unit_test(F12_a_hostile_admin_takes_nothing_from_others),
	};

	if (getenv("ONLY") != NULL)
		cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, begin, end);
}
