/* zt/zt.h - the client library of zt: all cryptography and all verification happen in it.
 *
 * Conventions. Every call that can fail returns enum zt_err; a failing call leaves its outputs
 * untouched, and zt_why() gives a sentence about it. Texts are UTF-8 and borrowed unless a
 * comment says otherwise. Sizes are bytes, times milliseconds since 1970 UTC. Ids are 32
 * hexadecimal digits. A struct zt belongs to one thread at a time; callbacks run on the
 * caller's thread, inside the call, and must not call zt again. */
#ifndef ZT_H
#define ZT_H

#include <stddef.h>
#include <stdint.h>

#include "zt/err.h"

#define ZT_CALL __attribute__((warn_unused_result, visibility("default")))

struct zt; /* one device, unlocked */

/* What takes long within calls that have no progress of their own. */
enum zt_work { ZT_VERIFIES_LOG, ZT_VERIFIES_HISTORY, ZT_WRAPS_KEYS };

/* The most bytes of a password. It is bytes, but one spelling: what is UTF-8 counts in normal
 * form C, so that every keyboard gives the same. */
#define ZT_PASSWORD_MOST 1023

struct zt_options {
	const char *home; /* the device's state folder */
	/* Its protection; wiped by the caller. NULL: zt_unlock was called in this login
	 * session. */
	const char *password;
	const char *ca_file; /* PEM of the server's authority; NULL: the system's */
	/* http:// to other machines than this one, where who is in between reads and changes
	 * what no signature covers. */
	bool in_clear;
	/* zt_get replaces what zt did not write, or somebody changed since. */
	bool overwrite;
	/* zt_get writes such files beside what is there, under a name that says so. */
	bool keep_both;
	/* zt_put reads every file, and takes no file for unchanged by what the file system
	 * says. */
	bool checksum;
	/* Not zero: transfers end with INTERRUPTED, and leave nothing half behind. A signal
	 * handler may set it. NULL: nobody does. */
	const volatile int *stop;
	/* The sentences of zt_why in another language: a text with the same printf directives,
	 * or the same text. NULL: English. */
	const char *(*translate)(const char *english);
	/* Told now and then how far such work is, and once when it is done. NULL: not wanted.
	 */
	void (*working)(void *ctx, enum zt_work what, uint64_t done, uint64_t total);
	void *working_ctx;
	/* Told of each object of a workspace that is damaged: what one member spoiled, or the
	 * servers lost. An older version is read where one opens, and all else goes on; calls
	 * that only read end with an error then. NULL: not wanted. */
	void (*damaged)(void *ctx, const char *path, const char *what);
	void *damaged_ctx;
};

/* Unlocks the device in O->home. The caller closes *OUT. WHY, when not NULL, is a sentence of
 * 256 bytes. Errors: NOT_FOUND (no device there), PASSWORD, WEAK, LOCKED, STORE. */
ZT_CALL enum zt_err zt_open(const struct zt_options *o, struct zt **out, char *why);
/* Keeps the key that O->password gives in the kernel's keyring for this login session, so that
 * zt_open needs no password for SECONDS. Errors: those of zt_open; IO (there is no keyring). */
ZT_CALL enum zt_err zt_unlock(const struct zt_options *o, unsigned seconds, char *why);
/* Forgets it, in every login session of this user's. Errors: NOT_FOUND (no device there, no key
 * is held, or the desktop holds it), IO (a session still holds it). WHY as for zt_open. */
ZT_CALL enum zt_err zt_lock(const struct zt_options *o, char *why);
/* Protects the device by a PKCS#11 token from now on: the RSA key of the certificate that URI
 * (RFC 7512) names; O->password is then its PIN. Errors: those of zt_open; INVALID (the URI, or
 * it names a module), NOT_FOUND, PASSWORD (the PIN), KEY (no RSA key that decrypts). WHY as for
 * zt_open. */
ZT_CALL enum zt_err zt_protect_by_token(
    const struct zt_options *o, const char *uri, const char *pin, char *why);
/* Protects the device by a key in the desktop's secret service (GNOME Keyring, KWallet) from
 * now on, which opens with the login; O->password is then not looked at. Errors: those of
 * zt_open; UNAVAILABLE (there is no such service here, or it refused). WHY as for zt_open. */
ZT_CALL enum zt_err zt_protect_by_desktop(const struct zt_options *o, char *why);
/* Whether HOME's device opens by a token's PIN. */
ZT_CALL int zt_is_by_token(const char *home);
/* Protects the device by NEW_PASSWORD from now on, also one that was under a token or the
 * desktop. Copies of the old file still open with the old one. Errors: those of zt_open, FULL.
 * WHY as for zt_open. */
ZT_CALL enum zt_err zt_change_password(
    const struct zt_options *o, const char *new_password, char *why);
/* Whether the device in HOME needs no password now: zt_unlock holds its key, or the desktop
 * does.
 */
ZT_CALL int zt_is_unlocked(const char *home);
/* Wipes all keys from memory. NULL is nothing. */
void zt_close(struct zt *z);
/* The sentence about the last error of Z; "" when there is none. Lives until the next call. */
const char *zt_why(const struct zt *z);

#define ZT_FINGERPRINT 25 /* bytes of a user's fingerprint: 3f2a-91bc-07de-55aa-10c3 */
struct zt_identity {
	const char *server, *slug, *org, *user, *device, *email;
	uint64_t log_size; /* of the verified trust log */
	char log_head[96]; /* as people read it to each other (zt_head_read) */
	char log_root[65],
	    fingerprint[ZT_FINGERPRINT]; /* of the user, to be read to colleagues */
	/* More than log_size: the server was restored from an older backup, and takes nothing
	 * new until zt_repair of other devices has brought back what came after it. */
	uint64_t log_marked;
};
/* Who this device is. The texts live as long as Z. */
void zt_whoami(const struct zt *z, struct zt_identity *out);
/* Fetches and verifies what is new in the trust log. Errors: NETWORK and the like; FORK,
 * ROLLBACK, PROOF, SIGNATURE: the server is not honest. */
ZT_CALL enum zt_err zt_sync(struct zt *z);
/* Checks every record of the local store. */
ZT_CALL enum zt_err zt_check_store(struct zt *z, uint64_t *records);
/* By which text from outside (names, addresses, labels, what a server says) is shown: a
 * terminal obeys nothing in it, and no character is unseen or turns its neighbours around; such
 * ones become \u{NNNN}, or in JSON what a JSON string has for them. zt_why is so already, and
 * showing it again changes nothing. */
enum zt_shown { ZT_SHOW_PLAIN, ZT_SHOW_JSON };
#define ZT_SHOWN 16 /* bytes that one character needs */
/* What stands for the first character of *TEXT, and its length; *TEXT is behind it then. 0: the
 * end. OUT is not terminated. */
size_t zt_show(const char **text, enum zt_shown how, char out[ZT_SHOWN]);
/* The library's version, such as "0.1.0". */
const char *zt_version(void);

#endif
