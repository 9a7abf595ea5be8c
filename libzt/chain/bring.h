/* SPDX-License-Identifier: Apache-2.0 */
/* bring.h - a changeset to its place in the server's chain: what a repair sends. One that is in
 * its place, and comes without its objects, changes nothing: the answer says what the server
 * lacks of it. */
#ifndef ZT_CHAIN_BRING_H
#define ZT_CHAIN_BRING_H

#include "chain/workspace.h"
#include "proto/metadata.pb-c.h"

/* The changeset at POSITION as this device keeps it; the caller gives *OUT to pb_free. Errors:
 * NOT_FOUND (it is from before devices kept them, or from before a checkpoint), STORE. */
ZT_CHECKED enum zt_err bring_held(
    struct workspace *s, uint64_t position, Zt__PushRequest **out);
/* Sends PUSH for POSITION, with the COUNT objects at OBJECTS in the order of its changes, or
 * with none of them (NULL). The caller gives *OUT to pb_free. Errors: those of the call. */
ZT_CHECKED enum zt_err bring_send(struct workspace *s, uint64_t position,
    const Zt__PushRequest *push, Zt__Object **objects, size_t count, Zt__RepairAnswer **out);

#endif
