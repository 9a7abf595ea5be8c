/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A changeset: as a server sends it; and one that a member signed over changes of any shape,
 * which nobody else could make fit its root. */
#include "fuzz.h"

#include "base/wire.h"
#include "files/changeset.h"
#include "format/limits.h"
#include "format/pb.h"

enum { CHANGES_MAX = 64 };

/* What was taken encodes to what was signed, and each change is proved by itself. */
static void
take_signed(const struct changeset *cs, const struct change *changes, const Zt__Changeset *m)
{
	struct merkle *tree = NULL;

	fuzz_demand(cs->count == m->n_changes && changeset_tree(m, &tree) == ZT_OK);
	for (size_t i = 0; i < cs->count; i++) {
		struct merkle_proof proof;
		struct change again;
		struct buf b = buf_init(LIMIT_CHANGESET);

		fuzz_demand(merkle_inclusion(tree, i, cs->count, &proof) == ZT_OK);
		fuzz_demand(changeset_read_proved(
				cs, i, pb_bytes(m->changes[i]), &proof, &again) == ZT_OK);
		fuzz_demand(id_equal(&again.vlob, &changes[i].vlob) && again.version > 0 &&
			    again.has_prev == (again.version > 1) &&
			    again.blocks.n % ID_BYTES == 0);
		fuzz_demand(changeset_encode_change(&again, &b) == ZT_OK);
		fuzz_demand(changeset_read_proved(cs, (i + 1) % cs->count,
				pb_bytes(m->changes[i]), &proof, &again) != ZT_OK ||
			    cs->count == 1);
		buf_free(&b);
	}
	merkle_free(tree);
}

static void
read_made(struct bytes in)
{
	static const uint8_t seed[SIGN_SEED_BYTES] = { 3 };
	struct wire_reader r = wire_read(in);
	struct changeset made = { .generation = 1, .seen_size = 1 }, cs;
	struct bytes spans[CHANGES_MAX];
	ProtobufCBinaryData fields[CHANGES_MAX];
	Zt__Changeset m = ZT__CHANGESET__INIT;
	Zt__Statement st;
	struct sign_key *key = NULL;
	struct change *changes = NULL;
	struct buf body = buf_init(4096);

	made.parent_position = wire_u8(&r);
	while (!r.bad && r.left > 0 && m.n_changes < CHANGES_MAX) {
		spans[m.n_changes] = wire_span(&r, wire_u16(&r));
		fields[m.n_changes] = pb_field(spans[m.n_changes].p, spans[m.n_changes].n);
		m.n_changes += !r.bad;
	}
	if (sign_from_seed(bytes_of(seed, sizeof seed), &key))
		abort();
	if (m.n_changes > 0) {
		fuzz_demand(changeset_sign(key, &made, spans, m.n_changes, &body) == ZT_OK);
		st = statement_message(&made.stmt);
		m.statement = &st;
		m.changes = fields;
		if (changeset_read(&m, &cs, &changes) == ZT_OK)
			take_signed(&cs, changes, &m);
	}
	free(changes);
	sign_free(key);
	buf_free(&body);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Zt__Changeset *m = NULL;
	struct change *changes = NULL;
	struct changeset cs;

	fuzz_start();
	read_made(bytes_of(data, size));
	if (pb_decode(&zt__changeset__descriptor, bytes_of(data, size), LIMIT_CHANGESET, &m))
		return 0;
	if (changeset_read(m, &cs, &changes) == ZT_OK) {
		fuzz_demand(cs.count == m->n_changes && cs.count > 0);
		free(changes);
	}
	pb_free(m);
	return 0;
}
