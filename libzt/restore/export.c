/* SPDX-License-Identifier: Apache-2.0 */
/* export.c - the verified history as a file that others can check without any key, and a head
 * to compare with a colleague's. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "chain/records.h"
#include "chain/workspace.h"
#include "format/head_text.h"
#include "format/limits.h"
#include "format/pb.h"
#include "history/audit.h"
#include "log/sync.h"
#include "proto/auth.pb-c.h"
#include "proto/device.pb-c.h"
#include "proto/metadata.pb-c.h"
#include "restore/verbs.h"
#include "session/freeze.h"
#include "session/session.h"
#include "zt/org.h"

struct exporting {
	struct zt *z;
	int fd;
	struct buf out;
};

static enum zt_err
write_out(struct exporting *x)
{
	enum zt_err err = buf_err(&x->out);
	size_t at = 0;

	while (err == ZT_OK && at < x->out.n) {
		ssize_t n = write(x->fd, x->out.p + at, x->out.n - at);

		if (n < 0 && errno != EINTR)
			err = session_refuse(x->z, errno == ENOSPC ? ZT_ERR_FULL : ZT_ERR_IO,
			    "writing the export: %s", strerror(errno));
		at += n > 0 ? (size_t)n : 0;
	}
	buf_empty(&x->out);
	return err;
}

static enum zt_err
put_message(struct exporting *x, enum audit_record type, const void *message)
{
	struct buf b = buf_init(AUDIT_RECORD_MAX);
	enum zt_err err = pb_encode(message, &b);

	if (err == ZT_OK)
		audit_put(&x->out, type, buf_bytes(&b));
	buf_free(&b);
	if (err == ZT_OK && x->out.n > 1024 * 1024)
		err = write_out(x);
	return err ? err : buf_err(&x->out);
}

static enum zt_err
export_line(void *ctx, struct bytes key, uint64_t n, struct bytes value)
{
	struct exporting *x = ctx;
	Zt__LogLine line = ZT__LOG_LINE__INIT;
	Zt__Statement st = ZT__STATEMENT__INIT;
	Zt__StoredEntry *m = NULL;
	enum zt_err err =
	    pb_decode(&zt__stored_entry__descriptor, value, LIMIT_ENTRY + 256, &m);

	(void)key;
	if (err)
		return err;
	line.index = n;
	if (m->body.len > 0) {
		st.body = m->body;
		st.signature = m->signature;
		line.entry = &st;
	} else {
		line.digest = m->digest;
		line.tag = m->tag;
	}
	err = put_message(x, AUDIT_LINE, &line);
	pb_free(m);
	return err;
}

/* The signed head of exactly what this device has verified; *MOVED when the log has grown
 * since. */
static enum zt_err
export_head(struct exporting *x, bool *moved)
{
	struct route_params p = { .org = x->z->org };
	struct buf answer = buf_init(LIMIT_PAGE);
	Zt__LogPage *m = NULL;
	struct statement st;
	struct head head;
	char query[40];
	enum zt_err err;

	(void)snprintf(query, sizeof query, "from=%llu",
	    (unsigned long long)merkle_size(x->z->state->tree));
	if ((err = session_call(x->z, ROUTE_LOG_READ, &p, query, bytes_of(NULL, 0), &answer)) ==
		ZT_OK &&
	    (err = pb_decode(&zt__log_page__descriptor, buf_bytes(&answer), LIMIT_PAGE, &m)) ==
		ZT_OK &&
	    (err = statement_of(m->head, &st)) == ZT_OK &&
	    (err = head_check(x->z->state->log_key, &x->z->org, &st, &head)) == ZT_OK) {
		*moved = head.size != merkle_size(x->z->state->tree);
		if (!*moved)
			err = put_message(x, AUDIT_HEAD, m->head);
	}
	pb_free(m);
	buf_free(&answer);
	return err;
}

static enum zt_err
export_log(struct exporting *x)
{
	bool moved = true;
	enum zt_err err = ZT_OK;

	for (int tries = 0; err == ZT_OK && moved && tries < 8; tries++) {
		if ((err = log_fetch(x->z)))
			break;
		if (lseek(x->fd, 0, SEEK_SET) != 0 || ftruncate(x->fd, 0) != 0)
			return session_refuse(
			    x->z, ZT_ERR_IO, "writing the export: %s", strerror(errno));
		buf_add_text(&x->out, AUDIT_MAGIC);
		if ((err = store_each(x->z->store, STORE_LOG, bytes_of(NULL, 0), 0, export_line,
			 x)) == ZT_OK)
			err = export_head(x, &moved);
	}
	return err == ZT_OK && moved ? ZT_ERR_CONFLICT : err;
}

/* Exports the workspace's chain as the server has it; the auditor verifies it again. */
static enum zt_err
export_chain(struct exporting *x, struct workspace *s)
{
	uint64_t position = 0;
	enum zt_err err = workspace_sync_fresh(s);

	audit_put(&x->out, AUDIT_WORKSPACE, bytes_of(s->w->id.b, ID_BYTES));
	while (err == ZT_OK && position < s->chain.position) {
		Zt__ChainPage *m = NULL;

		if ((err = chain_page(s, position + 1, &m)) == ZT_OK && m->n_changesets == 0)
			err = session_refuse(
			    x->z, ZT_ERR_CORRUPT, "the server withholds changesets");
		for (size_t i = 0;
		     err == ZT_OK && i < m->n_changesets && position < s->chain.position;
		     i++, position++)
			err = put_message(x, AUDIT_CHANGESET, m->changesets[i]);
		pb_free(m);
	}
	return err;
}

enum zt_err
restore_log_export(struct zt *z, int fd, const char *workspace)
{
	struct exporting x = { .z = z, .fd = fd, .out = buf_init(4u * AUDIT_RECORD_MAX) };
	struct workspace *s = NULL;
	enum zt_err err;

	z->message[0] = 0;
	if ((err = export_log(&x)) == ZT_OK && workspace != NULL &&
	    (err = workspace_find(z, workspace, &s)) == ZT_OK)
		err = export_chain(&x, s);
	if (err == ZT_OK)
		err = write_out(&x);
	buf_free(&x.out);
	return err;
}

enum zt_err
restore_log_compare(struct zt *z, uint64_t size, const uint8_t root[32])
{
	struct hash mine;
	enum zt_err err;

	z->message[0] = 0;
	if ((err = log_fetch(z)))
		return err;
	if (size == 0 || size > merkle_size(z->state->tree))
		return session_refuse(z, ZT_ERR_ROLLBACK,
		    "your colleague has verified %llu entries, the server shows this device "
		    "only %llu",
		    (unsigned long long)size, (unsigned long long)merkle_size(z->state->tree));
	if ((err = merkle_root(z->state->tree, size, &mine)))
		return err;
	if (memcmp(mine.b, root, HASH_BYTES) == 0)
		return session_thaw(z);
	return session_note_fork(z, NULL,
	    session_refuse(z, ZT_ERR_FORK,
		"your colleague has verified another history: the server shows each of you "
		"a different log; write nothing and tell your administrator"));
}
