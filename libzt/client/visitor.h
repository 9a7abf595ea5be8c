/* visitor.h - a client without a device file: a recovery device for as long as it acts, or a
 * newcomer's device that looks whether the log knows it. */
#ifndef ZT_CLIENT_VISITOR_H
#define ZT_CLIENT_VISITOR_H

#include "client/client.h"

/* Who it is; all is borrowed. */
struct visitor_keys {
	const char *server;
	struct id org, device;
	const struct sign_key *sign;
	const struct secret *seal, *user_key; /* USER_KEY may be NULL */
};
struct visitor {
	struct zt *z; /* its user is the one whose device the log says it is */
	char folder[4200];
};

/* Opens it in a folder of its own in O->home and verifies the log; folders that killed ones
 * left there are removed. The caller gives V to visitor_close, also on failure: V->z then says
 * why. Errors: UNKNOWN_DEVICE, those of the log and the server, of the folder, MEMORY. */
ZT_CHECKED enum zt_err visitor_open(
    const struct zt_options *o, const struct visitor_keys *k, struct visitor *v);
/* Removes the folder, and O->home where nothing else was made in it. */
void visitor_close(const struct zt_options *o, struct visitor *v);

#endif
