/* SPDX-License-Identifier: Apache-2.0 */
/* client.h - one unlocked device inside the library: keys, store, calls, the verified state. */
#ifndef ZT_CLIENT_H
#define ZT_CLIENT_H

#include <sys/stat.h>

#include "crypto/hpke.h"
#include "files/changeset.h"
#include "files/manifest.h"
#include "files/path.h"
#include "format/limits.h"
#include "net/calls.h"
#include "proto/device.pb-c.h"
#include "store/store.h"
#include "trust/head.h"
#include "trust/keyring.h"
#include "trust/rules.h"
#include "zt/org.h"
#include "zt/zt.h"

#define CLIENT_WHY 256
#define CLIENT_USER_KEYS 64 /* given to a new device: the log leads to all others */

struct client_user_key {
	struct secret *key;
	uint8_t public[HPKE_PUBLIC_BYTES];
};

struct zt {
	char *home, *server, *slug, *email, *ca_file;
	bool in_clear, overwrites, keeps_both, rereads; /* zt_options */
	struct id org, user, device;
	char org_text[ID_TEXT], user_text[ID_TEXT], device_text[ID_TEXT];
	uint8_t root_key[SIGN_PUBLIC_BYTES];
	bool root_by_id; /* the organization's id alone pins the root key (recover.c, pki.c) */
	struct sign_key *sign;
	struct secret *seal, *local;
	struct client_user_key *user_keys; /* of this user, in no order (user_keys.c) */
	size_t user_key_count, user_key_cap;
	unsigned user_generation; /* generations in the log read up to here */
	uint64_t vouched_size;    /* of the log, by the greeter */
	uint64_t marked;          /* the server's statement of how long its log once was */
	struct hash vouched_root;
	struct store *store;
	struct calls *calls;
	struct org_state *state;   /* verified */
	struct idmap spaces;       /* struct space, by workspace */
	struct local_group *noted; /* the notes of local files read last (local.c), or NULL */
	uint64_t foreign;          /* changesets of other devices applied so far */
	const char *(*translate)(const char *english); /* or NULL */
	void (*working)(
	    void *ctx, enum zt_work what, uint64_t done, uint64_t total); /* or NULL */
	void *working_ctx;
	void (*damaged)(void *ctx, const char *path, const char *what); /* or NULL */
	void *damaged_ctx;
	const volatile int *stop; /* or NULL */
	struct idmap named;       /* objects reported as damaged in this call */
	enum zt_err damage;       /* the first of them */
	uint64_t damage_count;
	char why[CLIENT_WHY];
};

/* Sets the sentence of the last error, safe to show (base/utf8.h); returns ERR. */
enum zt_err client_refuse(struct zt *z, enum zt_err err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The first error of a loop that must visit every item: a colleague may have damaged one
 * workspace. */
struct client_failure {
	enum zt_err err;
	char why[CLIENT_WHY];
};
/* Notes ERR with Z's sentence. Returns whether to go on: not while the server is away. */
bool client_goes_on(struct zt *z, struct client_failure *f, enum zt_err err);
/* Sets the sentence of the first failure again; returns its error. */
enum zt_err client_failed(struct zt *z, const struct client_failure *f);
/* TEXT in the language of Z's sentences. */
const char *client_words(const struct zt *z, const char *text) __attribute__((format_arg(2)));
uint64_t client_now_ms(void);
/* Reports progress to the WORKING option: DONE of TOTAL. */
void client_working(const struct zt *z, enum zt_work what, uint64_t done, uint64_t total);
/* Copies O's options into Z, except folder, password and authority; for devices and
 * visitors. */
void client_take_options(struct zt *z, const struct zt_options *o);
/* Makes Z->calls from Z's server, ids and keys. */
ZT_CHECKED enum zt_err client_connect(struct zt *z);
/* Makes a call; on failure the server's sentence becomes zt_why. */
ZT_CHECKED enum zt_err client_call(struct zt *z, enum route r, const struct route_params *p,
    const char *query, struct bytes body, struct buf *answer);

/* Sets WHY, if empty, to name the file of O->home that ERR makes unusable, for the errors
 * about the folder. */
void client_explain(const struct zt_options *o, enum zt_err err, char *why);
/* Whether a new device may begin in O->home. Errors: EXISTS (it holds a device: WHY says so).
 */
ZT_CHECKED enum zt_err client_may_begin(const struct zt_options *o, char *why);

/* ---- freeze.c: once a fork was seen, nothing more is written ---- */
/* Stores ERR with its sentence if it is FORK; returns ERR. WORKSPACE: whose history forked
 * (one member may have caused it); NULL: the trust log. */
enum zt_err client_note_fork(struct zt *z, const struct id *workspace, enum zt_err err);
/* Refuses writes into WORKSPACE (NULL: the trust log) after a fork. Errors: FORK, with the
 * sentence stored when the fork was first seen. */
ZT_CHECKED enum zt_err client_may_write(struct zt *z, const struct id *workspace);
/* Ends the freeze: a person compared heads with a colleague, and they agree. */
ZT_CHECKED enum zt_err client_thaw(struct zt *z);

/* ---- log_sync.c ---- */
/* Reads the state back from the store. */
ZT_CHECKED enum zt_err client_load_log(struct zt *z);
/* Takes the state folder back after store_rest, and loads what another process added to the
 * log or the chains meanwhile. Pointers into the state or a space become invalid. No-op when
 * the store does not rest. Errors: as store_wake. */
ZT_CHECKED enum zt_err client_wake(struct zt *z, bool waits);
ZT_CHECKED enum zt_err client_sync_log(struct zt *z);
/* The newest head that the server signed and this device verified, over its whole log; the
 * caller gives it to pb_free. Errors: NOT_FOUND, STORE. */
ZT_CHECKED enum zt_err client_kept_head(struct zt *z, Zt__Statement **out);

/* ---- append.c ---- */
/* Appends a signed entry to TOPIC, retrying on CONFLICT. FILL sets the action from the current
 * state; what FILL borrows must live until its next call. */
typedef enum zt_err client_fill(struct zt *z, void *ctx, Zt__EntryBody *body);
ZT_CHECKED enum zt_err client_append(
    struct zt *z, const struct id *topic, client_fill *fill, void *ctx);
/* Appends two entries to one topic in one request, adjacent. The server may keep the first
 * alone: the log then requires the second act later, and *BOTH is false. */
ZT_CHECKED enum zt_err client_append_two(struct zt *z, const struct id *topic,
    client_fill *fill, void *ctx, client_fill *then, void *then_ctx, bool *both);
/* Signs an entry without sending it: its place in TOPIC, and the newest head that this device
 * has verified. The caller frees *OUT. */
ZT_CHECKED enum zt_err client_sign_act(
    struct zt *z, const struct id *topic, client_fill *fill, void *ctx, struct entry **out);
/* The proved place of an appended entry in the log. ALL is only the server's word: the entries
 * sent with it (client_append_two) were appended right behind it. */
struct client_appended {
	struct hash leaf;
	uint64_t index;
	bool all;
};
/* Verifies a server's answer to an append: the head, that E is at its index in it, and that
 * the log as E's author had seen it is a prefix. */
ZT_CHECKED enum zt_err client_check_append(
    struct zt *z, const struct entry *e, struct bytes answer, struct client_appended *out);

/* ---- person.c ---- */
/* Finds a user by id (live or not) or by address (live). Errors: NOT_FOUND; WHO (two users
 * have the address, or it meant another user on this device before). */
ZT_CHECKED enum zt_err client_find_user(struct zt *z, const char *text, struct org_user **out);
/* Remembers USER as the meaning of their address: a person chose this user, by id or
 * address. */
ZT_CHECKED enum zt_err client_meant(struct zt *z, const struct id *user);
/* Whether A and B are the same address in different spelling (case, normal form). */
bool client_same_address(const char *a, const char *b);
/* Errors: WHO (ADDRESS is a live user's). */
ZT_CHECKED enum zt_err client_check_new_address(struct zt *z, const char *address);
/* Writes a warning to OUT if ADDRESS of USER (NULL: a newcomer) looks like another known
 * one's, or was another's before; else "". */
void client_doubt(
    struct zt *z, const char *address, const struct id *user, char out[CLIENT_WHY]);
/* Writes 80 bits of a hash of the id and the first key, short enough to read aloud; it never
 * changes. */
void client_fingerprint(const struct org_user *u, char out[ZT_FINGERPRINT]);
/* Fills OUT with what a person needs to recognize U. */
void client_person(struct zt *z, const struct org_user *u, struct zt_person *out);

/* ---- members.c ---- */
/* Stores HANDLE (encoded) of USER if it matches the log's commitment (L10). Errors: NOT_FOUND,
 * KEY (no match). */
ZT_CHECKED enum zt_err client_take_handle(
    struct zt *z, const struct id *user, struct bytes handle);
/* The e-mail and name of U in OUT, or its id when it was not disclosed. */
struct client_handle {
	char email[260], name[260];
};
void client_handle(struct zt *z, const struct id *user, struct client_handle *out);
ZT_CHECKED enum zt_err client_sync_handles(struct zt *z);
/* Seals HANDLE (encoded) of SUBJECT to RECIPIENT. */
ZT_CHECKED enum zt_err client_seal_handle(const struct id *org,
    const struct org_user *recipient, const struct id *subject, struct bytes handle,
    struct buf *out);
/* disclose.c: seals the handles known here to the users who may know them: of SUBJECT (NULL:
 * all) to TO (NULL: all), if either was added at index SINCE of the log or later. For
 * admins. */
ZT_CHECKED enum zt_err client_disclose(
    struct zt *z, const struct id *to, const struct id *subject, uint64_t since);
/* The commitment to an encoded Handle. */
void client_commit_handle(const struct id *user, struct bytes handle, struct hash *out);

/* ---- client.c, the device file ---- */
/* Fills SECRETS's fields from a new device's keys and writes the device file. */
struct client_new_device {
	const char *server, *slug, *email;
	struct id org, user, device;
	uint8_t root_key[SIGN_PUBLIC_BYTES];
	bool root_by_id; /* not known yet: the organization's id pins it */
	const struct sign_key *sign;
	const struct secret *seal;
	struct bytes user_keys[CLIENT_USER_KEYS];
	size_t user_key_count;
	uint64_t tree_size;
	struct hash root;
};
ZT_CHECKED enum zt_err client_write_device(
    const struct zt_options *o, const struct client_new_device *d);

/* ---- user_keys.c ---- */
/* Takes ownership of KEY, also on failure; frees a duplicate. Errors: MEMORY. */
ZT_CHECKED enum zt_err client_add_user_key(struct zt *z, struct secret *key);
/* This user's private key of GENERATION, borrowed; NULL if this device lacks it. */
const struct secret *client_user_key(const struct zt *z, unsigned generation);
/* Borrows the newest user keys, to give to another device of this user. Returns their
 * count. */
size_t client_hand_user_keys(const struct zt *z, struct bytes out[CLIENT_USER_KEYS]);
/* Opens the user keys that the log holds for this device; skips those that do not open.
 * Errors: MEMORY. */
ZT_CHECKED enum zt_err client_take_user_keys(struct zt *z);
/* Rotates this user's key and seals it to all its live devices. */
ZT_CHECKED enum zt_err client_renew_user_key(struct zt *z);
/* Rotates the user key if a device was revoked after the last rotation, or if the newest key
 * has not reached this device; OK if another device did it first. */
ZT_CHECKED enum zt_err client_close_user_key(struct zt *z);

/* ---- devices.c ---- */
/* Appends the revocation of DEVICE only; zt_tend rotates the keys that it knew. */
ZT_CHECKED enum zt_err client_revoke_device(struct zt *z, const struct id *device);
/* Decrypts the label of one of this user's own devices; "" if that fails. */
void client_device_label(struct zt *z, const struct org_device *d, struct buf *out);

/* ---- workspace.c ---- */
/* Errors: NAME. */
ZT_CHECKED enum zt_err client_check_workspace_name(struct zt *z, const char *name);
/* Seals KEY, W's newest, to USERS, uploads the sealed keys and notes that. Skips users who
 * have not rotated their key since losing a device. */
ZT_CHECKED enum zt_err workspace_deposit(struct zt *z, const struct org_workspace *w,
    const struct secret *key, struct org_user *const *users, size_t count);

/* ---- rotate.c ---- */
/* Sets USER's role, to one that still has access. */
ZT_CHECKED enum zt_err workspace_set_role(
    struct zt *z, const struct id *workspace, const struct id *user, enum role role);
/* Removes USER's role, and rotates the key in the same request. */
ZT_CHECKED enum zt_err workspace_remove(
    struct zt *z, const struct id *workspace, const struct id *user);
/* Rotates the key of the workspace ID. */
ZT_CHECKED enum zt_err workspace_rotate(struct zt *z, const struct id *id);
/* Rotates the key of the workspace ID if access was revoked and no other rotation followed. */
ZT_CHECKED enum zt_err workspace_close(struct zt *z, const struct id *id);
/* Rotates the key if this device holds the newest key and older ones that are not reachable
 * from it: the last rotation's author lacked them, and new members could not get them. *DONE:
 * it rotated. */
ZT_CHECKED enum zt_err workspace_mend(struct zt *z, const struct id *id, bool *done);

/* ---- space.c: a workspace, opened ---- */
/* This device verified the chain from POSITION on with KNOWN entries of the log. */
struct space_step {
	uint64_t position, known;
};
#define SPACE_STEPS 64

struct space {
	struct zt *z;
	struct org_workspace *w;
	bool is_loaded;
	struct secret **keys; /* by generation minus one; NULL where not opened yet */
	size_t key_cap;
	uint64_t position; /* of the verified chain */
	struct hash link;
	uint64_t time;                        /* of its newest changeset, as its author says */
	struct space_step steps[SPACE_STEPS]; /* in order; see judge.c */
	size_t step_count;
	uint64_t judged;   /* log entries that the last judgement of the chain used */
	uint64_t skipped;  /* changesets excluded because their author had been removed */
	uint64_t base;     /* position of the checkpoint that we started from; 0: verified from
			    * 1 */
	struct id voucher; /* the device whose checkpoint that was */
	uint64_t filled;   /* backfill: positions before the base verified up to here */
	struct hash filled_link;
	uint64_t led;  /* generation whose key reached all keys that are held here */
	uint64_t goal; /* verified before and to be reached again; 0: none */
	struct hash goal_link;
	uint64_t checkpoint; /* the newest that this device knows of */
	bool is_suspect;     /* the checkpoint contradicts the chain: restart from 0 */
	bool is_refused;     /* the last sync ended at an invalid changeset */
};
/* The current version of an object, as the chain states it. */
struct space_version {
	struct id vlob, author;
	uint64_t version, position, time;
	struct envelope_pins pins;
	bool left_out; /* its author had lost access: a number, and no content */
};
/* By name or id. Errors: NOT_FOUND, NOT_MEMBER. */
ZT_CHECKED enum zt_err space_find(struct zt *z, const char *name, struct space **out);
ZT_CHECKED enum zt_err space_of(struct zt *z, struct org_workspace *w, struct space **out);
/* Reads what the store holds of S, once. Errors: STORE (its workspace is in no log). */
ZT_CHECKED enum zt_err space_load(struct space *s);
void space_free(void *space);
/* The spaces of Z, which callers hold, now belong to O, and are read again from the store when
 * they are used. */
void spaces_reset(struct zt *z, const struct org_state *o);
/* The workspace's newest name that opens here, in OUT; its id when none does. */
void space_name(struct space *s, char out[260]);
/* Whether its announced deletion is due: the servers refuse reads and writes. */
bool space_is_gone(const struct org_workspace *w);
/* Fetches and verifies new changesets; a long chain that is new here starts at a
 * checkpoint. */
ZT_CHECKED enum zt_err space_sync(struct space *s);
/* The same, and refuses a chain that ends before the position pinned by the newest rotation: a
 * new member knows no other lower bound. Errors: ROLLBACK. */
ZT_CHECKED enum zt_err space_sync_fresh(struct space *s);
/* The same, and verifies the chain before the checkpoint too, if it started at one. */
ZT_CHECKED enum zt_err space_complete(struct space *s);
/* Verifies the chain before its checkpoint, for MS milliseconds, from where the last call
 * ended. At the end base is 0, and nothing depends on the checkpoint's author any more. A
 * false checkpoint makes space_sync restart from position 0. */
ZT_CHECKED enum zt_err space_backfill(struct space *s, unsigned ms);
/* Background work, for MS milliseconds: verifies the chain before a checkpoint. A manager's or
 * owner's device that has verified the whole chain writes a new checkpoint when enough
 * changesets followed the last. */
ZT_CHECKED enum zt_err space_tend(struct space *s, unsigned ms);
/* Applies our own accepted changeset locally, as if fetched; fetches the changesets of others
 * that precede it. The server put it at POSITION with chain hash LINK. PUSH: the whole
 * request, stored for repairs. SIGNED_: what the server signed of that place, or NULL. */
ZT_CHECKED enum zt_err space_take_own(struct space *s, const Zt__Changeset *m,
    uint64_t position, const struct hash *link, struct bytes push,
    const Zt__Statement *signed_);
/* VERSION 0: the newest that counts. Errors: NOT_FOUND, also for an excluded version. */
ZT_CHECKED enum zt_err space_version(
    struct space *s, const struct id *vlob, uint64_t version, struct space_version *out);
/* The predecessor for a new version of VLOB, excluded ones included. Errors: NOT_FOUND (no
 * version yet). */
ZT_CHECKED enum zt_err space_newest(
    struct space *s, const struct id *vlob, struct space_version *out);

/* ---- objects.c: contents of versions ---- */
/* The key of VLOB's records in the store, in OUT: each workspace has its own. */
struct bytes space_object_key(
    const struct space *s, const struct id *vlob, uint8_t out[2 * ID_BYTES]);
/* A request for an object's newest version that opens. Skipped versions are damaged: their
 * content is wrong or, for a folder, missing on the servers. */
struct space_object {
	struct id vlob;
	bool is_folder; /* a version that is not one is damaged */
	uint64_t until; /* the newest at or before this time; 0: the newest */
	/* Found: */
	struct space_version v; /* version 0: there is none, or none opens */
	uint64_t damaged;       /* the newest that was skipped; 0: none */
	struct id author;       /* of that one */
	enum zt_err why;        /* the reason; MISSING_BLOCK: missing on the servers */
	unsigned lost;          /* skipped versions that later reads try again */
	bool is_rubbish; /* every version was signed as it is and is no manifest: no reader can
			  * ever open it, and others may overwrite it */
};
/* Finds and opens OBJECTS in bulk, in any order. EACH gets *M NULL where nothing opens, and
 * keeps *M by setting it to NULL. Errors: local and network ones, and EACH's. */
typedef enum zt_err space_each(void *ctx, size_t i, Zt__Manifest **m);
ZT_CHECKED enum zt_err space_read(
    struct space *s, struct space_object *objects, size_t count, space_each *each, void *ctx);
/* The same for one object; the caller gives *OUT (NULL: nothing opens) to pb_wipe. */
ZT_CHECKED enum zt_err space_read_one(
    struct space *s, struct space_object *o, Zt__Manifest **out);
/* Opens exactly version V; the caller gives *OUT to pb_wipe. Errors: why it does not open. */
ZT_CHECKED enum zt_err space_manifest(
    struct space *s, const struct space_version *v, Zt__Manifest **out);
/* Sets *BAD to how many of COUNT OBJECTS (V is the version) are missing on the server or do
 * not open there. Ignores local copies. */
ZT_CHECKED enum zt_err space_check_there(
    struct space *s, struct space_object *objects, size_t count, size_t *bad);
/* Whether ERR means a damaged version, not a local or network failure. */
bool space_is_damage(enum zt_err err);
/* Writes a sentence about the damage of O. */
void space_damage_words(struct space *s, const struct space_object *o, char out[CLIENT_WHY]);
/* Reports O at PATH to the DAMAGED option, once a call, if it is damaged. */
void space_damaged(struct space *s, const char *path, const struct space_object *o);
/* Reports PATH as damaged by ERR, with the reason WHAT. */
void client_damage(struct zt *z, enum zt_err err, const char *path, const char *what);
/* Call before reading, and after a call that only reads: the latter returns the first damage
 * reported. */
void client_begin_reading(struct zt *z);
ZT_CHECKED enum zt_err client_end_reading(struct zt *z);

/* ---- keys.c ---- */
/* The key of GENERATION, borrowed; fetched and opened if this device lacks it. Errors:
 * MISSING_KEY, KEY (the server's is not the key). */
ZT_CHECKED enum zt_err space_key(
    struct space *s, unsigned generation, const struct secret **out);
/* The same without asking a server; NULL if not held. GENERATION is one that the log knows. */
const struct secret *space_held_key(struct space *s, unsigned generation);
/* The held generations that are not reachable from the newest key: a rotation must include
 * them. OUT: *COUNT of them, oldest first. */
ZT_CHECKED enum zt_err space_stranded(
    struct space *s, unsigned out[LIMIT_OLDER], size_t *count);

/* ---- tree.c: names to objects ---- */
struct tree_entry {
	struct id vlob;
	bool is_folder;
};
/* Walks PATH from the root. Errors: NOT_FOUND with the missing name in zt_why. */
ZT_CHECKED enum zt_err tree_find(
    struct space *s, const struct path *path, size_t depth, struct tree_entry *out);
/* The same in the tree as it was at the time UNTIL (0: now). */
ZT_CHECKED enum zt_err tree_find_at(struct space *s, const struct path *path, size_t depth,
    uint64_t until, struct tree_entry *out);
/* The names from the root to a folder, as they were found. */
struct tree_way {
	struct tree_way *up; /* NULL: this is the root */
	struct id vlob;
	struct buf name;
	bool is_there;    /* else it is new and not yet in the chain */
	uint64_t checked; /* z->foreign when the whole way was checked */
	uint64_t listed;  /* z->foreign when the folder's entries were read */
};
/* One step below UP (NULL: this is the root), which was listed and must outlive it. The caller
 * gives *OUT to tree_way_free. */
ZT_CHECKED enum zt_err tree_way_new(struct space *s, struct tree_way *up, struct bytes name,
    const struct id *vlob, bool is_there, struct tree_way **out);
void tree_way_free(struct tree_way *w);
/* z->foreign when W and its entries were last checked. */
uint64_t tree_way_as_of(const struct tree_way *w);
/* Cache of the next two functions: the folder read last. The caller gives M to pb_wipe. */
struct tree_look {
	struct id folder;
	Zt__Manifest *m;
};
/* Checks that W still leads to its folder. Errors: CONFLICT (it does not). */
ZT_CHECKED enum zt_err tree_way_holds(
    struct space *s, struct tree_way *w, struct tree_look *look);
/* Checks that NAME is VLOB in W's folder. Errors: CONFLICT. */
ZT_CHECKED enum zt_err tree_has(struct space *s, const struct tree_way *w, struct bytes name,
    const struct id *vlob, struct tree_look *look);
/* Parses REMOTE, finds and syncs its workspace; resets the damage report. */
ZT_CHECKED enum zt_err tree_open(
    struct zt *z, const char *remote, struct space **s, struct path *path);

/* Sets *ALL: whether all COUNT objects IDS are in the tree, in any folder. */
ZT_CHECKED enum zt_err tree_holds(
    struct space *s, const struct id *ids, size_t count, bool *all);
/* Sets *HEIGHT to the depth of nested folders below FOLDER; 0: none. */
ZT_CHECKED enum zt_err tree_height(struct space *s, const struct id *folder, unsigned *height);
/* Appends to OUT where the object WHAT is in the tree now, as /a/b. Errors: NOT_FOUND. */
ZT_CHECKED enum zt_err tree_where(struct space *s, const struct id *what, struct buf *out);

/* ---- batch.c: changes gathered into changesets ---- */
struct batch;
ZT_CHECKED enum zt_err batch_new(struct space *s, struct batch **out);
void batch_free(struct batch *b);
/* Takes ownership of M, also on failure: the next version of VLOB. The caller may still add
 * content (about SIZE bytes) to M until the batch is sent. ADDS_BLOCKS: its blocks are new. */
ZT_CHECKED enum zt_err batch_write(
    struct batch *b, const struct id *vlob, Zt__Manifest *m, bool adds_blocks, uint64_t size);
/* Removes the last batch_write again, before anything else is added to B. */
void batch_take_back(struct batch *b);
/* What the entry must be when sent: absent, that very object, or anything. */
enum batch_expect { BATCH_ABSENT, BATCH_SAME, BATCH_ANY };
/* The last batch_write was read from the local file ST; noted once it is sent. */
void batch_from(struct batch *b, const struct stat *st);
/* A folder's attributes: mode and time of the local one. */
struct batch_look {
	unsigned mode, modified_ns;
	int64_t modified;
};
ZT_CHECKED enum zt_err batch_look(
    struct batch *b, const struct id *vlob, const struct batch_look *look);
/* The folder at WAY is new in this batch; WAY lives until the batch is freed. */
ZT_CHECKED enum zt_err batch_hang(struct batch *b, struct tree_way *way);
/* Requires the folder WAY to be in the tree when the batch is sent, and still afterwards; if
 * NAME is not empty, it must be VLOB there. Otherwise sending fails with CONFLICT. */
ZT_CHECKED enum zt_err batch_need(
    struct batch *b, struct tree_way *way, struct bytes name, const struct id *vlob);
/* Sets or removes NAME in FOLDER when the batch is sent; applied again to the newest folder
 * after a conflict. */
ZT_CHECKED enum zt_err batch_link(struct batch *b, const struct id *folder, struct bytes name,
    const struct tree_entry *to, enum batch_expect expect);
ZT_CHECKED enum zt_err batch_unlink(
    struct batch *b, const struct id *folder, struct bytes name, const struct id *expect);
/* A folder that is new in this batch. */
ZT_CHECKED enum zt_err batch_folder(struct batch *b, const struct id *vlob);
/* Seals and signs the batch and starts to send it. The batch must not change until
 * batch_finish has the answer; that retries on top of others' changes after a conflict, and
 * empties the batch. */
ZT_CHECKED enum zt_err batch_start(struct batch *b);
ZT_CHECKED enum zt_err batch_finish(struct batch *b);
/* Both without a retry: another writer's change ends it with CONFLICT or STALE_KEY. */
ZT_CHECKED enum zt_err batch_send_once(struct batch *b);
/* Whether the caller should send before adding more. */
bool batch_is_full(const struct batch *b);

/* ---- names.c: one act on the tree ---- */
/* Fills B with the changes at PATH for the current S; called again after a conflict. */
typedef enum zt_err tree_act_fn(
    void *ctx, struct space *s, const struct path *path, struct batch *b);
ZT_CHECKED enum zt_err tree_act(struct zt *z, const char *remote, tree_act_fn *act, void *ctx);
/* The folder that contains the last name of PATH. Errors: INVALID (PATH is empty, or passes
 * through a file). */
ZT_CHECKED enum zt_err tree_parent(
    struct space *s, const struct path *path, struct tree_entry *parent);
/* Checks that WHAT, with its contents, may be at PATH. Errors: TOO_BIG (too deep). */
ZT_CHECKED enum zt_err tree_fits(
    struct space *s, const struct path *path, const struct tree_entry *what);

#endif
