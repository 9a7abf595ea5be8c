/* account.h - what one address, or one device, holds of the gateway at this moment.
 *
 * An account is there as long as somebody holds it, so that the table is bounded by the
 * connections. Its name is a keyed hash: nobody can choose two that meet. */
#ifndef ZT_GATEWAY_ACCOUNT_H
#define ZT_GATEWAY_ACCOUNT_H

#include <stdbool.h>
#include <sys/queue.h>

#include "base/bytes.h"
#include "base/err.h"

struct connection;
TAILQ_HEAD(connection_list, connection);

struct account {
	LIST_ENTRY(account) link;
	uint64_t name;
	unsigned holders;
	int64_t connections, sockets;
	size_t held; /* bytes of bodies */
	struct connection_list
	    strangers; /* of an address: its connections that proved nothing */
};

struct accounts;

ZT_CHECKED enum zt_err accounts_new(struct accounts **out);
void accounts_free(struct accounts *a);
/* The name of ID, which is a KIND of thing ("address", "device", "org"). */
uint64_t account_name(const struct accounts *a, const char *kind, struct bytes id);
/* The account of NAME, with one holder more; NULL without memory. */
struct account *account_hold(struct accounts *a, uint64_t name);
/* One holder less. NULL is nothing. */
void account_leave(struct account *one);

/* Memory that may be used, in all and by one account. */
struct budget {
	size_t held, most, most_each;
};
/* A part of a budget, held for ONE. All zero: nothing is held. */
struct charge {
	struct budget *budget;
	struct account *one;
	size_t n;
};
/* Adds N bytes to C, which is of B and ONE from then on; false when that is too much. */
bool charge_add(struct charge *c, struct budget *b, struct account *one, size_t n);
/* Gives all of it back. */
void charge_drop(struct charge *c);

#endif
