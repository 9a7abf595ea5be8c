/* positions.h - where the server once said, by the log key, that a chain stands: kept here, and
 * shown to a server that went back. */
#ifndef ZT_CLIENT_POSITIONS_H
#define ZT_CLIENT_POSITIONS_H

#include "client/client.h"
#include "proto/metadata.pb-c.h"

/* Checks M, a PositionBody that a server showed with the chain, which S has verified up to
 * there, and keeps the newest; of a place that S has not reached, or without one, nothing.
 * Errors: FORK (it is of another chain), SIGNATURE, CORRUPT, SUITE. */
ZT_CHECKED enum zt_err position_keep(struct space *s, const Zt__Statement *m);
/* Shows the server, whose chain ends at NEWEST, what authors signed of what stood behind it and
 * is held here, so that it takes these changesets back. *LAST: the place up to which it does.
 * Errors: PROOF (nothing says that they stood there), CONFLICT (another one stands there),
 * NOT_FOUND (they are not held here). */
ZT_CHECKED enum zt_err positions_show(struct space *s, uint64_t newest, uint64_t *last);

#endif
