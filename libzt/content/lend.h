/* SPDX-License-Identifier: Apache-2.0 */
/* lend.h - the device is left to other handles and processes while a transfer is busy with
 * content: nothing of that is in the store (docs/decisions/0009-lending.md). */
#ifndef ZT_CONTENT_LEND_H
#define ZT_CONTENT_LEND_H

#include "content/transfer.h"

#define LEND_BYTES (4 * 1024 * 1024) /* content of which it is worth the turn at once */

/* Whether T has kept the device for so long that others should have a turn. */
bool lend_is_due(const struct transfer *t);
/* Leaves the device to others until lend_end; no-op if they have it. No push may be under way:
 * its answer belongs behind what this device knew when it was signed. */
void lend_begin(struct transfer *t);
/* Takes the device back, and sees what others did; no-op if T has it. Errors: LOCKED (others
 * kept it for a minute), those of log_wake and workspace_load. */
ZT_CHECKED enum zt_err lend_end(struct transfer *t);
/* As transfer_wait (of L) or transfer_drain (L is NULL); lends where that takes long. */
ZT_CHECKED enum zt_err lend_while(struct transfer *t, const struct push *l);

#endif
