/* SPDX-License-Identifier: Apache-2.0 */
/* exchange.h - one side of an exchange in which two humans compare codes, and its
 * invitation. */
#ifndef ZT_RECOVERY_EXCHANGE_H
#define ZT_RECOVERY_EXCHANGE_H

#include "session/session.h"
#include "trust/sas.h"
#include "zt/enrol.h"

struct exchange {
	struct calls *calls;
	struct id org, invitation, attempt;
	enum sas_side side;
	struct sas *sas;
	const struct zt_codes *codes;
	bool picked, was_there; /* WAS_THERE: the server has answered once */
	bool is_unsure;         /* a message was sent, and nobody knows whether it arrived */
	bool is_over; /* the other side restarted while a human here looked at codes */
	bool is_told; /* our message is final: leaving does not end the attempt */
	char detail[200];
};

/* Sets the sentence of the error; returns ERR. */
enum zt_err exchange_refuse(struct exchange *r, enum zt_err err, const char *message);
/* Runs the steps up to LAST; the humans compare codes between 3 and 4. CLEAR: our final
 * message; the peer's is appended to GOT. */
ZT_CHECKED enum zt_err exchange_walk(
    struct exchange *r, unsigned last, struct bytes clear, struct buf *got);
/* The claimer starts an attempt from the folder HOME, and ends one that an earlier try left
 * there, which would block this one. Errors: those of the call that ends it: its note stays. */
ZT_CHECKED enum zt_err exchange_begin(struct exchange *r, const char *home);
/* The greeter waits until a claimer has started an attempt. */
ZT_CHECKED enum zt_err exchange_await(struct exchange *r);
/* Sets *COUNT to the messages of the attempt. Errors: ABORTED, GONE. */
ZT_CHECKED enum zt_err exchange_look(struct exchange *r, size_t *count);
/* The secret that exchange_resume needs after the codes, in another process too. The caller
 * frees *ROOT. */
ZT_CHECKED enum zt_err exchange_keep(const struct exchange *r, struct secret **root);
/* Resumes from ROOT at STEP, 6 or 7. */
ZT_CHECKED enum zt_err exchange_resume(
    struct exchange *r, const struct secret *root, unsigned step);
/* The claimer confirms that it has stored the greeter's message. Ignores errors: the greeter
 * or the server may be away. */
void exchange_fetched(struct exchange *r);
/* The greeter waits a little for the confirmation. Returns whether it arrived. */
bool exchange_await_fetched(struct exchange *r);
/* Ends the attempt, so that the other side does not wait without an end. No-op before an
 * attempt, or when this side IS_TOLD. */
void exchange_abort(struct exchange *r);
/* The claimer's one way out of an attempt that HOME has noted, and that ended with ERR: aborts
 * it where ERR is an error. Its note stays while a message of it may come to the server behind
 * the abort, and would begin it again: the next try ends it. */
void exchange_leave(struct exchange *r, const char *home, enum zt_err err);

#endif
