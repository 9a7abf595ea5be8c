/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* promises.c - what must hold in each history, by a second reading of the acts: P5, P6. */
#include "histories.h"
#include "test.h"

/* Whether KIND ends the right to write of device D. */
static bool
is_loss(enum kind kind, unsigned d)
{
	return kind == DEMOTES || kind == REMOVES || kind == REVOKES_R ||
	       kind == (d == R1 ? REVOKES_R1 : REVOKES_R2);
}

struct rights
rights_at(const struct node *n, unsigned size)
{
	struct rights r = {
		.writes = true, .reads = true, .live = { [R1] = true, [R2] = true }
	};

	for (unsigned i = 0; i + BASE < size; i++)
		switch ((enum kind)n->kinds[i]) {
		case DEMOTES: /* or lets in again as a reader */
			r.writes = false;
			r.reads = true;
			break;
		case REMOVES:
			r.writes = r.reads = false;
			r.needs_rotation = true;
			break;
		case GRANTS:
			r.writes = r.reads = true;
			break;
		case ROTATES:
			r.needs_rotation = false;
			break;
		case REVOKES_R:
			r.live[R1] = r.live[R2] = false;
			r.needs_rotation = r.needs_rotation || r.reads;
			break;
		case REVOKES_R1:
			r.live[R1] = false;
			r.needs_rotation = r.needs_rotation || r.reads;
			break;
		case REVOKES_R2:
			r.live[R2] = false;
			r.needs_rotation = r.needs_rotation || r.reads;
			break;
		case KINDS:
			break;
		}
	return r;
}

enum { NO_LOSS = 255, NO_PIN = 255 };

static unsigned
loss_of(const struct node *n, unsigned size, unsigned device, unsigned seen)
{
	for (unsigned i = seen; device != B && i < size; i++)
		if (is_loss((enum kind)n->kinds[i - BASE], device))
			return i;
	return NO_LOSS;
}

/* A demotion and a removal say themselves up to which place; a revocation, the rotation behind
 * it does. */
static unsigned
pin_of(const struct node *n, unsigned size, unsigned loss)
{
	if (n->kinds[loss - BASE] == DEMOTES || n->kinds[loss - BASE] == REMOVES)
		return n->pins[loss - BASE];
	for (unsigned i = loss + 1; i < size; i++)
		if (n->kinds[i - BASE] == ROTATES)
			return n->pins[i - BASE];
	return NO_PIN;
}

uint64_t histories;

static void
tell(const struct story *s, const char *broken)
{
	static const char *const whats[] = { "", "S shows A the next entry",
		"S shows B the next entry", "S shows A the next changeset",
		"S shows B the next changeset", "B signs",
		"R's first device signs, log size seen",
		"R's second device signs, log size seen" };

	print_message("after %llu histories: %s\n", (unsigned long long)histories, broken);
	for (unsigned i = 0; i < s->n; i++)
		if (s->steps[i].what == 0)
			print_message("  %s\n", kind_names[s->steps[i].detail]);
		else
			print_message("  %s %u\n", whats[s->steps[i].what], s->steps[i].detail);
	for (unsigned i = 0; i + BASE < w.nodes[s->h.log].size; i++)
		print_message("  entry %u: %s, pin %u\n", i + BASE,
		    kind_names[w.nodes[s->h.log].kinds[i]], w.nodes[s->h.log].pins[i]);
	fail();
}

/* P6 on one device, and that what it keeps is what it would judge by its log of now. */
static void
check_device(const struct story *s, struct device *d)
{
	const struct node *n = &w.nodes[s->h.log];

	for (unsigned p = 1; p <= d->position; p++) {
		unsigned i = p - 1;
		unsigned loss = loss_of(n, d->size, s->h.author[i], s->h.seen[i]);
		unsigned pin = loss != NO_LOSS ? pin_of(n, d->size, loss) : NO_PIN;
		bool in_time = loss == NO_LOSS || d->had[i] <= loss, is = !d->excluded[i];

		if (is && !in_time && (pin == NO_PIN || p > pin))
			tell(s, "P6: a changeset counts that was verified after its author's "
				"loss was heard, and is not pinned");
		if (!is && (pin == NO_PIN ? in_time : p <= pin))
			tell(s, "a changeset is left out that is good");
		if (history_counts(&s->h, d, p) != is)
			tell(s, "P6: what counts was not judged again");
	}
}

/* P5: the same log and the same chain are the same files, once the losses are pinned. */
static void
check_agreement(const struct story *s, const struct device *a, const struct device *b)
{
	const struct node *n = &w.nodes[s->h.log];

	for (unsigned i = 0; a->size == b->size && i < a->position && i < b->position; i++) {
		unsigned loss = loss_of(n, a->size, s->h.author[i], s->h.seen[i]);

		if (loss != NO_LOSS && pin_of(n, a->size, loss) == NO_PIN)
			continue;
		if (a->excluded[i] != b->excluded[i])
			tell(s, "P5: two devices count different changesets");
	}
}

static unsigned
verified_before_loss(const struct device *d, unsigned loss)
{
	unsigned far = 0;

	while (far < d->position && d->had[far] <= loss)
		far++;
	return far;
}

/* How far statements of R vouch that were signed before LOSS and that A verified while their
 * device was in good standing: the holder of such a device can write directly, and gains
 * nothing by vouching for another. */
static unsigned
vouched_by_r(const struct story *s, unsigned loss)
{
	const struct node *n = &w.nodes[s->h.log];
	unsigned far = 0;

	for (unsigned i = 0; i < s->h.d[0].position; i++) {
		unsigned own = loss_of(n, n->size, s->h.author[i], s->h.seen[i]);

		if (s->h.seen[i] <= loss && own != loss && s->h.parent[i] > far &&
		    (own == NO_LOSS || s->h.d[0].had[i] <= own))
			far = s->h.parent[i];
	}
	return far;
}

/* P6: no rotation pins what no honest device verified before it heard of the loss. */
static void
check_pins(const struct story *s)
{
	const struct node *n = &w.nodes[s->h.log];

	for (unsigned loss = BASE; loss < n->size; loss++) {
		unsigned pin, a = verified_before_loss(&s->h.d[0], loss),
			      b = verified_before_loss(&s->h.d[1], loss);
		struct rights r = rights_at(n, loss);

		if (n->kinds[loss - BASE] < REVOKES_R && n->kinds[loss - BASE] != DEMOTES &&
		    n->kinds[loss - BASE] != REMOVES)
			continue;
		if (!r.writes)
			continue;
		if ((pin = pin_of(n, n->size, loss)) != NO_PIN && pin > a && pin > b &&
		    pin > vouched_by_r(s, loss))
			tell(s, "P6: a pin lies beyond what honest devices had verified");
	}
}

void
promises_check(const struct story *s)
{
	struct device d[2] = { s->h.d[0], s->h.d[1] };

	for (unsigned i = 0; i < 2; i++) {
		history_judge(&s->h, &d[i]);
		check_device(s, &d[i]);
	}
	check_agreement(s, &d[0], &d[1]);
	check_pins(s);
	histories += s->ways;
}
