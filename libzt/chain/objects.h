/* SPDX-License-Identifier: Apache-2.0 */
/* objects.h - the contents of versions, and which of them open. */
#ifndef ZT_CHAIN_OBJECTS_H
#define ZT_CHAIN_OBJECTS_H

#include "chain/workspace.h"
#include "files/manifest.h"
#include "session/session.h"

/* The key of VLOB's records in the store, in OUT: each workspace has its own. */
struct bytes workspace_object_key(
    const struct workspace *s, const struct id *vlob, uint8_t out[2 * ID_BYTES]);
/* A request for an object's newest version that opens. Skipped versions are damaged: their
 * content is wrong or, for a folder, missing on the servers. */
struct workspace_object {
	struct id vlob;
	bool is_folder; /* a version that is not one is damaged */
	uint64_t until; /* the newest at or before this time; 0: the newest */
	/* Found: */
	struct workspace_version v; /* version 0: there is none, or none opens */
	uint64_t damaged;           /* the newest that was skipped; 0: none */
	struct id author;           /* of that one */
	enum zt_err reason;         /* the reason; MISSING_BLOCK: missing on the servers */
	unsigned lost;              /* skipped versions that later reads try again */
	bool is_rubbish; /* every version was signed as it is and is no manifest: no reader can
			  * ever open it, and others may overwrite it */
};
/* Finds and opens OBJECTS in bulk, in any order. EACH gets *M NULL where nothing opens, and
 * keeps *M by setting it to NULL. Errors: local and network ones, and EACH's. */
typedef enum zt_err workspace_read_fn(void *ctx, size_t i, Zt__Manifest **m);
ZT_CHECKED enum zt_err workspace_read(struct workspace *s, struct workspace_object *objects,
    size_t count, workspace_read_fn *each, void *ctx);
/* The same for one object; the caller gives *OUT (NULL: nothing opens) to pb_wipe. */
ZT_CHECKED enum zt_err workspace_read_one(
    struct workspace *s, struct workspace_object *o, Zt__Manifest **out);
/* Opens exactly version V; the caller gives *OUT to pb_wipe. Errors: why it does not open. */
ZT_CHECKED enum zt_err workspace_manifest(
    struct workspace *s, const struct workspace_version *v, Zt__Manifest **out);
/* Asks the server for exactly the version V of each of COUNT OBJECTS, no two the same, and
 * gives EACH what it says, in that order: NULL where it does not open (then DAMAGED, REASON
 * and IS_RUBBISH say why). Folders among them are not kept here. */
ZT_CHECKED enum zt_err workspace_open_exactly(struct workspace *s,
    struct workspace_object *objects, size_t count, workspace_read_fn *each, void *ctx);
/* Sets *BAD to how many of COUNT OBJECTS (V is the version) are missing on the server or do
 * not open there. Ignores local copies. */
ZT_CHECKED enum zt_err workspace_check_there(
    struct workspace *s, struct workspace_object *objects, size_t count, size_t *bad);
/* Whether ERR means a damaged version, not a local or network failure. */
bool workspace_is_damage(enum zt_err err);
/* Writes a sentence about the damage of O. */
void workspace_damage_text(
    struct workspace *s, const struct workspace_object *o, char out[SESSION_MESSAGE]);
/* Reports O at PATH to the DAMAGED option, once a call, if it is damaged. */
void workspace_damaged(struct workspace *s, const char *path, const struct workspace_object *o);
/* Reports PATH as damaged by ERR, with the reason WHAT. */
void chain_damage(struct zt *z, enum zt_err err, const char *path, const char *what);
/* Call before reading, and after a call that only reads: the latter returns the first damage
 * reported. */
void chain_begin_reading(struct zt *z);
ZT_CHECKED enum zt_err chain_end_reading(struct zt *z);

#endif
