/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A message as a server shows it, the payload in it, and a topic's signed position. */
#include "fuzz.h"

#include "format/pb.h"
#include "message/chat.h"
#include "message/message.h"
#include "message/topic_position.h"

static void
read_payload(struct bytes in)
{
	Zt__ChatPayload *m = NULL;
	struct id of;

	if (chat_read(in, &m) == ZT_OK)
		(void)chat_about(m, &of);
	pb_wipe(m);
}

static void
read_position(struct bytes in)
{
	static const uint8_t seed[SIGN_SEED_BYTES] = { 3 };
	struct statement s = { .body = in };
	uint8_t public[SIGN_PUBLIC_BYTES];
	struct sign_key *key = NULL;
	struct topic_position p = {
		.org = { { 'o' } }, .space = { { 's' } }, .topic = { { 't' } }, .position = 77
	};

	if (sign_from_seed(bytes_of(seed, sizeof seed), &key) ||
	    sign_detached(key, "zt topic position 1", s.body, s.signature))
		abort();
	sign_public(key, public);
	if (topic_position_check(public, &s, &p))
		fuzz_demand(p.position == 77); /* untouched on failure */
	else
		fuzz_demand(p.position > 0);
	sign_free(key);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Zt__Message *m = NULL;
	struct message is = { .generation = 77 };
	struct hash link = { { 0 } };

	fuzz_start();
	read_payload(bytes_of(data, size));
	read_position(bytes_of(data, size));
	if (pb_decode(&zt__message__descriptor, bytes_of(data, size), size, &m) == ZT_OK) {
		if (message_read(m, &is) == ZT_OK) {
			fuzz_demand(is.generation > 0 && is.stmt.body.n > 0);
			message_link(&link, &is.stmt, &link);
		} else {
			fuzz_demand(is.generation == 77);
		}
	}
	pb_free(m);
	return 0;
}
