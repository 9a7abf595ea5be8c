/* SPDX-License-Identifier: Apache-2.0 */
/* pace.h - how much is sent or asked for at once while the device is kept: less on a line so
 * slow that others would wait for long. */
#ifndef ZT_SESSION_PACE_H
#define ZT_SESSION_PACE_H

#include <stddef.h>
#include <stdint.h>

struct pace {
	size_t least, most;
};

/* How much the next has, of P, where the last could have had AT_ONCE (0: there was none), had
 * DID and took MS. Only what took very long makes it less: on a busy machine each takes a
 * while, however little it has. */
static inline size_t
pace_next(const struct pace *p, size_t at_once, size_t did, uint64_t ms)
{
	enum { SHORT_MS = 1000, LONG_MS = 5000, MORE = 4 };
	size_t next = at_once > 0 ? at_once : p->most;

	if (ms < SHORT_MS && did > next / MORE)
		next = did < p->most / MORE ? did * MORE : p->most;
	if (ms > LONG_MS && did < next)
		next = did;
	if (ms > LONG_MS)
		next = (size_t)((uint64_t)next * LONG_MS / ms);
	return next < p->least ? p->least : next;
}

#endif
