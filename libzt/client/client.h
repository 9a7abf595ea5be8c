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
#define CLIENT_USER_KEYS 64 /* that a new device is given: the log leads to all others */

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
	unsigned user_generation; /* the log's generations were looked at up to here */
	uint64_t vouched_size;    /* of the log, by the greeter */
	uint64_t marked;          /* how long the server says that its log once was */
	struct hash vouched_root;
	struct store *store;
	struct calls *calls;
	struct org_state *state; /* verified */
	struct idmap spaces;     /* struct space, by workspace */
	uint64_t foreign;        /* changesets of other devices that were taken so far */
	const char *(*translate)(const char *english); /* or NULL */
	void (*working)(
	    void *ctx, enum zt_work what, uint64_t done, uint64_t total); /* or NULL */
	void *working_ctx;
	void (*damaged)(void *ctx, const char *path, const char *what); /* or NULL */
	void *damaged_ctx;
	const volatile int *stop; /* or NULL */
	struct idmap named;       /* objects whose damage was named in this call */
	enum zt_err damage;       /* the first of them */
	uint64_t damage_count;
	char why[CLIENT_WHY];
};

/* Sets the sentence of the last error, safe to show (base/utf8.h); returns ERR. */
enum zt_err client_refuse(struct zt *z, enum zt_err err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Of several things, none of which may keep the others from being done (a colleague may have
 * spoiled one workspace): the first that failed. */
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
/* Work is DONE of TOTAL, for whoever wants to know. */
void client_working(const struct zt *z, enum zt_work what, uint64_t done, uint64_t total);
/* What Z is told of O but its folder, its password and the authority: by a device and by a
 * visitor alike. */
void client_take_options(struct zt *z, const struct zt_options *o);
/* Makes Z->calls from what Z is. */
ZT_CHECKED enum zt_err client_connect(struct zt *z);
/* A call whose server's sentence becomes zt_why. */
ZT_CHECKED enum zt_err client_call(struct zt *z, enum route r, const struct route_params *p,
    const char *query, struct bytes body, struct buf *answer);

/* WHY, when it is empty: which file of O->home cannot be used, where ERR tells of the folder.
 */
void client_explain(const struct zt_options *o, enum zt_err err, char *why);

/* ---- freeze.c: after the first sight of a second history nothing more is written ---- */
/* Notes ERR when it is a FORK, with its sentence, and returns it: of the trust log (WORKSPACE
 * NULL), or of one workspace, which may be one member's doing. */
enum zt_err client_note_fork(struct zt *z, const struct id *workspace, enum zt_err err);
/* Whether this device writes into WORKSPACE (NULL: to the trust log). Errors: FORK, with the
 * sentence of the first sight. */
ZT_CHECKED enum zt_err client_may_write(struct zt *z, const struct id *workspace);
/* A person compared heads with a colleague, and they agree. */
ZT_CHECKED enum zt_err client_thaw(struct zt *z);

/* ---- log_sync.c ---- */
/* Reads the state back from the store. */
ZT_CHECKED enum zt_err client_load_log(struct zt *z);
/* Takes the state folder back after store_rest, while which it is anybody's: another zt may
 * have taken in more of the log, or of chains, which are read again. What points into the state
 * or a space is void. Nothing when it does not rest. Errors: as store_wake. */
ZT_CHECKED enum zt_err client_wake(struct zt *z, bool waits);
ZT_CHECKED enum zt_err client_sync_log(struct zt *z);
/* The newest head that the server signed and this device verified, over its whole log; the
 * caller gives it to pb_free. Errors: NOT_FOUND, STORE. */
ZT_CHECKED enum zt_err client_kept_head(struct zt *z, Zt__Statement **out);

/* ---- append.c ---- */
/* Signs an act into TOPIC and appends it, as often as another came first. FILL sets the action
 * from the state as it is then; what it borrows lives until it is called again. */
typedef enum zt_err client_fill(struct zt *z, void *ctx, Zt__EntryBody *body);
ZT_CHECKED enum zt_err client_append(
    struct zt *z, const struct id *topic, client_fill *fill, void *ctx);
/* Two acts of one topic in one request, the second right behind the first. The first may come
 * to stand without the second: then the log asks for it, and *BOTH is false. */
ZT_CHECKED enum zt_err client_append_two(struct zt *z, const struct id *topic,
    client_fill *fill, void *ctx, client_fill *then, void *then_ctx, bool *both);
/* The act alone, signed and not sent: its place in TOPIC, and the newest head that this device
 * has verified. The caller frees *OUT. */
ZT_CHECKED enum zt_err client_sign_act(
    struct zt *z, const struct id *topic, client_fill *fill, void *ctx, struct entry **out);
/* What the server has proved of an act: its place in the log; and, as the server says, whether
 * those that were sent with it (client_append_two) stand behind it. */
struct client_appended {
	struct hash leaf;
	uint64_t index;
	bool all;
};
/* Verifies a server's answer to an append: its head, that E is in it at its index, and that the
 * log which E's author had seen is a prefix of it. */
ZT_CHECKED enum zt_err client_check_append(struct zt *z, const struct entry *e,
    struct bytes answer, struct client_appended *out);

/* ---- person.c ---- */
/* The user of an id, live or not, or the live one of an address. Errors: NOT_FOUND; WHO (two
 * users bear the address, or it meant another one on this device before). */
ZT_CHECKED enum zt_err client_find_user(struct zt *z, const char *text, struct org_user **out);
/* A person named USER, by whatever: their address means them from now on. */
ZT_CHECKED enum zt_err client_meant(struct zt *z, const struct id *user);
/* Whether both are one address, however they are written. */
bool client_same_address(const char *a, const char *b);
/* Errors: WHO (ADDRESS is a live user's). */
ZT_CHECKED enum zt_err client_check_new_address(struct zt *z, const char *address);
/* A sentence about ADDRESS, of USER (NULL: of a newcomer), if a person should look at it twice:
 * it looks like another known one's, or was another's before. "" when not. */
void client_doubt(
    struct zt *z, const char *address, const struct id *user, char out[CLIENT_WHY]);
/* Short enough to be read aloud: 80 bits of a hash of the id and the first key, which stay. */
void client_fingerprint(const struct org_user *u, char out[ZT_FINGERPRINT]);
/* Who U is, for a person to look at. */
void client_person(struct zt *z, const struct org_user *u, struct zt_person *out);

/* ---- members.c ---- */
/* Keeps HANDLE (encoded) of USER if it is the one that the log commits to (L10). Errors:
 * NOT_FOUND, KEY (it is not). */
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
/* disclose.c: seals the handles known here to those who may know them: of SUBJECT (NULL: all)
 * to TO (NULL: all), where either was added at index SINCE of the log or later. An admin's. */
ZT_CHECKED enum zt_err client_disclose(
    struct zt *z, const struct id *to, const struct id *subject, uint64_t since);
/* The commitment to an encoded Handle. */
void client_commit_handle(const struct id *user, struct bytes handle, struct hash *out);

/* ---- device.c ---- */
/* Fills SECRETS's fields from a new device's keys and writes the device file. */
struct client_new_device {
	const char *server, *slug, *email;
	struct id org, user, device;
	uint8_t root_key[SIGN_PUBLIC_BYTES];
	bool root_by_id; /* it is not known yet: the organization's id names it */
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
/* Takes KEY over, also on failure; one that is here already is dropped. Errors: MEMORY. */
ZT_CHECKED enum zt_err client_add_user_key(struct zt *z, struct secret *key);
/* This user's private key of GENERATION, borrowed; NULL when it is not here. */
const struct secret *client_user_key(const struct zt *z, unsigned generation);
/* The newest ones, for another device of this user; borrowed. Returns how many. */
size_t client_hand_user_keys(const struct zt *z, struct bytes out[CLIENT_USER_KEYS]);
/* Opens what the log holds of this user's keys for this device. What does not open is passed
 * over. Errors: MEMORY. */
ZT_CHECKED enum zt_err client_take_user_keys(struct zt *z);
/* Renews this user's key, sealed to all its live devices. */
ZT_CHECKED enum zt_err client_renew_user_key(struct zt *z);
/* The same when a device of this user was revoked since, or when the newest key has not reached
 * this device. Another device may have done it first. */
ZT_CHECKED enum zt_err client_close_user_key(struct zt *z);

/* ---- devices.c ---- */
/* The act of revoking DEVICE alone; what it asks for is zt_tend's. */
ZT_CHECKED enum zt_err client_revoke_device(struct zt *z, const struct id *device);
/* The label of one of this user's own devices, "" when it does not open. */
void client_device_label(struct zt *z, const struct org_device *d, struct buf *out);

/* ---- workspace.c ---- */
/* Errors: NAME. */
ZT_CHECKED enum zt_err client_check_workspace_name(struct zt *z, const char *name);
/* Seals KEY, W's newest, to USERS and deposits it beside the log, and notes that. Whoever lost
 * a device and has not renewed the key yet is left out. */
ZT_CHECKED enum zt_err workspace_deposit(struct zt *z, const struct org_workspace *w,
    const struct secret *key, struct org_user *const *users, size_t count);

/* ---- rotate.c ---- */
/* Gives USER a role, or takes a part of it. */
ZT_CHECKED enum zt_err workspace_set_role(
    struct zt *z, const struct id *workspace, const struct id *user, enum role role);
/* Takes USER's role, and rotates the key in the same request. */
ZT_CHECKED enum zt_err workspace_remove(
    struct zt *z, const struct id *workspace, const struct id *user);
/* Rotates the key of the workspace ID. */
ZT_CHECKED enum zt_err workspace_rotate(struct zt *z, const struct id *id);
/* Rotates the key of the workspace ID if access was lost since, and nobody else has by then. */
ZT_CHECKED enum zt_err workspace_close(struct zt *z, const struct id *id);
/* Rotates it if this device has the newest key and older ones that this does not lead to: who
 * rotated last did not have them, and newcomers get no other. *DONE: it was so. */
ZT_CHECKED enum zt_err workspace_mend(struct zt *z, const struct id *id, bool *done);

/* ---- space.c: a workspace, opened ---- */
/* From POSITION on, this device verified the chain when it had KNOWN entries of the log. */
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
	uint64_t judged;   /* entries of the log by which the chain was judged last */
	uint64_t skipped;  /* changesets left out because their author had been removed */
	uint64_t base;     /* where a member's checkpoint began the chain; 0: verified from 1 */
	struct id voucher; /* the device whose checkpoint that was */
	uint64_t filled;   /* of what stands before the base: verified up to here */
	struct hash filled_link;
	uint64_t led;  /* the newest key of this generation led to all that are held here */
	uint64_t goal; /* verified once, and being verified again; 0: not so */
	struct hash goal_link;
	uint64_t checkpoint; /* the newest that this device knows of */
	bool is_suspect;     /* what the checkpoint said does not lead on: begin anew */
	bool is_refused;     /* the last sync ended at a changeset that may not stand */
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
/* Whether its announced deletion is due: nobody reads or writes it any more. */
bool space_is_gone(const struct org_workspace *w);
/* Verifies what is new in the chain; of a long one that is new here, from a checkpoint on. */
ZT_CHECKED enum zt_err space_sync(struct space *s);
/* The same, and refuses a chain that ends before the place that the newest rotation pins, which
 * a newcomer could not know otherwise. Errors: ROLLBACK. */
ZT_CHECKED enum zt_err space_sync_fresh(struct space *s);
/* The same, from its beginning on, when it began at a checkpoint. */
ZT_CHECKED enum zt_err space_complete(struct space *s);
/* For a chain that began at a checkpoint: verifies what stands before it, for MS milliseconds
 * and from where the last call ended. At the end the base is 0, and nothing rests on a member's
 * word any longer; what the word misstated makes space_sync begin anew. */
ZT_CHECKED enum zt_err space_backfill(struct space *s, unsigned ms);
/* For MS milliseconds of what every command leaves to be done: verifies what stands before a
 * checkpoint. A manager's or owner's device that has verified the whole chain puts one down,
 * when enough was written since the last. */
ZT_CHECKED enum zt_err space_tend(struct space *s, unsigned ms);
/* Takes this device's own changeset, which the server says it put at POSITION under LINK, as if
 * it had been fetched; when others came between, fetches them with it. PUSH is the whole
 * request, kept for repairs. */
ZT_CHECKED enum zt_err space_take_own(struct space *s, const Zt__Changeset *m,
    uint64_t position, const struct hash *link, struct bytes push);
/* VERSION 0: the newest that counts. Errors: NOT_FOUND, also for one that was left out. */
ZT_CHECKED enum zt_err space_version(
    struct space *s, const struct id *vlob, uint64_t version, struct space_version *out);
/* What the next version stands behind: the newest, even if it was left out. Errors: NOT_FOUND
 * (there is none yet). */
ZT_CHECKED enum zt_err space_newest(
    struct space *s, const struct id *vlob, struct space_version *out);

/* ---- objects.c: what versions say ---- */
/* The key of VLOB's records in the store, in OUT: each workspace has its own. */
struct bytes space_object_key(
    const struct space *s, const struct id *vlob, uint8_t out[2 * ID_BYTES]);
/* An object that is wanted: its newest version that opens. Those that are passed over are
 * damaged: they are not what they should be; or, of a folder, the servers lack them. */
struct space_object {
	struct id vlob;
	bool is_folder; /* a version that is not one is damaged */
	uint64_t until; /* the newest not younger than this time; 0: the newest */
	/* Found: */
	struct space_version v; /* its version is 0 when there is none, or none opens */
	uint64_t damaged;       /* the newest that was passed over; 0: none */
	struct id author;       /* of that one */
	enum zt_err why;        /* what is wrong with it; MISSING_BLOCK: the servers lack it */
	unsigned lost;          /* how many were passed over that are looked at again */
	bool is_rubbish; /* each was signed by its author as it is, and is no manifest: nobody
			    will ever read it, and others may write over it */
};
/* Finds and opens OBJECTS in bulk, in no order; EACH gets NULL where nothing opens, and takes
 * *M over by setting it to NULL. Errors: of this machine and of the way to the servers, and
 * EACH's. */
typedef enum zt_err space_each(void *ctx, size_t i, Zt__Manifest **m);
ZT_CHECKED enum zt_err space_read(
    struct space *s, struct space_object *objects, size_t count, space_each *each, void *ctx);
/* One of them; the caller gives *OUT, NULL where nothing opens, to pb_wipe. */
ZT_CHECKED enum zt_err space_read_one(
    struct space *s, struct space_object *o, Zt__Manifest **out);
/* This very version; the caller gives *OUT to pb_wipe. Errors: what is wrong with it. */
ZT_CHECKED enum zt_err space_manifest(
    struct space *s, const struct space_version *v, Zt__Manifest **out);
/* How many of OBJECTS the server lacks, or holds so that they do not open: COUNT of them, whose
 * V is what is asked for. What is here is not looked at. */
ZT_CHECKED enum zt_err space_check_there(
    struct space *s, struct space_object *objects, size_t count, size_t *bad);
/* Whether ERR tells of a version, and not of this machine or of the way to the servers. */
bool space_is_damage(enum zt_err err);
/* What is damaged of O, as a sentence. */
void space_damage_words(struct space *s, const struct space_object *o, char out[CLIENT_WHY]);
/* Names O at PATH, once in a call, if anything of it is damaged. */
void space_damaged(struct space *s, const char *path, const struct space_object *o);
/* Names PATH as damaged: what is wrong with it. */
void client_damage(struct zt *z, enum zt_err err, const char *path, const char *what);
/* Before a call reads, and behind one that only reads: the first error that was named. */
void client_begin_reading(struct zt *z);
ZT_CHECKED enum zt_err client_end_reading(struct zt *z);

/* ---- keys.c ---- */
/* The key of GENERATION, borrowed; fetched and opened when it is not here yet. Errors:
 * MISSING_KEY, KEY (what is there is not the key). */
ZT_CHECKED enum zt_err space_key(
    struct space *s, unsigned generation, const struct secret **out);
/* The same, where no server need be asked; else NULL. GENERATION is one that the log knows. */
const struct secret *space_held_key(struct space *s, unsigned generation);
/* Generations whose key is here, and to which no rotation leads who has the newest key alone:
 * whoever rotates brings them along. OUT: *COUNT of them, oldest first. */
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
/* The way to a folder from the root, name by name, as it was found. */
struct tree_way {
	struct tree_way *up; /* NULL: this is the root */
	struct id vlob;
	struct buf name;
	bool is_there;    /* else it is new, and not in the chain yet */
	uint64_t checked; /* z->foreign, when the whole way was so */
	uint64_t listed;  /* z->foreign, when what lies in the folder was read */
};
/* One step more, as UP (NULL: this is the root), which lives longer, was listed. The caller
 * gives *OUT to tree_way_free. */
ZT_CHECKED enum zt_err tree_way_new(struct space *s, struct tree_way *up, struct bytes name,
    const struct id *vlob, bool is_there, struct tree_way **out);
void tree_way_free(struct tree_way *w);
/* z->foreign, when W and what is known to lie in it were so. */
uint64_t tree_way_as_of(const struct tree_way *w);
/* The folder that the two below looked at last; the caller gives M to pb_wipe. */
struct tree_look {
	struct id folder;
	Zt__Manifest *m;
};
/* Whether W leads there still. Errors: CONFLICT (it does not). */
ZT_CHECKED enum zt_err tree_way_holds(
    struct space *s, struct tree_way *w, struct tree_look *look);
/* Whether NAME is VLOB in the folder at the end of W. Errors: CONFLICT. */
ZT_CHECKED enum zt_err tree_has(struct space *s, const struct tree_way *w, struct bytes name,
    const struct id *vlob, struct tree_look *look);
/* Parses REMOTE, finds and syncs its workspace; nothing is damaged yet. */
ZT_CHECKED enum zt_err tree_open(
    struct zt *z, const char *remote, struct space **s, struct path *path);

/* Whether all COUNT of IDS lie in the tree, wherever. */
ZT_CHECKED enum zt_err tree_holds(
    struct space *s, const struct id *ids, size_t count, bool *all);
/* How many folders in one another lie in FOLDER at most; 0: none. */
ZT_CHECKED enum zt_err tree_height(struct space *s, const struct id *folder, unsigned *height);

/* ---- batch.c: changes gathered into changesets ---- */
struct batch;
ZT_CHECKED enum zt_err batch_new(struct space *s, struct batch **out);
void batch_free(struct batch *b);
/* Takes M over, also on failure: the next version of VLOB. Its content, of about SIZE bytes,
 * may still grow into M until the batch is sent; its blocks are new when it ADDS_BLOCKS. */
ZT_CHECKED enum zt_err batch_write(
    struct batch *b, const struct id *vlob, Zt__Manifest *m, bool adds_blocks, uint64_t size);
/* What the entry must be now: nothing, that very object, or whatever. */
enum batch_expect { BATCH_ABSENT, BATCH_SAME, BATCH_ANY };
/* What was written last was read from the local file ST; it is noted once it is sent. */
void batch_from(struct batch *b, const struct stat *st);
/* How a folder looks: its local one's mode and time. */
struct batch_look {
	unsigned mode, modified_ns;
	int64_t modified;
};
ZT_CHECKED enum zt_err batch_look(
    struct batch *b, const struct id *vlob, const struct batch_look *look);
/* The folder at WAY is new in this batch; WAY lives until the batch is freed. */
ZT_CHECKED enum zt_err batch_hang(struct batch *b, struct tree_way *way);
/* The folder WAY must be in the tree when the batch is sent, and after that; when NAME is not
 * empty it must be VLOB there. If somebody changed that, sending ends with CONFLICT. */
ZT_CHECKED enum zt_err batch_need(
    struct batch *b, struct tree_way *way, struct bytes name, const struct id *vlob);
/* Sets or removes NAME in FOLDER when the batch is sent; repeated on the folder as it is then.
 */
ZT_CHECKED enum zt_err batch_link(struct batch *b, const struct id *folder, struct bytes name,
    const struct tree_entry *to, enum batch_expect expect);
ZT_CHECKED enum zt_err batch_unlink(
    struct batch *b, const struct id *folder, struct bytes name, const struct id *expect);
/* A folder that is new in this batch. */
ZT_CHECKED enum zt_err batch_folder(struct batch *b, const struct id *vlob);
/* Seals, signs and starts to send all: the batch rests until batch_finish has the answer, sends
 * again over what others did meanwhile when they came first, and empties it. */
ZT_CHECKED enum zt_err batch_start(struct batch *b);
ZT_CHECKED enum zt_err batch_finish(struct batch *b);
/* Both, adjacent: what someone else did first ends it with CONFLICT or STALE_KEY. */
ZT_CHECKED enum zt_err batch_send_once(struct batch *b);
/* Whether the caller should send before more is gathered. */
bool batch_is_full(const struct batch *b);

/* ---- names.c: one act on the tree ---- */
/* Fills B with what is to be done at PATH, as S is now; is called again when someone else came
 * first. */
typedef enum zt_err tree_act_fn(
    void *ctx, struct space *s, const struct path *path, struct batch *b);
ZT_CHECKED enum zt_err tree_act(struct zt *z, const char *remote, tree_act_fn *act, void *ctx);
/* The folder that holds the last name of PATH. Errors: INVALID (PATH has none, or leads through
 * a file). */
ZT_CHECKED enum zt_err tree_parent(
    struct space *s, const struct path *path, struct tree_entry *parent);
/* Whether WHAT, with all that lies in it, may be at PATH. Errors: TOO_BIG (too deep). */
ZT_CHECKED enum zt_err tree_fits(
    struct space *s, const struct path *path, const struct tree_entry *what);

#endif
