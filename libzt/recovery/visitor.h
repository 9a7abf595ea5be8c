/* SPDX-License-Identifier: Apache-2.0 */
/* visitor.h - a client without a device file: a recovery device while it acts, or a newcomer's
 * device that checks whether the log knows it. */
#ifndef ZT_RECOVERY_VISITOR_H
#define ZT_RECOVERY_VISITOR_H

#include "session/session.h"

/* Its identity and keys; everything is borrowed. */
struct visitor_keys {
	const char *server;
	struct id org, device;
	const struct sign_key *sign;
	const struct secret *seal, *user_key; /* USER_KEY may be NULL */
};
struct visitor {
	struct zt *z; /* its user is the owner of the device by the log */
	char folder[4200];
};

/* Opens it in a private folder inside O->home and verifies the log; removes such folders left
 * by killed processes. The caller gives V to visitor_close, also on failure: V->z then has the
 * reason. Errors: UNKNOWN_DEVICE, those of the log and the server, of the folder, MEMORY. */
ZT_CHECKED enum zt_err visitor_open(
    const struct zt_options *o, const struct visitor_keys *k, struct visitor *v);
/* Removes the folder, and O->home if it is empty then. */
void visitor_close(const struct zt_options *o, struct visitor *v);

#endif
