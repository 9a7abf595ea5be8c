/* SPDX-License-Identifier: Apache-2.0 */
/* pace.h - how much is sent or asked for at once while the device is kept: on a slow line so
 * little that others do not wait for long. */
#ifndef ZT_SESSION_PACE_H
#define ZT_SESSION_PACE_H

#include <stddef.h>
#include <stdint.h>

enum { PACE_SHORT_MS = 500 }; /* the line is fast */

struct pace {
	size_t least, first, most;
};

/* How much the next has, of P, where the last could have had AT_ONCE (0: there was none), had
 * DID and took MS. Less only where that took long: on a busy machine each takes a while,
 * however little it has. */
static inline size_t
pace_next(const struct pace *p, size_t at_once, size_t did, uint64_t ms)
{
	enum { LONG_MS = 2000, MORE = 4 };
	size_t next = at_once > 0 ? at_once : p->first;

	if (ms < PACE_SHORT_MS && did > next / MORE)
		next = did < p->most / MORE ? did * MORE : p->most;
	if (ms > LONG_MS && did < next)
		next = did;
	if (ms > LONG_MS)
		next = (size_t)((uint64_t)next * LONG_MS / ms);
	return next < p->least ? p->least : next;
}

#endif
