/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A checkpoint as a server keeps and sends it: what was signed, its entries, and a page of
 * proofs. */
#include "fuzz.h"

#include "files/changeset.h"
#include "files/checkpoint.h"
#include "format/limits.h"
#include "format/pb.h"
#include "proto/metadata.pb-c.h"

static void
page(struct bytes in)
{
	Zt__CheckpointPage *m = NULL;
	struct changeset cs;
	struct change change;

	if (pb_decode(&zt__checkpoint_page__descriptor, in, LIMIT_PAGE, &m))
		return;
	for (size_t i = 0; i < m->n_changes && m->n_statements > 0; i++) {
		const Zt__ProvedChange *c = m->changes[i];
		struct merkle_proof proof = { .count = c->n_proof };

		if (c->n_proof > MERKLE_PROOF ||
		    changeset_read_statement(m->statements[0]->statement, &cs))
			continue;
		for (size_t n = 0; n < c->n_proof; n++)
			(void)!pb_hash(c->proof[n], &proof.node[n]);
		(void)!changeset_read_proved(
		    &cs, c->index, pb_bytes(c->change), &proof, &change);
	}
	pb_free(m);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct statement s = { .body = bytes_of(data, size) };
	struct checkpoint c;
	struct hash root;

	if (checkpoint_read(&s, &c) == ZT_OK)
		fuzz_demand(c.position > 0);
	(void)!checkpoint_root(s.body, UINT64_MAX, &root);
	page(s.body);
	return 0;
}
