/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* member_test.c - members and strangers with patched clients, on the wire: each call of the
 * workspace by members who may and users who may not; services that a hostile gateway speaks
 * to; a handle that is not the one in the log. */
#include <nng/nng.h>
#include <nng/protocol/reqrep0/req.h>
#include <stdio.h>

#include "bus/rpc.h"
#include "crypto/suite.h"
#include "forge.h"
#include "format/event.h"
#include "format/limits.h"
#include "format/pb.h"
#include "log/append.h"
#include "log/handles.h"
#include "log/sync.h"
#include "proto/auth.pb-c.h"
#include "proto/rpc.pb-c.h"
#include "test.h"

enum actor { OWNER, MANAGER, CONTRIBUTOR, READER, OUTSIDER, STRANGER, REMOVED, FOREIGNER, WHO };

struct setting {
	struct world *w;
	struct person p[WHO];
	struct id workspace, block;
	struct hash block_hash;
	struct buf sealed; /* what is stored as that block */
	struct id vlob;    /* of the root folder */
};

static const char *const names[] = { "owner", "manager", "contributor", "reader", "outsider",
	"stranger", "removed", "foreigner" };

/* A block that the owner has stored. */
static void
store_block(struct setting *s)
{
	struct route_params p = { .org = s->p[OWNER].zt->org, .id = s->workspace };
	struct buf answer = buf_init(64);

	s->sealed = buf_init(1024);
	buf_add_text(&s->sealed, "what a block holds is nobody's business here");
	hash_block(buf_bytes(&s->sealed), &s->block_hash);
	random_bytes(s->block.b, ID_BYTES);
	p.block = s->block;
	p.hash = s->block_hash;
	assert_ok(session_call(
	    s->p[OWNER].zt, ROUTE_BLOCK_PUT, &p, NULL, buf_bytes(&s->sealed), &answer));
	buf_free(&answer);
}

static int
begin(void **state)
{
	struct setting *s = calloc(1, sizeof *s);
	struct person *owner;
	char *file;

	assert_non_null(s);
	owner = &s->p[OWNER];
	s->w = world_begin();
	world_found(s->w, &s->p[FOREIGNER], names[FOREIGNER]);
	world_found(s->w, owner, names[OWNER]);
	for (int i = MANAGER; i <= REMOVED; i++)
		world_join(owner, &s->p[i], names[i], i == OUTSIDER ? "outsider" : "standard");
	assert_ok(zt_workspace_create(owner->zt, "w"));
	for (int i = MANAGER; i <= REMOVED; i++)
		if (i != STRANGER)
			assert_ok(zt_workspace_share(owner->zt, "w", s->p[i].email,
			    i == MANAGER                        ? "manager"
			    : i == CONTRIBUTOR || i == OUTSIDER ? "contributor"
								: "reader"));
	file = world_file(s->w, "f", "content", 7);
	assert_ok(zt_put(owner->zt, file, "w:/f", NULL, NULL));
	free(file);
	for (int i = OWNER; i < FOREIGNER; i++)
		if (i != STRANGER)
			(void)person_workspace(&s->p[i], "w"); /* with all its keys */
	assert_ok(zt_workspace_unshare(owner->zt, "w", s->p[REMOVED].email));
	s->workspace = s->vlob = person_workspace(owner, "w")->w->id;
	store_block(s);
	*state = s;
	return 0;
}

static int
end(void **state)
{
	struct setting *s = *state;

	for (int i = 0; i < WHO; i++)
		person_close(&s->p[i]);
	buf_free(&s->sealed);
	world_end(s->w);
	free(s);
	assert_int_equal(0, secret_live());
	return 0;
}

/* ---- every call of the workspace by everybody ---- */

/* A changeset with a new small file, signed by BY when it has the workspace's keys. */
static struct forged
changeset_of(struct setting *s, struct person *by)
{
	struct forged_change change = { .version = 1 };
	struct forged_file file;
	struct workspace *w = person_workspace(by, "w");
	struct forged f;

	forge_file(&file, "written by one who may");
	random_bytes(change.vlob.b, ID_BYTES);
	change.m = &file.m;
	forge_changeset(by, w, &change, 1, (unsigned)w->w->generation_count, &f);
	(void)s;
	return f;
}

/* One attempt of the call R by WHO, whose content is right in all but perhaps its author. */
static enum zt_err
attempt(struct setting *s, enum actor who, enum route r)
{
	struct zt *z = s->p[who].zt;
	struct route_params p = { .org = s->p[OWNER].zt->org, .id = s->workspace };
	struct buf body = buf_init(LIMIT_PUSH),
		   answer = buf_init(LIMIT_PAGE + LIMIT_BLOCK_WIRE);
	bool has_keys = who <= OUTSIDER;
	struct forged f = { .push = buf_init(LIMIT_PUSH) };
	Zt__ObjectAsk ask = ZT__OBJECT_ASK__INIT, *asks[] = { &ask };
	Zt__ObjectsRequest objects = ZT__OBJECTS_REQUEST__INIT;
	const char *query = NULL;
	enum zt_err err;

	p.block = s->block;
	p.hash = s->block_hash;
	if (r == ROUTE_CHAIN) {
		query = "from=1";
	} else if (r == ROUTE_OBJECTS) {
		ask.vlob = pb_field(s->vlob.b, ID_BYTES);
		ask.version = 1;
		objects.asks = asks;
		objects.n_asks = 1;
		assert_ok(pb_encode(&objects, &body));
	} else if (r == ROUTE_REWRAP) {
		Zt__RewrapRequest m = ZT__REWRAP_REQUEST__INIT;

		m.generation =
		    (uint32_t)person_workspace(&s->p[OWNER], "w")->w->generation_count;
		assert_ok(pb_encode(&m, &body));
	} else if (r == ROUTE_BLOCK_PUT) {
		random_bytes(p.block.b, ID_BYTES);
		buf_add(&body, buf_bytes(&s->sealed));
	} else if (r == ROUTE_PUSH || r == ROUTE_REPAIR) {
		f = changeset_of(s, has_keys ? &s->p[who] : &s->p[OWNER]);
		if (r == ROUTE_PUSH) {
			buf_add(&body, buf_bytes(&f.push));
		} else {
			Zt__RepairRequest m = ZT__REPAIR_REQUEST__INIT;

			assert_ok(pb_decode(&zt__push_request__descriptor, buf_bytes(&f.push),
			    LIMIT_PUSH, &m.push));
			m.position = person_workspace(&s->p[OWNER], "w")->chain.position + 1;
			assert_ok(pb_encode(&m, &body));
			pb_free(m.push);
		}
	}
	err = session_call(z, r, &p, query, buf_bytes(&body), &answer);
	forged_free(&f);
	buf_free(&body);
	buf_free(&answer);
	return err;
}

static void
M_each_call_of_a_workspace_by_everybody(void **state)
{
	static const struct {
		enum route r;
		enum actor last; /* who may: everybody up to here, */
		bool outsider;   /* and the outsider, a contributor here */
	} calls[] = { { ROUTE_CHAIN, READER, true }, { ROUTE_OBJECTS, READER, true },
		{ ROUTE_KEYS_GET, READER, true }, { ROUTE_BLOCK_GET, READER, true },
		{ ROUTE_CHECKPOINTS, READER, true }, { ROUTE_REWRAP, MANAGER, false },
		{ ROUTE_BLOCK_PUT, CONTRIBUTOR, true }, { ROUTE_PUSH, CONTRIBUTOR, true } };
	struct setting *s = *state;

	for (size_t c = 0; c < sizeof calls / sizeof calls[0]; c++)
		for (int who = 0; who < WHO; who++) {
			enum zt_err err = attempt(s, (enum actor)who, calls[c].r);
			bool may =
			    who == OUTSIDER ? calls[c].outsider : who <= (int)calls[c].last;

			if ((err == ZT_OK) != may)
				fail_msg("%s by %s: %s", route_row(calls[c].r)->name,
				    names[who], err_name(err));
		}
}

/* A repair is no way around: what a reader signs, or a foreigner brings, is not valid. */
static void
M_a_repair_is_no_way_around_a_push(void **state)
{
	struct setting *s = *state;

	assert_ok(workspace_sync(person_workspace(&s->p[OWNER], "w")));
	assert_int_not_equal(ZT_OK, attempt(s, READER, ROUTE_REPAIR));
	assert_int_not_equal(ZT_OK, attempt(s, STRANGER, ROUTE_REPAIR));
	assert_int_not_equal(ZT_OK, attempt(s, REMOVED, ROUTE_REPAIR));
	assert_int_not_equal(ZT_OK, attempt(s, FOREIGNER, ROUTE_REPAIR));
	/* Not even who might push it: nothing says that it stood there. What comes back beside
	 * it is in restored_test.c. */
	assert_err(ZT_ERR_PROOF, attempt(s, CONTRIBUTOR, ROUTE_REPAIR));
	assert_err(ZT_ERR_PROOF, attempt(s, OWNER, ROUTE_REPAIR));
	assert_ok(workspace_sync(person_workspace(&s->p[OWNER], "w")));
}

static enum zt_err
fill_future(struct zt *z, void *ctx, Zt__EntryBody *b)
{
	static Zt__OrgSettings m;

	(void)z;
	zt__org_settings__init(&m);
	b->action_case = ZT__ENTRY_BODY__ACTION_ORG_SETTINGS;
	b->org_settings = &m;
	b->time += *(uint64_t *)ctx;
	return ZT_OK;
}

/* What LOG_REPAIR says of E, at FROM, with HEAD. */
static enum zt_err
bring_back(struct zt *z, const struct entry *e, uint64_t from, Zt__Statement *head)
{
	struct route_params p = { .org = z->org };
	Zt__LogRepair m = ZT__LOG_REPAIR__INIT;
	Zt__Statement st = statement_message(&e->stmt), *one[] = { &st };
	struct buf body = buf_init(64 * 1024), answer = buf_init(64);
	enum zt_err err;

	m.from = from;
	m.entries = one;
	m.n_entries = 1;
	m.head = head;
	assert_ok(pb_encode(&m, &body));
	err = session_call(z, ROUTE_LOG_REPAIR, &p, NULL, buf_bytes(&body), &answer);
	buf_free(&body);
	buf_free(&answer);
	return err;
}

/* An act brought back as if it had stood there, though the log never signed a head over it: one
 * of next year, behind which nobody could act, one of now, one at another place. */
static void
M_a_repair_brings_back_nothing_that_the_log_did_not_sign_a_head_over(void **state)
{
	struct setting *s = *state;
	struct zt *z = s->p[OWNER].zt;
	uint64_t later[] = { 365ull * 24 * 3600 * 1000, 0 }, size;
	Zt__Statement *head = NULL;

	assert_ok(log_fetch(z));
	assert_ok(log_kept_head(z, &head));
	size = merkle_size(z->state->tree);
	for (int i = 0; i < 2; i++) {
		struct entry *e = NULL;

		assert_ok(log_sign_act(z, &z->org, fill_future, &later[i], &e));
		assert_err(ZT_ERR_PROOF, bring_back(z, e, size, head));
		assert_err(ZT_ERR_CONFLICT, bring_back(z, e, size - 1, head));
		assert_err(ZT_ERR_CONFLICT, bring_back(z, e, size + 1, head));
		assert_err(ZT_ERR_PROOF, bring_back(z, e, size, NULL));
		head->signature.data[0] ^= 1;
		assert_err(ZT_ERR_PROOF, bring_back(z, e, size, head));
		head->signature.data[0] ^= 1;
		entry_free(e);
	}
	pb_free(head);
	assert_ok(log_fetch(z));
	assert_int_equal(size, merkle_size(z->state->tree));
}

/* A rotation that pins POSITION of the chain and LINK. */
struct pin {
	struct id workspace;
	uint64_t position;
	struct hash link;
	Zt__ChainPin pin;
	Zt__KeyRotated m;
};

static enum zt_err
fill_pin(struct zt *z, void *ctx, Zt__EntryBody *b)
{
	static uint8_t some[ENVELOPE_WRAP_BYTES];
	struct pin *p = ctx;

	zt__key_rotated__init(&p->m);
	p->m.generation =
	    (uint32_t)org_state_workspace(z->state, &p->workspace)->generation_count + 1;
	p->m.key_commitment = pb_field(some, HASH_BYTES);
	p->m.previous_sealed = pb_field(some, sizeof some);
	p->m.sealed_name = pb_field(some, sizeof some);
	zt__chain_pin__init(&p->pin);
	p->pin.position = p->position;
	p->pin.link = pb_field(p->link.b, HASH_BYTES);
	p->m.pin = &p->pin;
	b->action_case = ZT__ENTRY_BODY__ACTION_KEY_ROTATED;
	b->key_rotated = &p->m;
	return ZT_OK;
}

/* It would stop everyone who reads on to that place. */
static void
M_a_rotation_pins_only_what_stands_in_the_chain(void **state)
{
	struct setting *s = *state;
	struct zt *z = s->p[MANAGER].zt;
	struct workspace *at = person_workspace(&s->p[MANAGER], "w");
	struct pin p;

	assert_ok(log_fetch(z));
	assert_ok(workspace_sync(at));
	assert_true(at->chain.position > 0);
	p = (struct pin){ .workspace = s->workspace,
		.position = at->chain.position + 1,
		.link = at->chain.link };
	assert_err(ZT_ERR_PROOF, log_append(z, &s->workspace, fill_pin, &p));
	p = (struct pin){
		.workspace = s->workspace, .position = UINT64_MAX / 2, .link = at->chain.link
	};
	assert_err(ZT_ERR_PROOF, log_append(z, &s->workspace, fill_pin, &p));
	p = (struct pin){
		.workspace = s->workspace, .position = UINT64_MAX, .link = at->chain.link
	};
	assert_err(ZT_ERR_PROOF, log_append(z, &s->workspace, fill_pin, &p));
	p = (struct pin){ .workspace = s->workspace,
		.position = at->chain.position,
		.link = at->chain.link };
	p.link.b[7] ^= 1;
	assert_err(ZT_ERR_PROOF, log_append(z, &s->workspace, fill_pin, &p));
	p.link.b[7] ^= 1;
	assert_ok(log_append(z, &s->workspace, fill_pin, &p));
	assert_ok(zt_workspace_rotate(s->p[OWNER].zt, "w")); /* to a key that all get */
}

/* Another's changeset under one's own request; acts that take an admin or the operator. */
static void
M_nobody_speaks_as_another_or_as_more_than_they_are(void **state)
{
	struct setting *s = *state;
	struct zt *member = s->p[CONTRIBUTOR].zt;
	struct route_params p = { .org = member->org, .id = s->workspace };
	struct forged f = changeset_of(s, &s->p[OWNER]);
	struct buf answer = buf_init(LIMIT_PAGE), body = buf_init(4096);
	Zt__Disclosures none = ZT__DISCLOSURES__INIT;
	Zt__OrgSet set = ZT__ORG_SET__INIT;
	char link[1024];

	assert_err(ZT_ERR_FORBIDDEN,
	    session_call(member, ROUTE_PUSH, &p, NULL, buf_bytes(&f.push), &answer));
	assert_err(ZT_ERR_FORBIDDEN, zt_invite(member, ZT_INVITE_USER, link));
	assert_ok(pb_encode(&none, &body));
	assert_err(ZT_ERR_FORBIDDEN,
	    session_call(member, ROUTE_DISCLOSE, &p, NULL, buf_bytes(&body), &answer));
	assert_err(ZT_ERR_FORBIDDEN,
	    session_call(member, ROUTE_PKI_LIST, &p, NULL, bytes_of(NULL, 0), &answer));
	assert_err(ZT_ERR_FORBIDDEN,
	    session_call(member, ROUTE_PKI_END, &p, NULL, bytes_of(NULL, 0), &answer));
	assert_err(ZT_ERR_FORBIDDEN,
	    session_call(member, ROUTE_OVERVIEW, &p, NULL, bytes_of(NULL, 0), &answer));
	assert_err(ZT_ERR_FORBIDDEN,
	    session_call(member, ROUTE_FREEZE, &p, NULL, bytes_of(NULL, 0), &answer));
	/* the operator's calls take the operator's token, an admin's signature is none */
	assert_err(ZT_ERR_FORBIDDEN,
	    session_call(s->p[OWNER].zt, ROUTE_ORG_LIST, &p, NULL, bytes_of(NULL, 0), &answer));
	set.sets_storage = true;
	buf_empty(&body);
	assert_ok(pb_encode(&set, &body));
	assert_err(ZT_ERR_FORBIDDEN,
	    session_call(s->p[OWNER].zt, ROUTE_ORG_SET, &p, NULL, buf_bytes(&body), &answer));
	assert_err(ZT_ERR_FORBIDDEN, session_call(s->p[OWNER].zt, ROUTE_ORG_USAGE, &p, NULL,
					 bytes_of(NULL, 0), &answer));
	forged_free(&f);
	buf_free(&answer);
	buf_free(&body);
}

/* ---- R3 ---- */

static enum zt_err
ask_service(const char *url, const Zt__Call *call, struct bytes body)
{
	struct rpc_result result = { .err = ZT_ERR_UNAVAILABLE };
	nng_socket socket;
	nng_msg *m = NULL, *answer = NULL;
	struct wire_reader r;

	assert_int_equal(0, nng_req0_open(&socket));
	assert_int_equal(0, nng_socket_set_ms(socket, NNG_OPT_RECVTIMEO, 10000));
	assert_int_equal(0, nng_dial(socket, url, NULL, 0));
	assert_ok(rpc_new(1, &m));
	assert_ok(rpc_add_call(m, call, body.n));
	assert_int_equal(0, nng_msg_append(m, body.p, body.n));
	assert_int_equal(0, nng_sendmsg(socket, m, 0));
	assert_int_equal(0, nng_recvmsg(socket, &answer, 0));
	r = wire_read(bytes_of(nng_msg_body(answer), nng_msg_len(answer)));
	wire_expect_u32(&r, 1);
	assert_ok(rpc_read_answer(&r, &result));
	nng_msg_free(answer);
	(void)nng_close(socket);
	return result.err;
}

/* A gateway gone bad knows every address and every format. What it cannot do is sign. */
static void
R3_no_service_does_what_a_hostile_gateway_says_unsigned(void **state)
{
	struct setting *s = *state;
	char path[128], folder[256], url[400];
	unsigned tried = 0;
	FILE *f;

	(void)snprintf(path, sizeof path, "%s/sockets", s->w->state);
	assert_non_null(f = fopen(path, "re"));
	assert_non_null(fgets(folder, sizeof folder, f));
	folder[strcspn(folder, "\n")] = 0;
	(void)fclose(f);
	for (size_t r = 0; r < ROUTE_COUNT; r++) {
		const struct route_row *row = route_row((enum route)r);
		struct route_params p = { .org = s->p[OWNER].zt->org, .id = s->workspace };
		struct buf target = buf_init(LIMIT_TARGET), other = buf_init(EVENT_FIRST_MAX);
		const char *input, *signature;
		Zt__Call call = ZT__CALL__INIT;

		if (row->who == WHO_ANYONE || (enum route)r == ROUTE_LOG_READ)
			continue;
		p.block = s->block;
		p.hash = s->block_hash;
		route_path((enum route)r, &p, &target);
		(void)snprintf(
		    url, sizeof url, "ipc://%s/%s", folder, route_service_name(row->service));
		call.method = (char *)(uintptr_t)route_verb(row->verb);
		call.target = (char *)(uintptr_t)buf_text(&target);
		call.deadline_ms = 5000;
		assert_int_not_equal(ZT_OK, ask_service(url, &call, bytes_text("x")));
		/* with a signature, but of another request of the same device */
		assert_ok(calls_sign_events(s->p[OWNER].zt->calls, &other));
		assert_ok(event_first_read((char *)other.p, other.n, &input, &signature));
		call.signature_input = (char *)(uintptr_t)input;
		call.signature = (char *)(uintptr_t)signature;
		assert_int_not_equal(ZT_OK, ask_service(url, &call, bytes_text("x")));
		call.authorization = (char *)(uintptr_t) "Bearer guessed-guessed-guessed";
		assert_int_not_equal(ZT_OK, ask_service(url, &call, bytes_text("x")));
		tried++;
		buf_free(&target);
		buf_free(&other);
	}
	assert_true(tried > 15);
}

/* ---- L10 ---- */

struct liar {
	struct setting *s;
	bool lied;
};

/* The server seals another handle for the owner, to every caller: it knows all public keys. */
static void
another_handle(void *ctx, struct proxy_call *c)
{
	struct liar *l = ctx;
	struct zt *z = l->s->p[READER].zt;
	const struct id *owner = &l->s->p[OWNER].zt->user;
	Zt__Handle handle = ZT__HANDLE__INIT;
	Zt__Disclosures m = ZT__DISCLOSURES__INIT;
	Zt__Disclosure d = ZT__DISCLOSURE__INIT, *one[] = { &d };
	struct buf clear = buf_init(1024), sealed = buf_init(2048);
	uint8_t salt[32] = { 0 };

	if (c->route != ROUTE_DISCLOSURES)
		return;
	handle.email = (char *)(uintptr_t) "mallory@evil.example";
	handle.name = (char *)(uintptr_t) "Owner";
	handle.salt = pb_field(salt, sizeof salt);
	assert_ok(pb_encode(&handle, &clear));
	assert_ok(log_seal_handle(
	    &z->org, org_state_user(z->state, &z->user), owner, buf_bytes(&clear), &sealed));
	d.recipient = pb_field(z->user.b, ID_BYTES);
	d.subject = pb_field(owner->b, ID_BYTES);
	d.sealed = pb_field(sealed.p, sealed.n);
	m.items = one;
	m.n_items = 1;
	buf_empty(&c->answer);
	assert_ok(pb_encode(&m, &c->answer));
	l->lied = true;
	buf_free(&clear);
	buf_free(&sealed);
}

static void
L10_a_handle_that_is_not_the_committed_one_is_refused(void **state)
{
	struct setting *s = *state;
	struct zt *z = s->p[READER].zt;
	const struct id *owner = &s->p[OWNER].zt->user;
	struct liar l = { .s = s };
	struct proxy_hooks hooks = { .ctx = &l, .after = another_handle };
	struct log_handle h;

	assert_ok(store_delete(z->store, STORE_HANDLE, bytes_of(owner->b, ID_BYTES), 0));
	proxy_play(s->w->d, &hooks);
	assert_ok(log_sync_handles(z));
	proxy_play(s->w->d, NULL);
	assert_true(l.lied);
	log_handle(z, owner, &h);
	assert_string_equal("", h.email); /* nobody's name, rather than a wrong one */
	assert_ok(log_sync_handles(z));
	log_handle(z, owner, &h);
	assert_string_equal(s->p[OWNER].email, h.email);
}

/* DISCLOSE by WHO of rubbish instead of the handle of each user in turn, to each. */
static enum zt_err
disclose_rubbish(struct setting *s, enum actor who)
{
	struct route_params p = { .org = s->p[OWNER].zt->org };
	Zt__Disclosures m = ZT__DISCLOSURES__INIT;
	Zt__Disclosure d[REMOVED * REMOVED], *list[REMOVED * REMOVED];
	uint8_t rubbish[200];
	struct buf body = buf_init(1 << 20), answer = buf_init(64);
	enum zt_err err;

	random_bytes(rubbish, sizeof rubbish);
	for (int i = 0; i < REMOVED * REMOVED; i++) {
		zt__disclosure__init(list[m.n_items++] = &d[i]);
		d[i].recipient = pb_field(s->p[i / REMOVED].zt->user.b, ID_BYTES);
		d[i].subject = pb_field(s->p[i % REMOVED].zt->user.b, ID_BYTES);
		d[i].sealed = pb_field(rubbish, sizeof rubbish);
	}
	m.items = list;
	assert_ok(pb_encode(&m, &body));
	err = session_call(s->p[who].zt, ROUTE_DISCLOSE, &p, NULL, buf_bytes(&body), &answer);
	buf_free(&body);
	buf_free(&answer);
	return err;
}

static void
L10_an_admins_rubbish_takes_no_name_away_that_another_deposited(void **state)
{
	struct setting *s = *state;
	struct zt *owner = s->p[OWNER].zt, *reader = s->p[READER].zt;
	struct log_handle h;

	assert_err(ZT_ERR_FORBIDDEN, disclose_rubbish(s, STRANGER));
	assert_ok(zt_user_profile(owner, s->p[STRANGER].email, "admin"));
	assert_ok(disclose_rubbish(s, STRANGER));
	assert_ok(disclose_rubbish(s, STRANGER)); /* their own word alone is replaced */
	for (int i = OWNER; i < REMOVED; i++) {
		struct bytes user = bytes_of(s->p[i].zt->user.b, ID_BYTES);

		assert_ok(store_delete(reader->store, STORE_HANDLE, user, 0));
	}
	assert_ok(log_sync_handles(reader));
	for (int i = OWNER; i < REMOVED; i++) {
		log_handle(reader, &s->p[i].zt->user, &h);
		assert_string_equal(s->p[i].email, h.email);
	}
	assert_ok(zt_user_profile(owner, s->p[STRANGER].email, "standard"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(M_each_call_of_a_workspace_by_everybody),
		cmocka_unit_test(M_a_repair_is_no_way_around_a_push),
		cmocka_unit_test(
		    M_a_repair_brings_back_nothing_that_the_log_did_not_sign_a_head_over),
		cmocka_unit_test(M_a_rotation_pins_only_what_stands_in_the_chain),
		cmocka_unit_test(M_nobody_speaks_as_another_or_as_more_than_they_are),
		cmocka_unit_test(R3_no_service_does_what_a_hostile_gateway_says_unsigned),
		cmocka_unit_test(L10_a_handle_that_is_not_the_committed_one_is_refused),
		cmocka_unit_test(
		    L10_an_admins_rubbish_takes_no_name_away_that_another_deposited),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
