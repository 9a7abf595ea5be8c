/* SPDX-License-Identifier: Apache-2.0 */
/* freeze.c - at the first sight of a second history this device writes nothing more: to the
 * organization when the trust log forked, into one workspace when its chain did, which may be
 * the doing of a single member. A person who has compared heads with a colleague ends it
 * (zt_log_compare). To take access away is never frozen. */
#include "session/freeze.h"

#include "session/session.h"

static struct bytes
key_of(const struct id *workspace)
{
	return workspace != NULL ? bytes_of(workspace->b, ID_BYTES) : bytes_text("fork");
}

enum zt_err
session_note_fork(struct zt *z, const struct id *workspace, enum zt_err err)
{
	/* What cannot be noted is seen again at the next look. */
	if (err == ZT_ERR_FORK)
		(void)!(int)store_put(
		    z->store, STORE_FORK, key_of(workspace), 0, bytes_text(z->message));
	return err;
}

enum zt_err
session_may_write(struct zt *z, const struct id *workspace)
{
	struct buf message = buf_init(SESSION_MESSAGE);
	enum zt_err err = store_get(z->store, STORE_FORK, key_of(NULL), 0, &message);

	if (err == ZT_ERR_NOT_FOUND && workspace != NULL)
		err = store_get(z->store, STORE_FORK, key_of(workspace), 0, &message);
	if (err == ZT_OK)
		err = session_refuse(z, ZT_ERR_FORK,
		    "%.160s; nothing is written until this history agrees with a colleague's "
		    "head",
		    buf_text(&message));
	else if (err == ZT_ERR_NOT_FOUND)
		err = ZT_OK;
	buf_free(&message);
	return err;
}

enum zt_err
session_thaw(struct zt *z)
{
	return store_forget(z->store, STORE_FORK, bytes_of(NULL, 0));
}
