/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "limits/account.h"

#include <stdlib.h>

#include "crypto/hash.h"
#include "crypto/suite.h"

enum { CHAINS = 8192 };

LIST_HEAD(account_chain, account);

struct accounts {
	uint8_t seed[16];
	struct account_chain chain[CHAINS];
};

enum zt_err
accounts_new(struct accounts **out)
{
	struct accounts *a = calloc(1, sizeof *a);

	if (a == NULL)
		return ZT_ERR_MEMORY;
	random_bytes(a->seed, sizeof a->seed);
	*out = a;
	return ZT_OK;
}

void
accounts_free(struct accounts *a)
{
	free(a); /* all holders have left by now */
}

uint64_t
account_name(const struct accounts *a, const char *kind, struct bytes id)
{
	struct bytes parts[] = { bytes_of(a->seed, sizeof a->seed), id };
	struct hash h;
	uint64_t name;

	hash_blake2b_parts(kind, parts, 2, &h);
	memcpy(&name, h.b, sizeof name);
	return name;
}

struct account *
account_hold(struct accounts *a, uint64_t name)
{
	struct account *one;

	LIST_FOREACH(one, &a->chain[name % CHAINS], link)
	if (one->name == name) {
		one->holders++;
		return one;
	}
	if ((one = calloc(1, sizeof *one)) == NULL)
		return NULL;
	one->name = name;
	one->holders = 1;
	TAILQ_INIT(&one->list);
	LIST_INSERT_HEAD(&a->chain[name % CHAINS], one, link);
	return one;
}

void
account_leave(struct account *one)
{
	if (one == NULL || --one->holders > 0)
		return;
	LIST_REMOVE(one, link);
	free(one);
}

/* An organization may hold three times what it leaves: most servers have one. */
enum { GROUP_LEAVES = 3 };

/* Whether ONE may hold N more, of FREE that it leaves to others as much as it holds itself. */
static bool
leaves_as_much(const struct account *one, size_t n, size_t free)
{
	return one->held <= free && n <= free - one->held;
}

static bool
has_room(
    const struct budget *b, const struct account *one, const struct account *group, size_t n)
{
	size_t free = b->max - b->held;

	if (one->held > b->max_each || n > b->max_each - one->held)
		return false;
	if (group == NULL)
		return leaves_as_much(one, n, free);
	return n <= free && leaves_as_much(group, n, GROUP_LEAVES * free) &&
	       leaves_as_much(one, n, GROUP_LEAVES * free - group->held);
}

bool
charge_add(
    struct charge *c, struct budget *b, struct account *one, struct account *group, size_t n)
{
	if (!has_room(b, one, group, n))
		return false;
	if (c->one == NULL) {
		c->budget = b;
		c->one = one;
		c->group = group;
		one->holders++;
		if (group != NULL)
			group->holders++;
	}
	b->held += n;
	one->held += n;
	if (group != NULL)
		group->held += n;
	c->n += n;
	return true;
}

void
charge_drop(struct charge *c)
{
	if (c->one == NULL)
		return;
	c->budget->held -= c->n;
	c->one->held -= c->n;
	if (c->group != NULL)
		c->group->held -= c->n;
	account_leave(c->one);
	account_leave(c->group);
	*c = (struct charge){ 0 };
}
