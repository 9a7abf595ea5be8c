/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* judged.c - a device of the histories: judge.c is compiled into it, with the store replaced by
 * the history's state. */
#include "test.h"

#define store_get kept_push
#define chain_link link_of_place
#define chain_stored_version version_of_place
#define chain_put_version put_version
#define chain_note noted
#define chain_suspect suspected
#define workspace_complete completed
#include "chain/judge.c" /* NOLINT(bugprone-suspicious-include) */

#include "histories.h"

static const struct history *now;
static struct device *self;
static uint64_t asked;

static const struct buf *
push_of(unsigned author, unsigned seen, unsigned parent)
{
	struct buf *out = &w.pushes[author][seen][parent];
	struct change change = { .version = 1 };
	struct changeset cs = { .generation = 1, .parent_position = parent, .seen_size = seen };
	Zt__PushRequest push = ZT__PUSH_REQUEST__INIT;
	Zt__Changeset m = ZT__CHANGESET__INIT;
	struct buf encoded = buf_init(1024), body = buf_init(1024);
	ProtobufCBinaryData field;
	struct bytes bytes;
	Zt__Statement st;

	if (out->n > 0)
		return out;
	*out = buf_init(4096);
	cs.org = w.org;
	cs.workspace = w.space;
	cs.author = w.devices[author];
	link_at(parent, &cs.parent_link);
	assert_ok(changeset_encode_change(&change, &encoded));
	bytes = buf_bytes(&encoded);
	assert_ok(changeset_sign(w.keys[author], &cs, &bytes, 1, &body));
	st = statement_message(&cs.stmt);
	field = pb_field(bytes.p, bytes.n);
	m.statement = &st;
	m.changes = &field;
	m.n_changes = 1;
	push.changeset = &m;
	assert_ok(pb_encode(&push, out));
	buf_free(&encoded);
	buf_free(&body);
	return out;
}

enum zt_err
kept_push(struct store *s, enum store_kind kind, struct bytes key, uint64_t n, struct buf *out)
{
	(void)s, (void)kind, (void)key;
	asked = n;
	buf_add(
	    out, buf_bytes(push_of(now->author[n - 1], now->seen[n - 1], now->parent[n - 1])));
	return ZT_OK;
}

enum zt_err
link_of_place(struct workspace *s, uint64_t position, struct hash *out, uint64_t *time)
{
	(void)s, (void)time;
	link_at(position, out);
	return ZT_OK;
}

enum zt_err
version_of_place(struct workspace *s, const struct id *vlob, uint64_t n,
    struct workspace_version *out, bool *before)
{
	(void)s, (void)vlob, (void)n;
	*out = (struct workspace_version){ .position = asked,
		.excluded = self->excluded[asked - 1] };
	*before = false;
	return ZT_OK;
}

enum zt_err
put_version(struct workspace *s, const struct chain_change *of, const struct change *c)
{
	(void)s, (void)c;
	self->excluded[of->position - 1] = of->excluded;
	return ZT_OK;
}

enum zt_err
noted(struct workspace *s)
{
	(void)s;
	return ZT_OK;
}

enum zt_err
suspected(struct workspace *s)
{
	(void)s;
	return ZT_ERR_PROOF;
}

enum zt_err
completed(struct workspace *s)
{
	(void)s;
	return ZT_OK;
}

static void
open_workspace(const struct history *h, struct device *d, struct zt *z, struct workspace *s)
{
	now = h;
	self = d;
	z->state = w.nodes[node_at(h->log, d->size)].o;
	s->z = z;
	s->w = org_state_workspace(z->state, &w.space);
	s->chain.position = d->position;
	s->chain.judged = d->judged;
	s->chain.anchor_position = 0;
	s->chain.step_count = d->step_count;
	for (unsigned i = 0; i < d->step_count; i++)
		s->chain.steps[i] = (struct workspace_step){ d->steps[i][0], d->steps[i][1] };
}

static void
close_workspace(const struct workspace *s, struct device *d)
{
	d->position = (uint8_t)s->chain.position;
	d->judged = (uint8_t)s->chain.judged;
	memset(d->steps, 0, sizeof d->steps);
	d->step_count = (uint8_t)s->chain.step_count;
	for (unsigned i = 0; i < s->chain.step_count; i++) {
		d->steps[i][0] = (uint8_t)s->chain.steps[i].position;
		d->steps[i][1] = (uint8_t)s->chain.steps[i].known;
	}
}

static struct zt the_zt;
static struct workspace the_workspace;

void
history_judge(const struct history *h, struct device *d)
{
	open_workspace(h, d, &the_zt, &the_workspace);
	assert_ok(judge_again(&the_workspace));
	close_workspace(&the_workspace, d);
}

static bool
counts(const struct workspace *s, const struct history *h, unsigned position)
{
	return changeset_counts(s->w,
	    org_state_device(s->z->state, &w.devices[h->author[position - 1]]),
	    h->seen[position - 1],
	    &(struct changeset_place){ position, judge_known(s, position) });
}

bool
history_counts(const struct history *h, struct device *d, unsigned position)
{
	open_workspace(h, d, &the_zt, &the_workspace);
	return counts(&the_workspace, h, position);
}

void
history_take(const struct history *h, struct device *d)
{
	history_judge(h, d);
	open_workspace(h, d, &the_zt, &the_workspace);
	judge_hear(&the_workspace);
	d->had[d->position] = d->size;
	d->excluded[d->position] = !counts(&the_workspace, h, d->position + 1u);
	the_workspace.chain.position++;
	close_workspace(&the_workspace, d);
}

uint64_t
history_pin(const struct history *h, struct device *d)
{
	struct hash link;
	uint64_t position = 0;

	history_judge(h, d);
	open_workspace(h, d, &the_zt, &the_workspace);
	assert_ok(judge_pin(&the_workspace, &position, &link));
	return position;
}
