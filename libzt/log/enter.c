/* SPDX-License-Identifier: Apache-2.0 */
#include "log/enter.h"

#include <stdlib.h>

#include "format/limits.h"
#include "log/sync.h"
#include "session/session.h"

/* Loads what others added to the store. */
static enum zt_err
refresh(struct zt *z)
{
	struct buf b = buf_init(LIMIT_ENTRY + 256);
	uint64_t last = 0;
	enum zt_err err;

	free(z->noted); /* others may have noted more */
	z->noted = NULL;
	z->kept_time = 0; /* and another head */
	err = store_newest(z->store, STORE_LOG, bytes_of(NULL, 0), &last, &b);
	buf_free(&b);
	if (err == ZT_ERR_NOT_FOUND && z->state == NULL)
		return log_load(z); /* nothing was ever stored */
	if (err == ZT_OK && (z->state == NULL || last + 1 != merkle_size(z->state->tree)))
		return log_load(z);
	if (err == ZT_OK && z->care != NULL)
		z->care->reset(z, z->state);
	return err;
}

/* Takes the store, and looks at what others did since. */
static enum zt_err
take(struct zt *z, bool waits)
{
	bool others = false, rested;
	enum zt_err err = store_take(z->store, z, waits, z->stop, &others);

	if (err == ZT_ERR_INTERRUPTED)
		return session_interrupted(z);
	if (err)
		return err;
	rested = store_rests(z->store);
	if ((rested && (err = store_wake(z->store, waits))) ||
	    ((rested || others || z->is_stale) && (err = refresh(z)))) {
		z->is_stale = true;
		if (rested) /* others need it as before */
			store_rest(z->store);
		store_give(z->store);
		return err;
	}
	z->is_in = true;
	z->is_stale = false;
	return ZT_OK;
}

/* Others who wait have left the folder to other processes between their calls. */
static void
give(struct zt *z)
{
	if (*store_resting(z->store) > 0)
		store_rest(z->store);
	z->is_in = false;
	store_give(z->store);
}

enum zt_err
log_enter(struct zt *z)
{
	z->message[0] = 0;
	return take(z, true);
}

enum zt_err
log_try(struct zt *z)
{
	return take(z, false);
}

enum zt_err
log_leave(struct zt *z, enum zt_err err)
{
	bool others;

	if (z->is_in) { /* within a rest, which continues */
		give(z);
		return err;
	}
	if (z->is_resting && store_take(z->store, z, true, NULL, &others) == ZT_OK) {
		--*store_resting(z->store);
		z->is_stale = z->is_stale || others;
		store_give(z->store);
	}
	z->is_resting = false;
	return err;
}

void
log_lend(struct zt *z)
{
	bool others;

	if (z->lends || store_take(z->store, z, true, NULL, &others))
		return;
	z->lends = true;
	z->is_stale = z->is_stale || others;
	++*store_resting(z->store);
	store_rest(z->store);
	store_give(z->store);
}

void
log_rest(struct zt *z)
{
	if (z->is_resting)
		return;
	++*store_resting(z->store);
	z->is_resting = true;
	if (z->is_in)
		give(z);
	else
		store_rest(z->store);
}

enum zt_err
log_wake(struct zt *z, bool waits)
{
	enum zt_err err;

	if (!z->is_resting)
		return ZT_OK;
	if ((err = take(z, waits)))
		return err;
	--*store_resting(z->store);
	z->is_resting = false;
	return ZT_OK;
}
