/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* account.h - the gateway's resources held by one address, device, user or organization at the
 * moment.
 *
 * An account exists while it has holders, so that the number of connections bounds the table.
 * Its name is a keyed hash: nobody can choose two that collide. */
#ifndef ZT_LIMITS_ACCOUNT_H
#define ZT_LIMITS_ACCOUNT_H

#include <stdbool.h>
#include <sys/queue.h>

#include "base/bytes.h"
#include "base/err.h"

struct connection;
TAILQ_HEAD(connection_list, connection);

struct account {
	LIST_ENTRY(account) link;
	LIST_ENTRY(account) of_orgs; /* of an organization, while it has connections */
	uint64_t name;
	unsigned holders;
	int64_t connections; /* of an address all, of others those in the list */
	int64_t sockets;
	size_t held; /* bytes of bodies */
	/* Of an address: those of its connections that have proved nothing, oldest first. Of a
	 * user or an organization: those that they proved to be theirs, least recently first.
	 */
	struct connection_list list;
	uint64_t refused_ms; /* when the last of its held back refusals is due */
};

LIST_HEAD(account_list, account);

struct accounts;

ZT_CHECKED enum zt_err accounts_new(struct accounts **out);
void accounts_free(struct accounts *a);
/* The account name of ID, of KIND "address", "device", "org" or "user". */
uint64_t account_name(const struct accounts *a, const char *kind, struct bytes id);
/* Adds a holder to the account of NAME and returns it; NULL without memory. */
struct account *account_hold(struct accounts *a, uint64_t name);
/* Removes a holder. NULL is nothing. */
void account_leave(struct account *one);

/* A memory limit, in total and for one account. No account can hold more than it leaves free,
 * and no group more than three times that: however many take what they can, there is room for
 * one who comes later. */
struct budget {
	size_t held, max, max_each;
};
/* A part of a budget, held for ONE of GROUP. All zero: nothing is held. */
struct charge {
	struct budget *budget;
	struct account *one, *group;
	size_t n;
};
/* Charges N more bytes to C, of B, ONE and its GROUP (an address has none: NULL) from then on;
 * false if that exceeds a limit. */
bool charge_add(
    struct charge *c, struct budget *b, struct account *one, struct account *group, size_t n);
/* Releases the whole charge. */
void charge_drop(struct charge *c);

#endif
