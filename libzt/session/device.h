/* SPDX-License-Identifier: Apache-2.0 */
/* device.h - the device file of a state folder: whether one may begin, writing one, and why one
 * does not open. */
#ifndef ZT_SESSION_DEVICE_H
#define ZT_SESSION_DEVICE_H

#include "net/events.h"
#include "session/session.h"
#include "store/device_file.h"

/* Sets MESSAGE, if empty, to name the file of O->home that ERR makes unusable, for the errors
 * about the folder. */
void device_explain(const struct zt_options *o, enum zt_err err, char *message);
/* Whether a new device may begin in O->home. Errors: EXISTS (it holds a device: MESSAGE says
 * so).
 */
ZT_CHECKED enum zt_err device_may_begin(const struct zt_options *o, char *message);
/* Why the device of HOME, which is there, does not open BY that: English, or "". */
const char *device_closed(const char *home, const struct device_opener *by, enum zt_err err);
/* The password of O, borrowed; and what opens its device: that, or the passkey P unless NULL.
 */
struct zt_passkey_output;
struct bytes device_password(const struct zt_options *o);
struct device_opener device_opener(
    const struct zt_options *o, const struct zt_passkey_output *p);
/* Fills SECRETS's fields from a new device's keys and writes the device file. */
struct new_device {
	const char *server, *slug, *email;
	struct id org, user, device;
	uint8_t root_key[SIGN_PUBLIC_BYTES];
	bool root_by_id; /* not known yet: the organization's id pins it */
	const struct sign_key *sign;
	const struct secret *seal;
	struct bytes user_keys[SESSION_USER_KEYS_MAX];
	size_t user_key_count;
	uint64_t tree_size;
	struct hash root;
};
ZT_CHECKED enum zt_err device_write(const struct zt_options *o, const struct new_device *d);

#endif
