/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* streams.c - methods with handles: folders in pages, ranges of files, and the next version of
 * a file. */
#include <stdlib.h>
#include <string.h>

#include "encode/encode.h"
#include "rpc/call.h"
#include "zt/keep.h"
#include "zt/list.h"
#include "zt/reader.h"
#include "zt/writer.h"

static enum zt_err
close_one(struct call *c, enum handle_kind kind)
{
	struct handle *h;
	enum zt_err err = handle_get(c, kind, &h);

	if (err == ZT_OK)
		handle_close(h);
	return err;
}

/* ---- folders ---- */

enum zt_err
method_list_open(struct call *c)
{
	enum zt_list_what what = call_flag(c, "details") ? ZT_LIST_DETAILS : ZT_LIST_NAMES;
	struct zt_list *l = NULL;
	struct handle *h;
	enum zt_err err;

	if ((err = handle_place(c, HANDLE_LIST, &h)) ||
	    (err = zt_list_open(
		 c->z, call_text(c, "path"), call_number(c, "time", 0), what, &l)))
		return err;
	handle_fill(c, h, HANDLE_LIST, l);
	h->has_details = what == ZT_LIST_DETAILS;
	return call_answer(c, ZT_OK,
	    json_pack("{s:o,s:o,s:b}", "handle", encode_number(h->number), "size",
		encode_number(zt_list_size(l)), "away", zt_is_away(c->z)));
}

enum zt_err
method_list_next(struct call *c)
{
	const struct zt_file *const *files = NULL;
	struct zt_list *l;
	struct handle *h;
	struct page p;
	size_t n = 0;
	enum zt_err err = handle_get(c, HANDLE_LIST, &h);

	if (err != ZT_OK)
		return err;
	l = h->of;
	if (json_object_get(c->params, "details") != NULL) {
		h->has_details = call_flag(c, "details");
		zt_list_want(l, h->has_details ? ZT_LIST_DETAILS : ZT_LIST_NAMES);
	}
	page_begin(&p, c);
	if (json_object_get(c->params, "from") != NULL)
		zt_list_seek(l, p.from);
	p.from = p.seen = zt_list_at(l);
	err = zt_list_next(l, p.max, &files, &n);
	for (size_t i = 0; i < n; i++)
		if (page_wants(&p))
			page_add(&p, encode_entry(files[i], h->has_details));
	p.seen = zt_list_size(l); /* those behind the page are there as well */
	if (p.failed)             /* the page is asked for again */
		zt_list_seek(l, p.from);
	else if (n > p.max) /* they were long */
		zt_list_seek(l, p.from + p.max);
	return page_end(&p, c, err, "entries");
}

enum zt_err
method_list_close(struct call *c)
{
	return close_one(c, HANDLE_LIST);
}

/* ---- reading ---- */

enum zt_err
method_reader_open(struct call *c)
{
	struct zt_reader *r = NULL;
	struct handle *h;
	enum zt_err err;

	if ((err = handle_place(c, HANDLE_READER, &h)) ||
	    (err = zt_reader_open(
		 c->z, call_text(c, "path"), call_number(c, "version", 0), &r)))
		return err;
	handle_fill(c, h, HANDLE_READER, r);
	return call_answer(c, ZT_OK,
	    json_pack("{s:o,s:o,s:o,s:b}", "handle", encode_number(h->number), "size",
		encode_number(zt_reader_size(r)), "version",
		encode_number(zt_reader_version(r)), "away", zt_is_away(c->z)));
}

enum zt_err
method_reader_keep(struct call *c)
{
	const char *how = call_text(c, "how");
	struct handle *h;
	enum zt_err err = handle_get(c, HANDLE_READER, &h);

	if (err != ZT_OK)
		return err;
	if (strcmp(how, "forget") == 0)
		return zt_keep_no_more(h->of);
	return zt_reader_keep(h->of, strcmp(how, "pinned") == 0 ? ZT_KEEP_PINNED
				     : strcmp(how, "read") == 0 ? ZT_KEEP_READ
								: ZT_KEEP_NOTHING);
}

enum zt_err
method_reader_read(struct call *c)
{
	uint64_t offset = call_number(c, "offset", 0), n = call_number(c, "size", 0), whole;
	struct handle *h;
	size_t got = 0;
	enum zt_err err = handle_get(c, HANDLE_READER, &h);

	if (err != ZT_OK)
		return err;
	if (n > RPC_CONTENT_MAX)
		return call_refuse_number(c, ZT_ERR_TOO_BIG,
		    "more than %s bytes are not read at once", RPC_CONTENT_MAX);
	whole = zt_reader_size(h->of);
	if (n > (offset < whole ? whole - offset : 0))
		n = offset < whole ? whole - offset : 0;
	if ((c->given = malloc(n > 0 ? (size_t)n : 1)) == NULL)
		return call_lack_memory(c);
	if ((err = zt_reader_read(h->of, offset, c->given, (size_t)n, &got)))
		return err;
	c->given_n = got;
	return call_answer(c, ZT_OK, json_pack("{s:o}", "size", encode_number(got)));
}

enum zt_err
method_reader_close(struct call *c)
{
	return close_one(c, HANDLE_READER);
}

/* ---- writing ---- */

enum zt_err
method_writer_open(struct call *c)
{
	/* A base that is a text is 'newest'. */
	uint64_t base = call_text(c, "base") != NULL ? ZT_NEWEST : call_number(c, "base", 0);
	struct zt_writer *w = NULL;
	struct handle *h;
	enum zt_err err;

	if ((err = handle_place(c, HANDLE_WRITER, &h)) ||
	    (err = zt_writer_open(c->z, call_text(c, "path"), base, &w)))
		return err;
	handle_fill(c, h, HANDLE_WRITER, w);
	return call_answer(c, ZT_OK,
	    json_pack("{s:o,s:o,s:o}", "handle", encode_number(h->number), "size",
		encode_number(zt_writer_size(w)), "version",
		encode_number(zt_writer_version(w))));
}

enum zt_err
method_writer_write(struct call *c)
{
	struct handle *h;
	enum zt_err err;

	if ((err = handle_get(c, HANDLE_WRITER, &h)) ||
	    (err = zt_writer_write(
		 h->of, call_number(c, "offset", 0), c->content, c->content_n)))
		return err;
	return call_answer(
	    c, ZT_OK, json_pack("{s:o}", "size", encode_number(zt_writer_size(h->of))));
}

enum zt_err
method_writer_truncate(struct call *c)
{
	struct handle *h;
	enum zt_err err = handle_get(c, HANDLE_WRITER, &h);

	return err != ZT_OK ? err : zt_writer_truncate(h->of, call_number(c, "size", 0));
}

/* Time and mode of the file, where the request has them. */
static enum zt_err
set_stat(struct call *c, struct zt_writer *w)
{
	uint64_t ms = call_number(c, "modified", 0), mode = call_number(c, "mode", 0);
	enum zt_err err = ZT_OK;

	if (json_object_get(c->params, "modified") != NULL)
		err = zt_writer_set_time(
		    w, (int64_t)(ms / 1000), (unsigned)(ms % 1000) * 1000000);
	if (err == ZT_OK && json_object_get(c->params, "mode") != NULL)
		err = mode > UINT32_MAX ? call_refuse(c, ZT_ERR_INVALID,
					      "the parameter %s is not of the type that it "
					      "must be",
					      "params.mode")
					: zt_writer_set_mode(w, (unsigned)mode);
	return err;
}

enum zt_err
method_writer_commit(struct call *c)
{
	const char *how = call_text(c, "how");
	struct zt_committed done = { 0 };
	struct handle *h;
	enum zt_err err;

	if ((err = handle_get(c, HANDLE_WRITER, &h)) || (err = set_stat(c, h->of)) ||
	    (err = zt_writer_commit(h->of,
		 how != NULL && strcmp(how, "orConflict") == 0 ? ZT_COMMIT_OR_CONFLICT
							       : ZT_COMMIT_ON_TOP,
		 &done)))
		return err;
	return call_answer(c, ZT_OK,
	    json_pack(
		"{s:o,s:b}", "version", encode_number(done.version), "onTop", done.is_on_top));
}

/* The files of the request, whose contents are one behind the other. */
static enum zt_err
take_small(struct call *c, const json_t *list, struct zt_small *files)
{
	const uint8_t *at = c->content;
	size_t left = c->content_n;

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);
		uint64_t n = (uint64_t)json_integer_value(json_object_get(one, "size")),
			 ms = (uint64_t)json_integer_value(json_object_get(one, "modified"));

		if (n > left)
			return call_refuse(
			    c, ZT_ERR_INVALID, "the content is not as long as its files", "");
		files[i] =
		    (struct zt_small){ .name = json_string_value(json_object_get(one, "name")),
			    .p = at,
			    .n = (size_t)n,
			    .seconds = (int64_t)(ms / 1000),
			    .nanoseconds = (unsigned)(ms % 1000) * 1000000 };
		at += n;
		left -= (size_t)n;
	}
	return left == 0 ? ZT_OK
			 : call_refuse(c, ZT_ERR_INVALID,
			       "the content is not as long as its files", "");
}

enum zt_err
method_files_write_small(struct call *c)
{
	const json_t *list = json_object_get(c->params, "files");
	size_t count = json_array_size(list);
	struct zt_small *files;
	enum zt_err err;

	if (count > ZT_SMALL_COUNT)
		return call_refuse_number(c, ZT_ERR_TOO_BIG,
		    "more than %s files are not written at once", ZT_SMALL_COUNT);
	if ((files = calloc(count > 0 ? count : 1, sizeof *files)) == NULL)
		return call_lack_memory(c);
	if ((err = take_small(c, list, files)) == ZT_OK)
		err = zt_write_small(c->z, call_text(c, "path"), files, count);
	free(files);
	return err;
}

enum zt_err
method_writer_close(struct call *c)
{
	return close_one(c, HANDLE_WRITER);
}
