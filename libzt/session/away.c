/* SPDX-License-Identifier: Apache-2.0 */
#include "session/away.h"

#include "port/clock.h"

enum { AWAY_MS = 20000 };

bool
session_is_away(const struct zt *z)
{
	uint64_t since = *store_away(z->store);

	return z->reads_kept && since != 0 && port_steady_ms() - since < AWAY_MS;
}

bool
session_goes_away(struct zt *z, enum zt_err err)
{
	if (!z->reads_kept ||
	    (err != ZT_ERR_NETWORK && err != ZT_ERR_UNAVAILABLE && err != ZT_ERR_TIMEOUT))
		return false;
	*store_away(z->store) = port_steady_ms();
	z->message[0] = 0;
	return true;
}

enum zt_err
session_lacks(struct zt *z)
{
	return session_refuse(z, ZT_ERR_NETWORK,
	    "the server does not answer, and this is not kept on this device");
}
