/* SPDX-License-Identifier: Apache-2.0 */
/* log_reader.h - reads a trust log: takes what somebody shows, gives verified state.
 *
 * No I/O. Devices, auditors and tests take a log through it alone, so that nobody takes what
 * another refuses. A refusal leaves the state with what was taken before it: the caller drops
 * it. */
#ifndef ZT_HISTORY_LOG_READER_H
#define ZT_HISTORY_LOG_READER_H

#include "crypto/idmap.h"
#include "proto/auth.pb-c.h"
#include "trust/head.h"
#include "trust/org_state.h"

/* One line of the log: an entry, or its digest and tag where the reader may not see it. */
struct log_line {
	struct entry *entry; /* NULL: hidden */
	struct hash digest, tag, leaf;
};
/* LINE then owns its entry: free it with entry_free. Errors: those of entry_decode. */
ZT_CHECKED enum zt_err log_line_shown(const struct statement *s, struct log_line *out);
/* Errors: CORRUPT. */
ZT_CHECKED enum zt_err log_line_hidden(
    ProtobufCBinaryData digest, ProtobufCBinaryData tag, struct log_line *out);
/* Whether E is the next entry of its topic: of a workspace's topic those before it may be
 * hidden, or still missing. */
bool log_is_next(const struct org_state *o, const struct entry *e);

struct log_reader {
	struct org_state *o; /* the caller's: the log as far as it was verified */
	const uint8_t
	    *root_key; /* that the genesis must have; NULL: the organization's id pins it */
	const struct id *user; /* who reads, and sees their workspaces; NULL: an auditor */
	/* Keeps a verified line; an entry of a topic that became visible is given a second
	 * time. May be NULL. */
	enum zt_err (*keep)(void *ctx, uint64_t index, const struct log_line *line);
	/* Asked before each entry is judged: its error ends the reading. May be NULL. */
	enum zt_err (*go_on)(void *ctx);
	void *ctx;

	struct head head;    /* the newest one */
	uint64_t entries;    /* judged */
	struct idmap behind; /* topics with entries whose predecessors are not known */
	size_t topic_at;     /* those before it are known */
	/* About a refusal: a sentence, and whether it is about entry NUMBER. ROLLBACK: the head
	 * has NUMBER entries, and OTHER were verified. */
	const char *message;
	bool is_of_entry;
	uint64_t number, other;
};

/* The caller has set the first fields, all others are zero. */
void log_reader_free(struct log_reader *r);

/* The next line. Errors: CORRUPT (not the next one), FORK, those of rules_check. */
ZT_CHECKED enum zt_err log_reader_line(struct log_reader *r, const Zt__LogLine *line);
/* The next page: its head is signed, not shorter than the log so far, and continues it; then
 * its lines, which are those of the head. Errors: besides, ROOT, SIGNATURE, ROLLBACK, PROOF. */
ZT_CHECKED enum zt_err log_reader_page(struct log_reader *r, const Zt__LogPage *page);
/* Whether HEAD covers lines that were not shown yet. */
bool log_reader_wants_page(const struct log_reader *r);
/* The workspace of which entries are wanted, from number *FROM on; NULL: none. After the last
 * page; each is answered by log_reader_topic, which refuses an answer that does not help. */
const struct id *log_reader_wants_topic(struct log_reader *r, uint64_t *from);
/* The answer for TOPIC. */
ZT_CHECKED enum zt_err log_reader_topic(
    struct log_reader *r, const struct id *topic, const Zt__TopicPage *page);
/* The end: the head covers nothing else, no entry is left without its predecessors,
 * and none is hidden that the reader may see. Errors: FORK, CORRUPT. */
ZT_CHECKED enum zt_err log_reader_end(struct log_reader *r);
/* Whether the log's first SIZE lines have ROOT. */
bool log_reader_has(const struct log_reader *r, uint64_t size, const struct hash *root);

#endif
