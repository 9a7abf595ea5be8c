/* SPDX-License-Identifier: Apache-2.0 */
/* object_parts.h - for this room: one version of an object, from the server or as it is kept
 * here. */
#ifndef ZT_CHAIN_OBJECT_PARTS_H
#define ZT_CHAIN_OBJECT_PARTS_H

#include "chain/objects.h"
#include "proto/metadata.pb-c.h"

/* What is wrong with a version. */
struct damage {
	enum zt_err err; /* OK: nothing */
	bool is_rubbish; /* its author signed what is no manifest: nobody will ever read it */
};

/* A content key, wrapped under the workspace's key of a generation. */
struct wrapped {
	unsigned generation;
	struct bytes wrap;
};

/* Opens O, the version V, into *OUT, which the caller gives to pb_wipe; *BY is the wrap that
 * did. What is wrong with it is written to *D, and then *OUT is untouched. That this device
 * lacks the workspace's key is no damage: a member must be asked for it. Errors: MISSING_KEY,
 * local ones. */
ZT_CHECKED enum zt_err object_open(struct workspace *s, const struct workspace_version *v,
    const Zt__Object *o, struct damage *d, struct wrapped *by, Zt__Manifest **out);
/* The same of a version that is kept as KIND. NOT_FOUND also when it does not open: what is
 * kept is not trusted without a check. */
ZT_CHECKED enum zt_err object_open_kept(struct workspace *s, enum store_kind kind,
    const struct workspace_version *v, struct damage *d, Zt__Manifest **out);
/* Keeps the folder O as it came, and BY what it opened; or, with REASON, that V is rubbish as
 * a folder. Errors: those of store_put. */
ZT_CHECKED enum zt_err object_keep_folder(struct workspace *s,
    const struct workspace_version *v, const Zt__Object *o, const struct wrapped *by,
    enum zt_err reason);
/* Keeps the file O, in place of its older versions, if this handle keeps files. Errors: those
 * of the store. */
ZT_CHECKED enum zt_err object_keep_file(struct workspace *s, const struct workspace_version *v,
    const Zt__Object *o, const struct wrapped *by);

/* The order in which objects are asked for; of qsort_r, whose context is the array of
 * workspace_object. */
int object_order(const void *a, const void *b, void *of);
/* How many of the COUNT that are in order in ASKED, from the front, are one version of OBJECTS:
 * a folder may name an object twice, and a server takes each question once. */
size_t object_repeats(
    const struct workspace_object *objects, const size_t *asked, size_t count);
/* Asks the server for the versions of OBJECTS that ASKED names, in order: an answer has some
 * from the front. The caller gives *OUT to pb_free. Errors: NOT_FOUND and an empty answer (it
 * lacks the first), CORRUPT, those of session_call. */
ZT_CHECKED enum zt_err object_ask(struct workspace *s, const struct workspace_object *objects,
    const size_t *asked, size_t count, Zt__ObjectsAnswer **out);

#endif
