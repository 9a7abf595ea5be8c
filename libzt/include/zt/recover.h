/* SPDX-License-Identifier: Apache-2.0 */
/* zt/recover.h - recovery of a user whose devices are all lost. */
#ifndef ZT_RECOVER_H
#define ZT_RECOVER_H

#include "zt/enrol.h"
#include "zt/org.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ZT_RECOVERY_WORDS 512 /* bytes that the words need */

/* The list of BIP-39 that words are printed from. zt_recover reads both. */
enum zt_words { ZT_WORDS_ENGLISH, ZT_WORDS_FRENCH };

/* Adds a recovery device to this user, and rotates the user's key to seal it to that device.
 * WORDS are its whole secret, 36 words of LANGUAGE in UTF-8 with a space between them: show
 * them once, to be written on paper; zt stores them nowhere. */
ZT_CALL enum zt_err zt_recovery_create(
    struct zt *z, enum zt_words language, char words[ZT_RECOVERY_WORDS]);
/* Revokes the recovery devices of older words, once the newest words are on paper. *ENDED of
 * them. */
ZT_CALL enum zt_err zt_recovery_end_older(struct zt *z, unsigned *ended);

struct zt_split {
	const char *const *users; /* COUNT colleagues: e-mails or ids */
	unsigned count, need;     /* any NEED (at least 2) of them suffice; fewer learn
				   * nothing */
	bool keep;                /* keep earlier splits valid */
};
/* Gives parts of a recovery secret to colleagues. Revokes the recovery devices of earlier
 * splits unless KEEP; *ENDED of them (may be NULL). */
ZT_CALL enum zt_err zt_recovery_colleagues(
    struct zt *z, const struct zt_split *split, unsigned *ended);

/* A recovery device of this user: by words on paper, or by a split. */
struct zt_way {
	const char *device;  /* its id: zt_device_revoke ends it */
	unsigned need;       /* 0: words on paper */
	const char *helpers; /* their addresses, or ids */
	const char *gone;    /* helpers that were revoked since, with their parts; "" */
	uint64_t added;      /* milliseconds since 1970; 0: not known */
};
/* Lists them, from the log as last verified. */
ZT_CALL enum zt_err zt_ways_back(
    struct zt *z, void (*each)(void *ctx, const struct zt_way *w), void *ctx);

/* The user that a recovery is about to restore. */
struct zt_returning {
	struct zt_person person;
	unsigned devices; /* live ones, of all kinds but recovery devices */
	unsigned need;    /* helpers that this user had required; 0: by words */
	const char *const *workspaces;
	unsigned workspace_count;
};

struct zt_recovery {
	const char *device_label;   /* of the new device */
	const char *server, *words; /* with words on paper, as they were typed */
	/* Or with colleagues: each has made an invitation (ZT_INVITE_RECOVERY) and runs
	 * zt_greet; codes are compared with each in turn. */
	const char *const *links;
	unsigned link_count;
	const char *email; /* the user's; with words it may be NULL: the words decide */
	const struct zt_codes *codes;
	/* The human's decision before anything is made: is this you? With words it may be
	 * NULL. */
	bool (*confirm)(void *ctx, const struct zt_returning *who);
	void *ctx;
};
/* Makes O->home a new device of a user who has a recovery device. MESSAGE: 256 bytes. Errors:
 * CORRUPT (misspelt words), EXISTS (O->home has a device), WHO (the recovery device is not
 * EMAIL's), DECLINED (the human refused), UNKNOWN_DEVICE, REVOKED, KEY (the colleagues' parts
 * are too few, or do not fit), and as zt_claim. */
ZT_CALL enum zt_err zt_recover(
    const struct zt_options *o, const struct zt_recovery *r, char *message);

#ifdef __cplusplus
}
#endif

#endif
