/* SPDX-License-Identifier: Apache-2.0 */
/* chain_reader.h - reads a workspace's chain: changesets in their order go in, decisions come
 * out.
 *
 * No I/O: what was read before is the caller's, who looks it up. Devices, auditors and tests
 * take a chain through it alone. */
#ifndef ZT_HISTORY_CHAIN_READER_H
#define ZT_HISTORY_CHAIN_READER_H

#include "files/changeset.h"

/* A changeset in its place. */
struct chain_change {
	const struct changeset *cs;
	uint64_t position;
	bool excluded; /* it is in the chain, and does not count (P6) */
	bool before;   /* a device's: it precedes its checkpoint */
};

struct chain_reader {
	const struct org_state *o;     /* the log, as far as it was verified */
	const struct org_workspace *w; /* whose chain it is */
	/* Link and time (0: unknown) of POSITION, from 1, on which CS was built. Another error
	 * ends the reading; NOT_FOUND and FORK: CS was built on another chain. */
	enum zt_err (*parent)(
	    void *ctx, const struct changeset *cs, struct hash *link, uint64_t *time);
	/* Takes a change of a valid changeset: whether it follows is the caller's to say
	 * (change_follows). */
	enum zt_err (*change)(void *ctx, const struct chain_change *of, const struct change *c);
	void *ctx;

	uint64_t position; /* of the newest changeset; 0: none */
	struct hash link;  /* its link; zeros: none */
	uint64_t time;     /* that its author signed; 0: it cannot be read */
	/* Of the changeset that was taken, or refused, last. */
	bool has_author, is_excluded;
	struct id author;
	size_t count;       /* of changes; 0: it cannot be read, and an owner passed over it */
	uint64_t seen_size; /* of the log that its author had verified */
	/* About a refusal: a sentence (NULL: the caller's own error), and whether it is about
	 * what its author may, and not about what was shown. */
	const char *message;
	bool is_of_author;
};

/* The next changeset, by a reader whose log had KNOWN entries when it first verified that
 * place. Errors: CORRUPT, FORK, those of changeset_check and changeset_check_pin. */
ZT_CHECKED enum zt_err chain_reader_take(
    struct chain_reader *r, const Zt__Changeset *m, uint64_t known);

#endif
