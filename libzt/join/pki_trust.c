/* SPDX-License-Identifier: Apache-2.0 */
/* pki_trust.c - joining with an X.509 certificate: whom the organization believes, by files.
 */
#include <stdlib.h>

#include "format/limits.h"
#include "format/pb.h"
#include "join/pki_file.h"
#include "join/verbs.h"
#include "log/settings.h"
#include "log/sync.h"
#include "pki/pki_request.h"
#include "proto/auth.pb-c.h"
#include "session/session.h"
#include "zt/pki.h"

enum { ITEMS = 64 };

struct settings {
	ProtobufCBinaryData anchors[ITEMS], lists[ITEMS];
	struct buf files;
	size_t at[2 * ITEMS]; /* where each begins in FILES, which may move while it grows */
	bool is_list[2 * ITEMS];
	size_t size[2 * ITEMS], count;
};

static enum zt_err
take_item(void *ctx, bool is_list, struct bytes der)
{
	struct settings *s = ctx;
	struct x509_text t;
	size_t same = 0;
	enum zt_err err = is_list ? x509_describe_list(der, &t) : x509_describe(der, &t);

	if (err)
		return err;
	for (size_t i = 0; i < s->count; i++)
		same += s->is_list[i] == is_list;
	if (same == ITEMS)
		return ZT_ERR_TOO_BIG;
	s->at[s->count] = s->files.n;
	s->size[s->count] = der.n;
	s->is_list[s->count++] = is_list;
	buf_add(&s->files, der);
	return buf_err(&s->files);
}

static void
set_trust(void *ctx, Zt__Settings *m)
{
	struct settings *s = ctx;

	m->anchors = s->anchors;
	m->revocation_lists = s->lists;
	m->n_anchors = m->n_revocation_lists = 0;
	for (size_t i = 0; i < s->count; i++) {
		ProtobufCBinaryData item = pb_field(s->files.p + s->at[i], s->size[i]);

		if (s->is_list[i])
			s->lists[m->n_revocation_lists++] = item;
		else
			s->anchors[m->n_anchors++] = item;
	}
}

static enum zt_err
refuse_file(struct zt *z, enum zt_err err, const char *path)
{
	if (err == ZT_ERR_CORRUPT)
		return session_refuse(
		    z, err, "%.150s holds neither a certificate nor a revocation list", path);
	if (err == ZT_ERR_TOO_BIG)
		return session_refuse(
		    z, err, "with %.150s it is too much for the trust log", path);
	return session_refuse(z, err, "%.150s cannot be read", path);
}

enum zt_err
join_pki_trust(struct zt *z, const char *const *files, size_t count)
{
	struct settings *s = calloc(1, sizeof *s);
	enum zt_err err = ZT_OK;

	z->message[0] = 0;
	if (s == NULL)
		return ZT_ERR_MEMORY;
	s->files = buf_init(LIMIT_SETTINGS);
	for (size_t i = 0; err == ZT_OK && i < count; i++) {
		struct buf file = buf_init(2 * LIMIT_SETTINGS);

		if ((err = pki_file_read(files[i], &file)) ||
		    (err = file.n == 0 ? ZT_ERR_CORRUPT : ZT_OK) ||
		    (err = x509_read(buf_bytes(&file), take_item, s)))
			err = refuse_file(z, err, files[i]);
		buf_free(&file);
	}
	if (err == ZT_OK && (err = log_change_settings(z, set_trust, s)) == ZT_ERR_TOO_BIG &&
	    count > 0)
		err = refuse_file(z, err, files[count - 1]);
	buf_free(&s->files);
	free(s);
	return err;
}
