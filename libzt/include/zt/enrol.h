/* zt/enrol.h - how people and devices join: an invitation, then codes that two humans compare.
 */
#ifndef ZT_ENROL_H
#define ZT_ENROL_H

#include "zt/zt.h"

enum zt_invitation_kind { ZT_INVITE_USER = 1, ZT_INVITE_DEVICE = 2, ZT_INVITE_RECOVERY = 3 };

struct zt_invitation {
	const char *id, *kind, *state; /* user, device, recovery; open, accepted, cancelled */
	const char *author;            /* the id of the device that made it */
	uint64_t created;
};
/* Makes an invitation; LINK[1024] is what the newcomer is given. */
ZT_CALL enum zt_err zt_invite(struct zt *z, enum zt_invitation_kind kind, char *link);
/* Lets the server send the invitation LINK (of a person) to EMAIL, if its operator has set a
 * mail relay. The server learns the address. Errors: METHOD (it sends no mail), INVALID,
 * UNAVAILABLE (what the relay said), GONE. */
ZT_CALL enum zt_err zt_invite_mail(struct zt *z, const char *link, const char *email);
ZT_CALL enum zt_err zt_invitations(
    struct zt *z, void (*each)(void *ctx, const struct zt_invitation *i), void *ctx);
ZT_CALL enum zt_err zt_invite_cancel(struct zt *z, const char *id);

enum { ZT_PICK_NONE = -1, ZT_PICK_LEFT = -2 };
/* The human's part. */
struct zt_codes {
	void *ctx;
	/* Show CODE to the human, who reads it to the other side. */
	void (*show)(void *ctx, const char *code);
	/* The human picks, out of four, the code that the other screen shows; ZT_PICK_NONE: it
	 * is none of them; ZT_PICK_LEFT: they did not look. While the human takes their time,
	 * RUNS(ARG) may be asked, about once a second, whether the other side is still there.
	 */
	int (*pick)(
	    void *ctx, const char *const choices[4], bool (*runs)(void *arg), void *arg);
	/* The greeter's last word: this person, with this e-mail, name and device? DOUBT is ""
	 * or a sentence why to look twice at the address. For a new user *PROFILE is "standard"
	 * and may be changed to "admin" or "outsider"; for another device of the greeter's own
	 * user it is NULL. */
	bool (*accept)(void *ctx, const char *email, const char *name, const char *device,
	    const char *doubt, const char **profile);
	/* A colleague's last word for an invitation to recover: is it this user who asks? */
	bool (*help)(void *ctx, const char *email, const char *name, const char *device);
	/* Called while waiting for the other side; true stops. */
	bool (*waiting)(void *ctx);
};
/* Whom a greeting was of. */
struct zt_greeted {
	char email[260];
	/* They say that they have what they need. Otherwise they went away meanwhile: they
	 * fetch it with the same link. */
	bool is_fetched;
};
/* The inviting side. LINK or the invitation's id. Returns when the newcomer is in, or was given
 * this user's part of their recovery secret; OUT may be NULL. Called again after it ended in
 * the middle, it goes on; a newcomer who begins again while a human looks at codes is met
 * again. While the other side or a human is waited for, other processes may use the state
 * folder. Errors: CODES (the attempt is burnt), GONE, ABORTED (the other side stopped; call
 * again), INTERRUPTED. */
ZT_CALL enum zt_err zt_greet(
    struct zt *z, const char *link, const struct zt_codes *codes, struct zt_greeted *out);

struct zt_claim {
	const char *link, *email, *name, *device_label;
};
/* The newcomer's side: makes the device in O->home. Its keys are kept there, under the same
 * password, before it asks: called again with the same link after it ended in the middle, it
 * fetches the answer. Errors: as zt_greet; INVALID (what it says of itself); PASSWORD (of what
 * is kept there); ROOT (the server showed another organization than the greeter vouched for),
 * EXISTS. When it succeeds WHY is
 * "", or a warning: the greeter told a false name of a colleague. */
ZT_CALL enum zt_err zt_claim(const struct zt_options *o, const struct zt_claim *c,
    const struct zt_codes *codes, char *why);

/* Whether HOME keeps what zt_claim or zt_recover had begun there. */
ZT_CALL bool zt_is_joining(const char *home);

#endif
