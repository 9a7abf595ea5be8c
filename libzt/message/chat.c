/* SPDX-License-Identifier: Apache-2.0 */
#include "message/chat.h"

#include <stdlib.h>

#include "base/utf8.h"
#include "crypto/padding.h"
#include "format/limits.h"
#include "format/pb.h"

static bool
is_text(const char *text, size_t most)
{
	size_t n = strnlen(text, most + 1);

	return n <= most && utf8_valid(bytes_of(text, n));
}

static bool
are_users(const ProtobufCBinaryData *ids, size_t count)
{
	if (count > CHAT_MENTIONS)
		return false;
	for (size_t i = 0; i < count; i++)
		if (ids[i].len != ID_BYTES)
			return false;
	return true;
}

static bool
are_files(Zt__ChatFile *const *files, size_t count)
{
	if (count > CHAT_FILES)
		return false;
	for (size_t i = 0; i < count; i++)
		if (files[i]->vlob.len != ID_BYTES || files[i]->version == 0 ||
		    files[i]->name[0] == 0 || !is_text(files[i]->name, LIMIT_NAME) ||
		    !is_text(files[i]->media_type, LIMIT_TEXT))
			return false;
	return true;
}

static bool
is_good_text(const Zt__ChatText *t)
{
	return is_text(t->text, LIMIT_MESSAGE_TEXT) && are_users(t->mentions, t->n_mentions) &&
	       are_files(t->files, t->n_files) && (t->text[0] != 0 || t->n_files > 0) &&
	       (t->reply_to.len == 0 || t->reply_to.len == ID_BYTES);
}

static bool
is_good(const Zt__ChatPayload *m)
{
	switch (m->kind_case) {
	case ZT__CHAT_PAYLOAD__KIND_TEXT:
		return is_good_text(m->text);
	case ZT__CHAT_PAYLOAD__KIND_EDIT:
		return m->edit->of.len == ID_BYTES && m->edit->text[0] != 0 &&
		       is_text(m->edit->text, LIMIT_MESSAGE_TEXT) &&
		       are_users(m->edit->mentions, m->edit->n_mentions);
	case ZT__CHAT_PAYLOAD__KIND_DELETION:
		return m->deletion->of.len == ID_BYTES;
	case ZT__CHAT_PAYLOAD__KIND_REACTION:
		return m->reaction->of.len == ID_BYTES && m->reaction->emoji[0] != 0 &&
		       is_text(m->reaction->emoji, CHAT_EMOJI);
	case ZT__CHAT_PAYLOAD__KIND__NOT_SET:
	case _ZT__CHAT_PAYLOAD__KIND__CASE_IS_INT_SIZE:
	default:
		return true;
	}
}

enum zt_err
chat_read(struct bytes clear, Zt__ChatPayload **out)
{
	Zt__ChatPayload *m = NULL;
	enum zt_err err = pb_decode(&zt__chat_payload__descriptor, clear, LIMIT_MESSAGE, &m);

	if (err == ZT_OK && !is_good(m))
		err = ZT_ERR_CORRUPT;
	if (err) {
		pb_wipe(m);
		return err;
	}
	*out = m;
	return ZT_OK;
}

enum zt_err
chat_write(Zt__ChatPayload *m, struct buf *out)
{
	size_t bare = protobuf_c_message_get_packed_size(&m->base), whole;
	uint8_t *zeros;
	enum zt_err err;

	if (!is_good(m))
		return ZT_ERR_INVALID;
	whole = (size_t)padding_size(bare + 4);
	if ((zeros = calloc(1, whole - bare)) == NULL)
		return ZT_ERR_MEMORY;
	m->padding = pb_field(zeros, whole - bare - 4);
	err = pb_encode(m, out);
	m->padding = pb_field(NULL, 0);
	free(zeros);
	return err;
}

bool
chat_about(const Zt__ChatPayload *m, struct id *out)
{
	ProtobufCBinaryData of = { .len = 0 };

	if (m->kind_case == ZT__CHAT_PAYLOAD__KIND_TEXT)
		of = m->text->reply_to;
	else if (m->kind_case == ZT__CHAT_PAYLOAD__KIND_EDIT)
		of = m->edit->of;
	else if (m->kind_case == ZT__CHAT_PAYLOAD__KIND_DELETION)
		of = m->deletion->of;
	else if (m->kind_case == ZT__CHAT_PAYLOAD__KIND_REACTION)
		of = m->reaction->of;
	return pb_id(of, out) == ZT_OK;
}
