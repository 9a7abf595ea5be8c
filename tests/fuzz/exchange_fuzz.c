/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The enrolment exchange: messages of the other side, each behind its length; and both sides,
 * with a server in between that alters what it passes on. */
#include "fuzz.h"

#include "base/wire.h"
#include "format/limits.h"
#include "trust/sas.h"

static void
play(enum sas_side side, struct bytes in)
{
	static const struct id id = { { 'x' } };
	struct wire_reader r = wire_read(in);
	struct buf out = buf_init(LIMIT_EXCHANGE), clear = buf_init(LIMIT_EXCHANGE);
	struct sas *s = NULL;
	char choices[SAS_CHOICES][SAS_CODE];
	enum zt_err err = ZT_OK;

	if (sas_new(side, &id, &id, &id, &s))
		abort();
	while (err == ZT_OK && sas_step(s) < SAS_STEPS && !r.bad) {
		if (sas_step(s) == 4 && sas_choices(s, choices) == ZT_OK)
			(void)!sas_pick(s, choices[0]);
		if (sas_is_my_turn(s))
			err = sas_send(s, bytes_of(NULL, 0), &out);
		else
			err = sas_receive(s, wire_span(&r, wire_u16(&r)), &clear);
	}
	fuzz_demand(sas_step(s) < SAS_STEPS); /* nobody guesses a MAC */
	sas_free(s);
	buf_free(&out);
	buf_free(&clear);
}

/* Passes MESSAGE on as the input says: as it is, with a byte altered, shorter, or longer, which
 * may still say the same. Whether it certainly does not. */
static bool
alter(struct wire_reader *r, struct buf *message)
{
	static const uint8_t more[64] = { 8, 1 };
	unsigned how = wire_u8(r) & 3;
	size_t at = wire_u8(r);
	unsigned with = wire_u8(r);

	if (r->bad || how == 0 || message->n == 0)
		return false;
	if (how == 1)
		message->p[at % message->n] ^= (uint8_t)(1 + with % 255);
	else if (how == 2)
		message->n = at % message->n;
	else
		buf_add(message, bytes_of(more, 1 + with % sizeof more));
	return how != 3;
}

/* Two humans at two screens: each picks what the other reads out. */
static enum zt_err
compare(struct sas *one, struct sas *other)
{
	char shown[SAS_CODE], choices[SAS_CHOICES][SAS_CODE];
	enum zt_err err = sas_my_code(other, shown);

	if (err == ZT_OK && (err = sas_choices(one, choices)) == ZT_OK)
		err = sas_pick(one, shown);
	return err;
}

/* Who was sent anything else than what the other sent never comes to the end. */
static void
stand_between(struct bytes in)
{
	static const struct id id = { { 'x' } };
	struct wire_reader r = wire_read(in);
	struct sas *side[2] = { NULL, NULL };
	bool deceived[2] = { false, false };
	enum zt_err err = ZT_OK;

	if (sas_new(SAS_CLAIMER, &id, &id, &id, &side[0]) ||
	    sas_new(SAS_GREETER, &id, &id, &id, &side[1]))
		abort();
	for (unsigned step = 0; err == ZT_OK && step < SAS_STEPS; step++) {
		struct sas *from = side[step % 2], *to = side[(step + 1) % 2];
		struct buf m = buf_init(LIMIT_EXCHANGE), clear = buf_init(LIMIT_EXCHANGE);

		if (step == 4 || step == 5)
			err = compare(from, to);
		if (err == ZT_OK)
			err = sas_send(
			    from, step >= 6 ? bytes_text("content") : bytes_of(NULL, 0), &m);
		if (err == ZT_OK) {
			deceived[(step + 1) % 2] |= alter(&r, &m);
			err = sas_receive(to, buf_bytes(&m), &clear);
		}
		buf_free(&m);
		buf_free(&clear);
	}
	fuzz_demand(err != ZT_OK || (!deceived[0] && !deceived[1]));
	for (int i = 0; i < 2; i++)
		fuzz_demand(!deceived[i] || sas_step(side[i]) < SAS_STEPS);
	sas_free(side[0]);
	sas_free(side[1]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_start();
	play(SAS_CLAIMER, bytes_of(data, size));
	play(SAS_GREETER, bytes_of(data, size));
	stand_between(bytes_of(data, size));
	return 0;
}
