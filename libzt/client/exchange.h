/* exchange.h - one side of an exchange in which two humans compare codes, and the invitation
 * that it belongs to. */
#ifndef ZT_CLIENT_EXCHANGE_H
#define ZT_CLIENT_EXCHANGE_H

#include "client/client.h"
#include "trust/sas.h"
#include "zt/enrol.h"

struct exchange {
	struct calls *calls;
	struct id org, invitation, attempt;
	enum sas_side side;
	struct sas *sas;
	const struct zt_codes *codes;
	bool picked, was_there; /* WAS_THERE: the server has answered once */
	bool is_over; /* the other side began anew while a human here looked at codes */
	bool is_told; /* what was said cannot be taken back: leaving does not end the attempt */
	char detail[200];
};

/* Sets the sentence of the error; returns ERR. */
enum zt_err exchange_refuse(struct exchange *r, enum zt_err err, const char *why);
/* Steps up to LAST, with the humans between 3 and 4. CLEAR is what this side says at the end;
 * what the other says is appended to GOT. */
ZT_CHECKED enum zt_err exchange_walk(
    struct exchange *r, unsigned last, struct bytes clear, struct buf *got);
/* The claimer begins an attempt, from the folder HOME: one that a killed process of that folder
 * left is ended, or it would keep this one out. */
ZT_CHECKED enum zt_err exchange_begin(struct exchange *r, const char *home);
/* The greeter waits until somebody has begun an attempt. */
ZT_CHECKED enum zt_err exchange_await(struct exchange *r);
/* How many messages the attempt has. Errors: ABORTED, GONE. */
ZT_CHECKED enum zt_err exchange_look(struct exchange *r, size_t *count);
/* The secret from which it goes on behind the codes, in another process too. The caller frees.
 */
ZT_CHECKED enum zt_err exchange_keep(const struct exchange *r, struct secret **root);
/* Goes on from ROOT: STEP, 6 or 7, is next. */
ZT_CHECKED enum zt_err exchange_resume(
    struct exchange *r, const struct secret *root, unsigned step);
/* The claimer tells that it has and keeps what the greeter sent; a greeter that has gone, or a
 * server that does not listen, changes nothing. */
void exchange_fetched(struct exchange *r);
/* The greeter waits a little for that. */
bool exchange_await_fetched(struct exchange *r);
/* Burns the attempt, so that the other side does not wait for ever; nothing before one has
 * begun, or when this side IS_TOLD. */
void exchange_abort(struct exchange *r);

/* ---- invite.c ---- */
/* What an invitation is for stands in its id, which its author chose: no server can make one
 * of another kind of it. 0: of none. */
enum zt_invitation_kind invitation_kind(const struct id *invitation);
/* An invitation's id, given as such or as its link. Errors: INVALID. */
ZT_CHECKED enum zt_err invitation_of(struct zt *z, const char *text, struct id *out);
/* Ends it at the server, and remembers here how, so that no server can make it work again (J5).
 */
ZT_CHECKED enum zt_err invitation_end(struct zt *z, const struct id *invitation, bool accepted);
ZT_CHECKED enum zt_err invitation_note(
    struct zt *z, const struct id *invitation, const char *how);

#endif
