/* SPDX-License-Identifier: Apache-2.0 */
/* exchange.c - the exchange of trust/sas.h carried through the server. A side that ends
 * starts a new attempt of the same invitation when it returns. */
#include "recovery/exchange.h"

#include <stdio.h>
#include <time.h>

#include "base/stop.h"
#include "crypto/suite.h"
#include "format/limits.h"
#include "format/pb.h"
#include "proto/auth.pb-c.h"
#include "session/session.h"
#include "store/joining_file.h"

/* A side that waits asks soon at first: the other one's program answers at once, its human
 * takes longer. */
enum { WAIT_MIN_MS = 15, WAIT_MS = 250, FETCHED_MS = 10000, AWAY_MS = 60000, AGAIN_MS = 1000 };
/* What a call says besides its message. */
enum talk { TALK, TALK_ABORT, TALK_FETCHED };

static const char stopped_there[] =
    N_("the other side stopped, or began again: both can try again with the same link");

enum zt_err
exchange_refuse(struct exchange *r, enum zt_err err, const char *message)
{
	(void)snprintf(r->detail, sizeof r->detail, "%s", message);
	return err;
}

/* One call: puts MESSAGE when it is not empty, and brings the attempt's messages. */
static enum zt_err
talk_once(struct exchange *r, struct bytes message, unsigned step, enum talk what,
    Zt__ExchangeAnswer **out)
{
	struct route_params p = { .org = r->org, .id = r->invitation };
	Zt__ExchangePut m = ZT__EXCHANGE_PUT__INIT;
	struct buf body = buf_init(LIMIT_EXCHANGE + 4096),
		   answer = buf_init(2 * LIMIT_EXCHANGE);
	enum zt_err err;

	if (!id_is_zero(&r->attempt))
		m.attempt = pb_field(r->attempt.b, ID_BYTES);
	m.step = step;
	m.message = pb_field(message.p, message.n);
	m.abort = what == TALK_ABORT;
	m.fetched = what == TALK_FETCHED;
	r->is_unsure |= message.n > 0;
	if ((err = pb_encode(&m, &body)) == ZT_OK &&
	    (err = calls_run(r->calls, r->side == SAS_GREETER ? ROUTE_GREET : ROUTE_CLAIM, &p,
		 NULL, buf_bytes(&body), &answer, r->detail)) == ZT_OK)
		err = pb_decode(&zt__exchange_answer__descriptor, buf_bytes(&answer),
		    2 * LIMIT_EXCHANGE, out);
	/* A server that was never reached has nothing. */
	if (message.n > 0 && (!err_retry(err) || (err == ZT_ERR_NETWORK && !r->was_there)))
		r->is_unsure = false;
	buf_free(&body);
	buf_free(&answer);
	return err;
}

/* Ends early when R is to stop. */
static void
pause_ms(const struct exchange *r, int ms)
{
	const int *stop = calls_stop(r->calls);

	while (ms > 0 && !stop_is_set(stop)) {
		int part = stop_wait(stop, ms);
		struct timespec t = { part / 1000, part % 1000 * 1000000L };

		(void)nanosleep(&t, NULL);
		ms -= part;
	}
}

static int
longer(int ms)
{
	return 2 * ms < WAIT_MS ? 2 * ms : WAIT_MS;
}

static bool
is_stopped(struct exchange *r)
{
	return stop_is_set(calls_stop(r->calls)) ||
	       (r->codes->waiting != NULL && r->codes->waiting(r->codes->ctx));
}

/* Between two people who compare codes a server that is away for a little, and was there
 * before, is waited for. */
static enum zt_err
talk(struct exchange *r, struct bytes message, unsigned step, enum talk what,
    Zt__ExchangeAnswer **out)
{
	enum zt_err err = talk_once(r, message, step, what, out);

	for (int ms = 0; (err == ZT_ERR_NETWORK || err == ZT_ERR_UNAVAILABLE ||
			     err == ZT_ERR_TIMEOUT || err == ZT_ERR_DATABASE) &&
			 r->was_there && ms < AWAY_MS && !is_stopped(r);
	     ms += AGAIN_MS) {
		pause_ms(r, AGAIN_MS);
		err = talk_once(r, message, step, what, out);
	}
	r->was_there |= err == ZT_OK;
	return err;
}

/* Of an attempt that the server does not have, it says so. */
static enum zt_err
abort_attempt(struct exchange *r)
{
	Zt__ExchangeAnswer *a = NULL;
	const int *stop = calls_stop(r->calls);
	enum zt_err err;

	calls_heed(r->calls, NULL); /* or a cancel could not be sent */
	if ((err = talk_once(r, bytes_of(NULL, 0), 0, TALK_ABORT, &a)) == ZT_OK)
		pb_free(a);
	calls_heed(r->calls, stop);
	return err;
}

void
exchange_abort(struct exchange *r)
{
	char message[sizeof r->detail];

	/* a server that cannot be reached by this command knows nothing */
	if (r->calls == NULL || id_is_zero(&r->attempt) || r->is_told)
		return;
	memcpy(message, r->detail, sizeof message);
	(void)!abort_attempt(r);
	memcpy(r->detail, message, sizeof message); /* of what ended it */
}

void
exchange_fetched(struct exchange *r)
{
	Zt__ExchangeAnswer *a = NULL;

	if (talk_once(r, bytes_of(NULL, 0), 0, TALK_FETCHED, &a) == ZT_OK)
		pb_free(a);
	r->detail[0] = 0;
}

bool
exchange_await_fetched(struct exchange *r)
{
	bool is = false, is_left;

	for (int ms = 0, wait = WAIT_MIN_MS; !is && ms < FETCHED_MS;
	     ms += wait, wait = longer(wait)) {
		Zt__ExchangeAnswer *a = NULL;

		if (talk(r, bytes_of(NULL, 0), 0, TALK, &a))
			break;
		is = a->fetched;
		is_left = a->aborted; /* it could not keep what it got */
		pb_free(a);
		if (!is && (is_left || is_stopped(r)))
			break;
		if (!is)
			pause_ms(r, wait);
	}
	r->detail[0] = 0;
	return is;
}

enum zt_err
exchange_look(struct exchange *r, size_t *count)
{
	Zt__ExchangeAnswer *a = NULL;
	enum zt_err err = talk(r, bytes_of(NULL, 0), 0, TALK, &a);

	if (err == ZT_OK && a->aborted)
		err = exchange_refuse(r, ZT_ERR_ABORTED, stopped_there);
	else if (err == ZT_OK)
		*count = a->n_messages;
	pb_free(a);
	return err;
}

enum zt_err
exchange_keep(const struct exchange *r, struct secret **root)
{
	return sas_keep(r->sas, root);
}

enum zt_err
exchange_resume(struct exchange *r, const struct secret *root, unsigned step)
{
	r->picked = true;
	return sas_resume(r->side, &r->org, &r->invitation, &r->attempt, root, step, &r->sas);
}

/* For *MS, which is longer the next time. */
static enum zt_err
pause_a_little(struct exchange *r, int *ms)
{
	if (is_stopped(r))
		return exchange_refuse(
		    r, ZT_ERR_INTERRUPTED, "stopped while waiting for the other side");
	pause_ms(r, *ms);
	*ms = longer(*ms);
	return ZT_OK;
}

enum zt_err
exchange_begin(struct exchange *r, const char *home)
{
	static const struct id none;
	enum zt_err err;

	if (joining_file_noted_attempt(home, &r->invitation, &r->attempt) &&
	    (err = abort_attempt(r)) != ZT_OK && err_retry(err)) {
		r->attempt = none;
		return err;
	}
	random_bytes(r->attempt.b, ID_BYTES);
	if ((err = joining_file_note_attempt(home, &r->invitation, &r->attempt)))
		return err;
	return sas_new(r->side, &r->org, &r->invitation, &r->attempt, &r->sas);
}

void
exchange_leave(struct exchange *r, const char *home, enum zt_err err)
{
	struct id noted;

	if (err)
		exchange_abort(r);
	if ((err == ZT_OK || !r->is_unsure) &&
	    joining_file_noted_attempt(home, &r->invitation, &noted) &&
	    id_equal(&noted, &r->attempt))
		joining_file_end_attempt(home, &r->invitation);
}

/* For the human's program, while the human takes their time. */
static bool
runs(void *arg)
{
	struct exchange *r = arg;
	size_t count;

	r->is_over |= exchange_look(r, &count) == ZT_ERR_ABORTED;
	return !r->is_over;
}

/* Both humans look: shows this side's code and asks for the other's. */
static enum zt_err
compare_codes(struct exchange *r)
{
	char mine[SAS_CODE], text[SAS_CHOICES][SAS_CODE];
	const char *choices[SAS_CHOICES];
	int picked;
	enum zt_err err;

	if ((err = sas_my_code(r->sas, mine)) || (err = sas_choices(r->sas, text)))
		return err;
	for (size_t i = 0; i < SAS_CHOICES; i++)
		choices[i] = text[i];
	r->codes->show(r->codes->ctx, mine);
	picked = r->codes->pick(r->codes->ctx, choices, runs, r);
	if (picked == ZT_PICK_LEFT && r->is_over)
		return exchange_refuse(r, ZT_ERR_ABORTED, stopped_there);
	if (picked == ZT_PICK_LEFT)
		return exchange_refuse(
		    r, ZT_ERR_INTERRUPTED, "left before the codes were compared");
	err = sas_pick(r->sas, picked >= 0 && picked < SAS_CHOICES ? text[picked] : "");
	if (err)
		return exchange_refuse(r, ZT_ERR_CODES,
		    picked == ZT_PICK_NONE
			? N_("none of the codes was the other side's: both can compare again "
			     "with the same link")
			: N_("that is not the code of the other side: both can compare again "
			     "with the same link"));
	r->picked = true;
	return ZT_OK;
}

/* Sends this side's next message. Where somebody else's attempt runs, a newcomer's first one
 * waits until it has ended. */
static enum zt_err
send_step(struct exchange *r, struct bytes clear)
{
	struct buf message = buf_init(LIMIT_EXCHANGE + 1024);
	unsigned step = sas_step(r->sas);
	bool waits = true;
	int ms = WAIT_MIN_MS;
	enum zt_err err = sas_send(r->sas, clear, &message);

	while (err == ZT_OK && waits) {
		Zt__ExchangeAnswer *a = NULL;

		if ((err = talk(r, buf_bytes(&message), step, TALK, &a)))
			break;
		waits = a->busy;
		if (a->aborted)
			err = exchange_refuse(r, ZT_ERR_ABORTED, stopped_there);
		else if (waits)
			err = pause_a_little(r, &ms);
		pb_free(a);
	}
	buf_free(&message);
	return err;
}

/* Waits for the other side's next message. */
static enum zt_err
receive_step(struct exchange *r, struct buf *clear)
{
	unsigned step = sas_step(r->sas);
	int ms = WAIT_MIN_MS;
	enum zt_err err = ZT_OK;

	while (err == ZT_OK) {
		Zt__ExchangeAnswer *a = NULL;

		if ((err = talk(r, bytes_of(NULL, 0), 0, TALK, &a)))
			break;
		if (a->aborted) {
			err = exchange_refuse(r, ZT_ERR_ABORTED,
			    step == SAS_STEPS - 1 && r->side == SAS_CLAIMER
				? "the other side did not accept you, or left before it "
				  "answered: ask them; the same link can be tried again"
				: stopped_there);
		} else if (a->n_messages > step) {
			err = sas_receive(r->sas, pb_bytes(a->messages[step]), clear);
			pb_free(a);
			if (err) {
				return exchange_refuse(r,
				    err == ZT_ERR_CORRUPT ? ZT_ERR_ABORTED : err,
				    "the exchange was disturbed: a message does not fit those "
				    "before it");
			}
			return ZT_OK;
		} else {
			err = pause_a_little(r, &ms);
		}
		pb_free(a);
	}
	return err;
}

/* Steps up to LAST, with the humans between 3 and 4. */
enum zt_err
exchange_walk(struct exchange *r, unsigned last, struct bytes clear, struct buf *got)
{
	enum zt_err err = ZT_OK;

	while (err == ZT_OK && sas_step(r->sas) < last) {
		if (sas_step(r->sas) >= 4 && !r->picked && (err = compare_codes(r)))
			break;
		err = sas_is_my_turn(r->sas) ? send_step(r, clear) : receive_step(r, got);
	}
	return err;
}

/* An attempt that a process of this side took up, and left, is of no use to anybody: the
 * newcomer gets an error, and begins another. */
enum zt_err
exchange_await(struct exchange *r)
{
	static const struct id none;
	int ms = WAIT_MIN_MS;
	enum zt_err err;

	for (;;) {
		Zt__ExchangeAnswer *a = NULL;
		size_t count;

		r->attempt = none;
		if ((err = talk(r, bytes_of(NULL, 0), 0, TALK, &a)))
			return err;
		count = pb_id(a->attempt, &r->attempt) == ZT_OK ? a->n_messages : 0;
		pb_free(a);
		if (count == 1)
			return ZT_OK;
		if (count > 1)
			exchange_abort(r);
		if ((err = pause_a_little(r, &ms)))
			return err;
	}
}
