/* zt/recover.h - ways back for a user whose devices are all lost. */
#ifndef ZT_RECOVER_H
#define ZT_RECOVER_H

#include "zt/enrol.h"
#include "zt/org.h"

#define ZT_RECOVERY_WORDS 256 /* bytes that the words need */

/* Adds a recovery device to this user, and renews the user's key so that the log seals it to
 * that device too. WORDS are all that it is: they are shown once, written on paper, and kept
 * nowhere. */
ZT_CALL enum zt_err zt_recovery_create(struct zt *z, char words[ZT_RECOVERY_WORDS]);
/* Once the newest words are on paper: those of before bring nobody back any more. *ENDED of
 * them. */
ZT_CALL enum zt_err zt_recovery_end_older(struct zt *z, unsigned *ended);

struct zt_split {
	const char *const *users; /* COUNT colleagues: e-mails or ids */
	unsigned count, need;     /* any NEED (at least 2) of them; fewer know nothing */
	bool keep;                /* earlier splits stay good */
};
/* Leaves parts of a recovery secret with colleagues. Earlier splits end (their recovery devices
 * are revoked) unless they are to be kept; *ENDED of them (or NULL). */
ZT_CALL enum zt_err zt_recovery_colleagues(
    struct zt *z, const struct zt_split *split, unsigned *ended);

/* A way back that this user has: words on paper, or a split. */
struct zt_way {
	const char *device;  /* the recovery device's id: zt_device_revoke ends the way */
	unsigned need;       /* 0: words on paper */
	const char *helpers; /* their addresses, or ids */
	const char *gone;    /* those who were revoked since, with their parts; "" */
	uint64_t added;      /* milliseconds since 1970; 0: not known */
};
/* From the log as it was last verified. */
ZT_CALL enum zt_err zt_ways_back(
    struct zt *z, void (*each)(void *ctx, const struct zt_way *w), void *ctx);

/* Whom a recovery is about to bring back. */
struct zt_returning {
	struct zt_person person;
	unsigned devices; /* live ones, of all kinds but recovery devices */
	unsigned need;    /* helpers that this user had asked for; 0: by words */
	const char *const *workspaces;
	unsigned workspace_count;
};

struct zt_recovery {
	const char *device_label;   /* of the device that this becomes */
	const char *server, *words; /* with words on paper */
	/* Or with colleagues: each has made an invitation (ZT_INVITE_RECOVERY) and runs
	 * zt_greet; codes are compared with each in turn. */
	const char *const *links;
	unsigned link_count;
	const char *email; /* of the user who comes back; NULL with words: whoever's they are */
	const struct zt_codes *codes;
	/* A human's last word, before anything is made: is this you? With words it may be
	 * NULL. */
	bool (*confirm)(void *ctx, const struct zt_returning *who);
	void *ctx;
};
/* Makes O->home a new device of the user who had prepared for it. Errors: CORRUPT (the words
 * are not those that were printed), EXISTS (a device is there), WHO (it is another user's
 * way back than EMAIL's, or the human says no), UNKNOWN_DEVICE, REVOKED, KEY
 * (the colleagues' parts are too few, or do not fit), and as zt_claim. */
ZT_CALL enum zt_err zt_recover(
    const struct zt_options *o, const struct zt_recovery *r, char *why);

#endif
