/* SPDX-License-Identifier: Apache-2.0 */
/* zt/enrol.h - enrolment of people and devices: an invitation, then codes that two humans
 * compare. */
#ifndef ZT_ENROL_H
#define ZT_ENROL_H

#include "zt/zt.h"

#ifdef __cplusplus
extern "C" {
#endif

enum zt_invitation_kind { ZT_INVITE_USER = 1, ZT_INVITE_DEVICE = 2, ZT_INVITE_RECOVERY = 3 };

struct zt_invitation {
	const char *id, *kind, *state; /* user, device, recovery; open, accepted, cancelled */
	const char *author;            /* id of the inviting device */
	uint64_t created;
};
/* Makes an invitation. LINK: 1024 bytes, receives the link for the newcomer. */
ZT_CALL enum zt_err zt_invite(struct zt *z, enum zt_invitation_kind kind, char *link);
/* Asks the server to send LINK, an invitation of a person, to EMAIL. The server learns the
 * address. Errors: METHOD (the server has no mail relay), INVALID, UNAVAILABLE (the relay's
 * reason), GONE. */
ZT_CALL enum zt_err zt_invite_mail(struct zt *z, const char *link, const char *email);
ZT_CALL enum zt_err zt_invitations(
    struct zt *z, void (*each)(void *ctx, const struct zt_invitation *i), void *ctx);
ZT_CALL enum zt_err zt_invite_cancel(struct zt *z, const char *id);

enum { ZT_PICK_NONE = -1, ZT_PICK_LEFT = -2 };
/* Callbacks to the human. */
struct zt_codes {
	void *ctx;
	/* Show CODE to the human, who reads it to the other side. */
	void (*show)(void *ctx, const char *code);
	/* Returns the index of the code (of four) that the other screen shows; ZT_PICK_NONE:
	 * none of them; ZT_PICK_LEFT: the human did not look. While the human decides, call
	 * RUNS(ARG) about once a second to check that the other side is still there. */
	int (*pick)(
	    void *ctx, const char *const choices[4], bool (*runs)(void *arg), void *arg);
	/* The greeter's decision: accept this person with this e-mail, name and device? DOUBT
	 * is "" or a warning about the address. For a new user *PROFILE is "standard" and may
	 * be changed to "admin" or "outsider"; for another device of the greeter's own user it
	 * is NULL. */
	bool (*accept)(void *ctx, const char *email, const char *name, const char *device,
	    const char *doubt, const char **profile);
	/* A colleague's decision for an invitation to recover: is this user asking? */
	bool (*help)(void *ctx, const char *email, const char *name, const char *device);
	/* Called while waiting for the other side; return true to stop. */
	bool (*waiting)(void *ctx);
};
/* The newcomer of a finished greeting. */
struct zt_greeted {
	char email[260];
	/* The newcomer confirmed that they received their data. Else they disconnected before:
	 * they fetch it later with the same link. */
	bool is_fetched;
};
/* The inviting side. LINK: a link or an invitation id. Returns once the newcomer is enrolled,
 * or has this user's part of their recovery secret. OUT may be NULL. After an interruption, a
 * second call continues. A newcomer who restarts while a human looks at codes is greeted
 * again. While it waits, other processes may use the state folder. Errors: CODES (this attempt
 * is over), GONE, ABORTED (the other side stopped; call again), DECLINED (the human refused),
 * INTERRUPTED. */
ZT_CALL enum zt_err zt_greet(
    struct zt *z, const char *link, const struct zt_codes *codes, struct zt_greeted *out);

struct zt_claim {
	const char *link, *email, *name, *device_label;
};
/* The newcomer's side: makes the device in O->home. Stores its keys there first, under the
 * same password: after an interruption, a second call with the same link fetches the answer.
 * MESSAGE: 256 bytes; after success "", or a warning that the greeter gave a false name of a
 * colleague. Errors: as zt_greet; INVALID (the newcomer's texts), PASSWORD (of the stored
 * keys), ROOT (the server showed another organization than the greeter vouched for),
 * EXISTS. */
ZT_CALL enum zt_err zt_claim(const struct zt_options *o, const struct zt_claim *c,
    const struct zt_codes *codes, char *message);

/* Whether LINK is written as an invitation link is. Whether it is valid, the server knows. */
ZT_CALL bool zt_is_link(const char *link);
/* Whether HOME holds an unfinished zt_claim or zt_recover. */
ZT_CALL bool zt_is_joining(const char *home);

#ifdef __cplusplus
}
#endif

#endif
