/* The enrolment exchange: messages of the other side, each behind its length. */
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

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_start();
	play(SAS_CLAIMER, bytes_of(data, size));
	play(SAS_GREETER, bytes_of(data, size));
	return 0;
}
