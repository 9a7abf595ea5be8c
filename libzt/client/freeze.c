/* freeze.c - at the first sight of a second history this device writes nothing more to the
 * organization, until a person has compared heads with a colleague (zt_log_compare). */
#include "client/client.h"

static const char word[] = "fork";

enum zt_err
client_note_fork(struct zt *z, enum zt_err err)
{
	/* What cannot be noted is seen again at the next look. */
	if (err == ZT_ERR_FORK)
		(void)!(int)store_put(
		    z->store, STORE_META, bytes_text(word), 0, bytes_text(z->why));
	return err;
}

enum zt_err
client_may_write(struct zt *z)
{
	struct buf why = buf_init(CLIENT_WHY);
	enum zt_err err = store_get(z->store, STORE_META, bytes_text(word), 0, &why);

	if (err == ZT_OK)
		err = client_refuse(z, ZT_ERR_FORK,
		    "%.120s; nothing is written until zt log verify --against a colleague's "
		    "head "
		    "agrees",
		    buf_text(&why));
	else if (err == ZT_ERR_NOT_FOUND)
		err = ZT_OK;
	buf_free(&why);
	return err;
}

enum zt_err
client_thaw(struct zt *z)
{
	return store_delete(z->store, STORE_META, bytes_text(word), 0);
}
