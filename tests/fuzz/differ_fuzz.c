/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the server takes each client takes, and what was written can be read, page by page.
 *
 * Several members act by chance and say anything of what they have seen. The server judges
 * each act and each changeset with its own code; what it took is read by clients at every
 * length that the log can have for them, by a member who may not see all of it and whose pages
 * come between the acts, and by an auditor. None of them may refuse. */
#include "base/vec.h"
#include "files/changeset.h"
#include "files/judge_rules.h"
#include "format/limits.h"
#include "format/pb.h"
#include "fuzz.h"
#include "history/audit.h"
#include "play.h"
#include "proto/auth.pb-c.h"
#include "proto/files.pb-c.h"

enum { ACTS = 60, SENT = 24, VLOBS = 4, CHANGES = 3, READERS = 2, LINES = ACTS + 1 };

/* A changeset that the server took. */
struct taken {
	struct buf bytes, body; /* of the message; of what it borrows */
	Zt__Changeset *m;
	struct changeset cs;
	struct change *changes;
	uint64_t log; /* entries of the server's log by then */
};

struct chain {
	struct taken at[SENT];
	struct hash links[SENT];
	uint64_t length;
	struct version {
		uint64_t number;
		struct hash object;
	} vlobs[VLOBS];
};

/* A member's device, which reads the log a page at a time. */
struct reader {
	struct org_state *o;
	unsigned user;
	bool shown[LINES];
	uint64_t behind[MODEL_SPACES]; /* entries of the topic that must be there at the end */
};

struct world {
	struct chance c;
	struct org g;
	struct org_state *server;
	struct chain chains[MODEL_SPACES];
	struct reader readers[READERS];
};

static unsigned
of(struct world *w, unsigned n)
{
	return chance(&w->c, n);
}

static bool
one_in(struct world *w, unsigned n)
{
	return of(w, n) == n - 1;
}

static struct entry *
sent(const struct world *w, uint64_t index)
{
	struct entry *e = NULL;

	fuzz_demand(entry_decode(&w->g.log[index]->stmt, &e) == ZT_OK);
	return e;
}

/* E as a party that holds O takes it in. */
static void
take_entry(struct org_state *o, const struct entry *e, uint64_t index)
{
	const char *message = "";

	fuzz_demand(rules_check(o, e, index, &message) == ZT_OK);
	fuzz_demand(org_state_apply(o, e, index) == ZT_OK);
}

/* ---- the server ---- */

static void
append(struct world *w)
{
	uint64_t index = merkle_size(w->server->tree);
	struct entry *e = sent(w, index);

	take_entry(w->server, e, index);
	fuzz_demand(merkle_add(w->server->tree, &e->leaf) == ZT_OK);
	entry_free(e);
}

static bool
may_see(const struct world *w, unsigned user, uint64_t index)
{
	const struct id *topic = &w->g.log[index]->topic;
	const struct org_workspace *s = org_state_workspace(w->server, topic);

	return id_equal(topic, &w->server->id) ||
	       (s != NULL &&
		   org_state_may_see(s, org_state_user(w->server, &w->g.users[user]), index));
}

static unsigned
vlob_number(const struct change *c)
{
	return c->vlob.b[0] % VLOBS;
}

/* As a push: what metadata looks at in the chain, and what it asks auth. */
static enum zt_err
judge(const struct world *w, unsigned space, const struct taken *t, const struct hash *link)
{
	const struct chain *c = &w->chains[space];
	uint64_t parent = t->cs.parent_position;
	const char *message = "";
	enum zt_err err;

	if (!id_equal(&t->cs.workspace, &w->g.workspaces[space]))
		return ZT_ERR_FORBIDDEN;
	if (parent > c->length)
		return ZT_ERR_ROLLBACK;
	if (parent > 0 && (err = changeset_check_parent(
			       &t->cs, &c->links[parent - 1], c->at[parent - 1].cs.time)))
		return err;
	return judge_rules(w->server, &w->g.workspaces[space], &t->cs,
	    &(struct judge_place){ c->length + 1, link, true }, &message);
}

/* Version n+1 only over n, whole or not at all, as the database does it. */
static bool
move_vlobs(struct chain *c, const struct taken *t)
{
	for (size_t i = 0; i < t->cs.count; i++) {
		const struct change *one = &t->changes[i];
		const struct version *v = &c->vlobs[vlob_number(one)];

		if (one->version == 1
			? v->number != 0
			: one->version - 1 != v->number || !hash_equal(&one->prev, &v->object))
			return false;
	}
	for (size_t i = 0; i < t->cs.count; i++)
		c->vlobs[vlob_number(&t->changes[i])] =
		    (struct version){ t->changes[i].version, t->changes[i].pins.object };
	return true;
}

static void
taken_free(struct taken *t)
{
	free(t->changes);
	pb_free(t->m);
	buf_free(&t->bytes);
	buf_free(&t->body);
}

/* T is in the chain of SPACE from now on, or is freed. */
static void
push(struct world *w, unsigned space, struct taken *t)
{
	struct chain *c = &w->chains[space];
	struct hash before = { 0 }, link;

	if (changeset_read(t->m, &t->cs, &t->changes)) {
		taken_free(t);
		return;
	}
	if (c->length > 0)
		before = c->links[c->length - 1];
	changeset_link(&before, &t->cs.stmt, &link);
	if (judge(w, space, t, &link) || !move_vlobs(c, t)) {
		taken_free(t);
		return;
	}
	t->log = merkle_size(w->server->tree);
	c->at[c->length] = *t;
	c->links[c->length++] = link;
	w->g.chains[space] = (struct play_chain){ c->links, c->length };
}

/* ---- a member who says anything ---- */

static void
report_change(struct world *w, const struct chain *c, unsigned vlob, struct change *out)
{
	*out = (struct change){ .version = c->vlobs[vlob].number + 1 };
	out->vlob.b[0] = (uint8_t)vlob;
	out->vlob.b[1] = 1;
	out->prev = c->vlobs[vlob].object;
	if (one_in(w, 8))
		out->version = of(w, 4);
	if (one_in(w, 16))
		out->prev.b[0] ^= 1;
	out->has_prev = out->version > 1;
	random_bytes(out->pins.object.b, HASH_BYTES);
}

/* What its author has seen, as a rule all that there is. */
static void
report_place(struct world *w, unsigned space, struct changeset *cs)
{
	const struct chain *c = &w->chains[space];
	const struct org_workspace *s = org_state_workspace(w->server, &cs->workspace);
	uint64_t size = merkle_size(w->server->tree);

	cs->seen_size = one_in(w, 3) ? 1 + of(w, (unsigned)size) : size;
	fuzz_demand(merkle_root(w->server->tree, cs->seen_size, &cs->seen_root) == ZT_OK);
	if (one_in(w, 16))
		cs->seen_root.b[0] ^= 1;
	cs->seen_size += one_in(w, 16);
	cs->parent_position = one_in(w, 4) ? of(w, (unsigned)c->length + 3) : c->length;
	if (cs->parent_position > 0 && cs->parent_position <= c->length)
		cs->parent_link = c->links[cs->parent_position - 1];
	if (one_in(w, 16))
		cs->parent_link.b[0] ^= 1;
	cs->generation = one_in(w, 6) ? of(w, 4) : (unsigned)s->generation_count;
	cs->time = one_in(w, 6) ? w->g.time - of(w, 40) : ++w->g.time;
}

static void
say(struct world *w)
{
	unsigned space = of(w, w->g.m.workspaces), author = of(w, w->g.m.devices);
	struct changeset cs = { .org = w->server->id, .workspace = w->g.workspaces[space] };
	struct taken t = { .bytes = buf_init(LIMIT_CHANGESET), .body = buf_init(4096) };
	Zt__Changeset m = ZT__CHANGESET__INIT;
	Zt__Statement statement;
	struct buf encoded[CHANGES];
	struct bytes changes[CHANGES];
	ProtobufCBinaryData fields[CHANGES];
	size_t count = 1 + of(w, CHANGES);

	report_place(w, space, &cs);
	cs.author = w->g.devices[author];
	for (size_t i = 0; i < count; i++) {
		struct change one;

		encoded[i] = buf_init(4096);
		report_change(w, &w->chains[space], ((unsigned)i + of(w, VLOBS)) % VLOBS, &one);
		fuzz_demand(changeset_encode_change(&one, &encoded[i]) == ZT_OK);
		changes[i] = buf_bytes(&encoded[i]);
		fields[i] = pb_field(changes[i].p, changes[i].n);
	}
	if (one_in(w, 24))
		author = of(w, w->g.m.devices); /* another's name under it */
	fuzz_demand(changeset_sign(w->g.keys[author], &cs, changes, count, &t.body) == ZT_OK);
	statement = statement_message(&cs.stmt);
	m.statement = &statement;
	m.changes = fields;
	m.n_changes = count;
	fuzz_demand(pb_encode(&m, &t.bytes) == ZT_OK);
	fuzz_demand(pb_decode(&zt__changeset__descriptor, buf_bytes(&t.bytes), LIMIT_CHANGESET,
			&t.m) == ZT_OK);
	for (size_t i = 0; i < count; i++)
		buf_free(&encoded[i]);
	push(w, space, &t);
}

/* ---- a client and a chain ---- */

/* A client that holds O, and had nothing of the chain before, takes place POSITION. Whether it
 * counts. */
static bool
take_place(const struct world *w, const struct org_state *o, unsigned space, uint64_t position)
{
	const struct chain *c = &w->chains[space];
	const struct taken *t = &c->at[position - 1];
	const struct org_workspace *s = org_state_workspace(o, &w->g.workspaces[space]);
	uint64_t parent = t->cs.parent_position, size = merkle_size(o->tree);
	const char *message = "";
	enum zt_err err;

	fuzz_demand(s != NULL);
	fuzz_demand(
	    changeset_check_pin(s, position, &c->links[position - 1], &message) == ZT_OK);
	if (org_state_is_void(s, position, &c->links[position - 1]))
		return false;
	fuzz_demand(parent == 0 ||
		    (parent < position && changeset_check_parent(&t->cs, &c->links[parent - 1],
					      c->at[parent - 1].cs.time) == ZT_OK));
	err = changeset_check(
	    o, s, &t->cs, &(struct changeset_place){ position, size }, &message);
	/* Left out only where its author lost the right after the server took it. */
	fuzz_demand(err == ZT_OK || (err == ZT_ERR_REVOKED &&
					org_state_loss(s, org_state_device(o, &t->cs.author),
					    t->cs.seen_size) >= t->log));
	return err == ZT_OK;
}

/* The versions of a whole chain follow each other, those left out as well. */
static void
take_versions(const struct chain *c)
{
	struct version v[VLOBS] = { 0 };

	for (uint64_t p = 0; p < c->length; p++)
		for (size_t i = 0; i < c->at[p].cs.count; i++) {
			const struct change *one = &c->at[p].changes[i];
			struct version *at = &v[vlob_number(one)];

			fuzz_demand(change_follows(
			    one, at->number, at->number > 0 ? &at->object : NULL));
			*at = (struct version){ one->version, one->pins.object };
		}
}

/* A client whose log has as many entries as O: at the lengths that say most of each changeset,
 * and at one by chance. */
static void
take_at(struct world *w, const struct org_state *o)
{
	uint64_t n = merkle_size(o->tree), all = merkle_size(w->server->tree);

	for (unsigned s = 0; s < w->g.m.workspaces; s++)
		for (uint64_t p = 1; p <= w->chains[s].length; p++) {
			const struct taken *t = &w->chains[s].at[p - 1];

			if (n >= t->cs.seen_size &&
			    (n == t->cs.seen_size || n == t->log || n == t->log + 1 ||
				n == all || one_in(w, 8)))
				(void)take_place(w, o, s, p);
		}
}

static void
take_all(struct world *w)
{
	struct org_state *o = NULL;

	fuzz_demand(org_state_new(&w->server->id, &o) == ZT_OK);
	for (uint64_t i = 0; i < merkle_size(w->server->tree); i++) {
		struct entry *e = sent(w, i);

		fuzz_demand(org_state_apply(o, e, i) == ZT_OK &&
			    merkle_add(o->tree, &e->leaf) == ZT_OK);
		entry_free(e);
		take_at(w, o);
	}
	for (unsigned s = 0; s < w->g.m.workspaces; s++) {
		const struct org_pin *far =
		    org_state_furthest_pin(org_state_workspace(o, &w->g.workspaces[s]));

		take_versions(&w->chains[s]);
		fuzz_demand(far == NULL || far->position <= w->chains[s].length);
	}
	org_state_free(o);
}

/* ---- a member's device and the log ---- */

static unsigned
space_number(const struct world *w, const struct id *topic)
{
	unsigned s = 0;

	while (s < w->g.m.workspaces && !id_equal(topic, &w->g.workspaces[s]))
		s++;
	fuzz_demand(s < w->g.m.workspaces);
	return s;
}

static uint64_t
topic_length(const struct org_state *o, const struct id *topic)
{
	const struct org_workspace *w = org_state_workspace(o, topic);

	return id_equal(topic, &o->id) ? o->topic.length : w != NULL ? w->topic.length : 0;
}

static bool
is_mine(const struct world *w, const struct reader *r, const struct id *topic)
{
	const struct org_workspace *s = org_state_workspace(r->o, topic);
	const struct org_user *u = org_state_user(r->o, &w->g.users[r->user]);

	return s != NULL && u != NULL && org_state_role(s, u, ORG_NEVER) != ROLE_NONE;
}

static void
read_line(struct world *w, struct reader *r, uint64_t index)
{
	struct entry *e = sent(w, index);
	struct hash leaf;

	if (!may_see(w, r->user, index)) {
		entry_leaf(&e->digest, &e->tag, &leaf);
		fuzz_demand(org_state_hide(r->o, &e->tag) == ZT_OK);
	} else {
		r->shown[index] = true;
		leaf = e->leaf;
		if (e->body->topic_index == topic_length(r->o, &e->topic)) {
			take_entry(r->o, e, index);
		} else {
			fuzz_demand(e->body->topic_index > topic_length(r->o, &e->topic));
			r->behind[space_number(w, &e->topic)] = e->body->topic_index + 1;
		}
	}
	fuzz_demand(merkle_add(r->o->tree, &leaf) == ZT_OK);
	entry_free(e);
}

/* The entries of a workspace that became visible, from the beginning. */
static void
catch_up(struct world *w, struct reader *r, unsigned space)
{
	const struct id *topic = &w->g.workspaces[space];

	for (uint64_t i = 0; i < merkle_size(r->o->tree); i++) {
		struct entry *e;

		if (!id_equal(&w->g.log[i]->topic, topic) ||
		    w->g.log[i]->body->topic_index != topic_length(r->o, topic))
			continue;
		if (!may_see(w, r->user, i)) {
			fuzz_demand(!is_mine(w, r, topic));
			break;
		}
		e = sent(w, i);
		fuzz_demand(hash_equal(merkle_leaf(r->o->tree, i), &e->leaf));
		take_entry(r->o, e, i);
		r->shown[i] = true;
		entry_free(e);
	}
	fuzz_demand(topic_length(r->o, topic) >= r->behind[space]);
	r->behind[space] = 0;
}

/* The device starts again from what it has kept (log/sync.c, load_line). */
static void
reload(struct world *w, struct reader *r)
{
	struct org_state *o = NULL;

	fuzz_demand(org_state_new(&r->o->id, &o) == ZT_OK);
	for (uint64_t i = 0; i < merkle_size(r->o->tree); i++) {
		struct entry *e = sent(w, i);

		if (!r->shown[i])
			fuzz_demand(org_state_hide(o, &e->tag) == ZT_OK);
		else if (id_equal(&e->topic, &o->id) ||
			 e->body->topic_index == topic_length(o, &e->topic))
			fuzz_demand(org_state_apply(o, e, i) == ZT_OK);
		fuzz_demand(merkle_add(o->tree, &e->leaf) == ZT_OK);
		entry_free(e);
	}
	for (unsigned s = 0; s < w->g.m.workspaces; s++)
		fuzz_demand(topic_length(o, &w->g.workspaces[s]) ==
			    topic_length(r->o, &w->g.workspaces[s]));
	fuzz_demand(topic_length(o, &o->id) == topic_length(r->o, &o->id));
	org_state_free(r->o);
	r->o = o;
}

/* All lines are here. */
static void
read_end(struct world *w, struct reader *r)
{
	uint64_t size = merkle_size(r->o->tree);
	struct hash mine, servers;

	for (unsigned s = 0; s < w->g.m.workspaces; s++)
		if (r->behind[s] > 0)
			catch_up(w, r, s);
	fuzz_demand(merkle_root(r->o->tree, size, &mine) == ZT_OK &&
		    merkle_root(w->server->tree, size, &servers) == ZT_OK &&
		    hash_equal(&mine, &servers));
	if (one_in(w, 4))
		reload(w, r);
	fuzz_demand(!org_state_hides_next(r->o, &r->o->id));
	for (unsigned s = 0; s < w->g.m.workspaces; s++)
		if (is_mine(w, r, &w->g.workspaces[s])) {
			fuzz_demand(!org_state_hides_next(r->o, &w->g.workspaces[s]));
			for (uint64_t p = 1; p <= w->chains[s].length; p++)
				if (one_in(w, 4))
					(void)take_place(w, r->o, s, p);
		}
}

static bool
may_read(const struct world *w, const struct reader *r)
{
	return r->o != NULL &&
	       org_state_user_live(org_state_user(w->server, &w->g.users[r->user]), ORG_NEVER);
}

static void
read_page(struct world *w, struct reader *r, uint64_t lines)
{
	uint64_t size = merkle_size(w->server->tree), i;

	if (!may_read(w, r))
		return;
	for (i = merkle_size(r->o->tree); i < size && lines > 0; i++, lines--)
		read_line(w, r, i);
	if (i == size)
		read_end(w, r);
}

static void
read_some(struct world *w)
{
	struct reader *r = &w->readers[of(w, READERS)];

	if (r->o == NULL) {
		r->user = w->g.m.users - 1 - of(w, w->g.m.users);
		fuzz_demand(org_state_new(&w->server->id, &r->o) == ZT_OK);
	}
	read_page(w, r, 1 + of(w, 9));
}

/* ---- an auditor ---- */

static void
audit_lines(const struct world *w, struct audit *a, unsigned user)
{
	struct buf b = buf_init(LIMIT_ENTRY + 1024);

	for (uint64_t i = 0; i < merkle_size(w->server->tree); i++) {
		const struct entry *e = w->g.log[i];
		Zt__Statement s = statement_message(&e->stmt);
		Zt__LogLine m = ZT__LOG_LINE__INIT;

		m.index = i;
		if (may_see(w, user, i)) {
			m.entry = &s;
		} else {
			m.digest = pb_field(e->digest.b, HASH_BYTES);
			m.tag = pb_field(e->tag.b, HASH_BYTES);
		}
		buf_empty(&b);
		fuzz_demand(pb_encode(&m, &b) == ZT_OK &&
			    audit_take(a, AUDIT_LINE, buf_bytes(&b)) == ZT_OK);
	}
	buf_free(&b);
}

static void
audit_head(const struct world *w, struct audit *a)
{
	struct head h = { .size = merkle_size(w->server->tree), .time = w->g.time };
	struct buf body = buf_init(1024), b = buf_init(2048);
	struct statement s;
	Zt__Statement m;

	fuzz_demand(merkle_root(w->server->tree, h.size, &h.root) == ZT_OK &&
		    head_sign(w->g.log_key, &w->server->id, &h, &body, &s) == ZT_OK);
	m = statement_message(&s);
	fuzz_demand(
	    pb_encode(&m, &b) == ZT_OK && audit_take(a, AUDIT_HEAD, buf_bytes(&b)) == ZT_OK);
	buf_free(&body);
	buf_free(&b);
}

/* What USER exports, an auditor finds honest, and leaves out what clients leave out. */
static void
audit_all(struct world *w, unsigned user)
{
	const struct org_user *u = org_state_user(w->server, &w->g.users[user]);
	struct audit *a = NULL;
	uint64_t excluded = 0;

	fuzz_demand(audit_new(&w->server->id, &a) == ZT_OK);
	audit_lines(w, a, user);
	audit_head(w, a);
	for (unsigned s = 0; s < w->g.m.workspaces; s++) {
		const struct id *id = &w->g.workspaces[s];

		if (org_state_role(org_state_workspace(w->server, id), u, ORG_NEVER) ==
		    ROLE_NONE)
			continue;
		fuzz_demand(audit_take(a, AUDIT_WORKSPACE, bytes_of(id->b, ID_BYTES)) == ZT_OK);
		for (uint64_t p = 1; p <= w->chains[s].length; p++) {
			excluded += !take_place(w, w->server, s, p);
			fuzz_demand(audit_take(a, AUDIT_CHANGESET,
					buf_bytes(&w->chains[s].at[p - 1].bytes)) == ZT_OK);
		}
	}
	fuzz_demand(audit_end(a) == ZT_OK && audit_result(a)->excluded == excluded);
	audit_free(a);
}

/* ---- all of it ---- */

static void
begin(struct world *w, const uint8_t *data, size_t size)
{
	*w = (struct world){ .c = { .p = data, .n = size } };
	play_begin(&w->g, &w->c);
	w->g.has_chains = true;
	fuzz_demand(org_state_new(&w->g.o->id, &w->server) == ZT_OK);
	append(w);
}

static void
end(struct world *w)
{
	for (unsigned s = 0; s < MODEL_SPACES; s++)
		for (uint64_t p = 0; p < w->chains[s].length; p++)
			taken_free(&w->chains[s].at[p]);
	for (unsigned r = 0; r < READERS; r++)
		org_state_free(w->readers[r].o);
	org_state_free(w->server);
	play_end(&w->g);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world *w = malloc(sizeof *w);
	uint64_t pushed = 0;

	fuzz_start();
	fuzz_demand(w != NULL);
	begin(w, data, size);
	while (w->c.n > 0 && merkle_size(w->server->tree) < LINES) {
		unsigned what = of(w, 4);

		if (what == 3)
			read_some(w);
		else if (what == 2 && w->g.m.workspaces > 0 && pushed < SENT)
			pushed++, say(w);
		else if (play(&w->g, 0))
			append(w);
	}
	for (unsigned r = 0; r < READERS; r++)
		read_page(w, &w->readers[r], LINES);
	take_all(w);
	audit_all(w, 0);
	audit_all(w, w->g.m.users - 1);
	end(w);
	free(w);
	return 0;
}
