/* SPDX-License-Identifier: Apache-2.0 */
/* chat.h - the payload of a message that people write: texts, edits, deletions, reactions. */
#ifndef ZT_MESSAGE_CHAT_H
#define ZT_MESSAGE_CHAT_H

#include "base/buf.h"
#include "base/id.h"
#include "proto/messages.pb-c.h"

#define CHAT_MENTIONS 64
#define CHAT_FILES 32
#define CHAT_EMOJI 64 /* bytes */

/* Appends the encoding of M, padded. Errors: MEMORY, TOO_BIG, and those of chat_read, so that
 * nothing is sent that nobody reads. */
ZT_CHECKED enum zt_err chat_write(Zt__ChatPayload *m, struct buf *out);
/* Reads what a colleague wrote, honest or not: texts are UTF-8, sizes and counts within
 * their limits. The caller gives *OUT to pb_wipe. A kind of a newer version is
 * ZT__CHAT_PAYLOAD__KIND__NOT_SET. Errors: CORRUPT, TOO_BIG, CRITICAL, MEMORY. */
ZT_CHECKED enum zt_err chat_read(struct bytes clear, Zt__ChatPayload **out);
/* The message that M is about, in OUT: which it edits, deletes or reacts to; of a text the one
 * whose thread it is in. False: none. */
bool chat_about(const Zt__ChatPayload *m, struct id *out);

#endif
