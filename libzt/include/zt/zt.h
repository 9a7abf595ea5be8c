/* SPDX-License-Identifier: Apache-2.0 */
/* zt/zt.h - the client library of zt: all cryptography and all verification happen in it.
 *
 * Conventions. Every call that can fail returns enum zt_err; a failing call leaves its outputs
 * untouched, and zt_error_message() gives a sentence about it. Texts are UTF-8 and borrowed
 * unless a comment says otherwise. Sizes are bytes, times milliseconds since 1970 UTC. Ids are
 * 32 hexadecimal digits. A struct zt belongs to one thread at a time; callbacks run on the
 * caller's thread, inside the call, and must not call zt again. Its own threads block all
 * signals. After fork the child has no use of it, but to exec. SIGPIPE is the program's to
 * ignore. Any call can be cancelled (zt/cancel.h). A struct that zt hands to a callback may
 * grow at its end; one that callers fill may not while the library is libzt.so.0. */
#ifndef ZT_H
#define ZT_H

#include <stddef.h>
#include <stdint.h>

#include "zt/err.h"
#include "zt/version.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ZT_CALL ZT_API __attribute__((warn_unused_result))

struct zt; /* one device, unlocked */
struct zt_cancel;

/* Long work within calls that have no progress callback of their own. */
enum zt_work { ZT_WORK_VERIFY_LOG, ZT_WORK_VERIFY_HISTORY, ZT_WORK_WRAP_KEYS };

/* Maximum bytes of a password. UTF-8 is brought to normal form C, so that every keyboard gives
 * the same key; other bytes are used as they are. */
#define ZT_PASSWORD_MAX 1023

struct zt_options {
	const char *home; /* the device's state folder */
	/* Its protection; wiped by the caller. NULL: zt_unlock (protect.h) was called in this
	 * login session. */
	const char *password;
	const char *ca_file; /* PEM of the server's authority; NULL: the system's */
	/* Allows http:// to other machines. Anybody on the network path can then read names
	 * and addresses, and change what no signature covers. */
	bool in_clear;
	/* zt_get replaces local files that zt did not write, or that were changed since. */
	bool overwrite;
	/* zt_get writes such files beside the local ones, under a name that marks them. */
	bool keep_both;
	/* zt_put reads every file, instead of trusting size and time to detect changes. */
	bool checksum;
	/* zt_put sends every file, as a new version, also what the workspace holds already: for
	 * content that the servers lost or damaged. */
	bool resend;
	/* Ends calls with INTERRUPTED (zt/cancel.h). NULL: never. */
	const struct zt_cancel *cancel;
	/* The library's sentences as the program shows them: in another language, or with
	 * advice on what a person can do in this program. Returns a text with the same printf
	 * directives, which lives as long as the handle, or ENGLISH. NULL: English. */
	const char *(*translate)(const char *english);
	/* Progress of long work (zt_work): called now and then, and once at the end. May be
	 * NULL. */
	void (*progress)(void *ctx, enum zt_work what, uint64_t done, uint64_t total);
	void *progress_ctx;
	/* Called for each damaged object of a workspace: a member damaged it, or the servers
	 * lost it. zt reads an older version where one opens, and continues; calls that only
	 * read then end with an error. May be NULL. */
	void (*damaged)(void *ctx, const char *path, const char *what);
	void *damaged_ctx;
};

/* Unlocks the device in O->home. The caller closes *OUT. MESSAGE, when not NULL, is a sentence
 * of 256 bytes. Errors: NOT_FOUND (no device there), PASSWORD, WEAK, LOCKED, STORE. */
ZT_CALL enum zt_err zt_open(const struct zt_options *o, struct zt **out, char *message);
/* Another handle of OF's device, for another thread: each belongs to one thread, and each is
 * closed. No password is needed; O's home, password, ca_file and in_clear are not looked at.
 * On OF's thread, between its calls. Handles take turns call by call, except that
 * zt_reader_read and zt_writer_write, _read and _truncate wait for nobody, and that zt_watch,
 * zt_greet, zt_verify and zt_log_verify let others in meanwhile; each sees what the others did.
 * Errors: MEMORY, STORE, INTERRUPTED, with OF's sentence. */
ZT_CALL enum zt_err zt_open_again(struct zt *of, const struct zt_options *o, struct zt **out);
/* Between calls, from now on, other processes may have Z's state folder, which Z else keeps
 * until it is closed: for a program that waits for a person, or for a stream. Calls that take
 * the device then may end with LOCKED, and can be made again. */
ZT_API void zt_lend(struct zt *z);
/* Wipes all keys from memory. NULL is nothing. */
ZT_API void zt_close(struct zt *z);
/* The sentence about the last error of Z; "" when there is none. Lives until the next call. */
ZT_API const char *zt_error_message(const struct zt *z);

#define ZT_FINGERPRINT 25 /* bytes of a user's fingerprint: 3f2a-91bc-07de-55aa-10c3 */
struct zt_identity {
	const char *server, *slug, *org, *user, *device, *email;
	uint64_t log_size; /* of the verified trust log */
	char log_head[96]; /* in the form that people read to each other (zt_head_read) */
	char log_root[65],
	    fingerprint[ZT_FINGERPRINT]; /* of the user, to be read to colleagues */
	/* If more than log_size: the server was restored from an older backup, and refuses new
	 * entries until zt_repair on other devices has restored the missing ones. */
	uint64_t log_marked;
};
/* This device's identity. The texts live as long as Z. */
ZT_API void zt_whoami(const struct zt *z, struct zt_identity *out);
/* Fetches and verifies new entries of the trust log. Errors: NETWORK and the like; FORK,
 * ROLLBACK, PROOF, SIGNATURE: the server is dishonest. */
ZT_CALL enum zt_err zt_sync(struct zt *z);
/* Checks every record of the local store. */
ZT_CALL enum zt_err zt_check_store(struct zt *z, uint64_t *records);
/* The library's version, such as "0.1.0". */
ZT_API const char *zt_version(void);

#ifdef __cplusplus
}
#endif

#endif
