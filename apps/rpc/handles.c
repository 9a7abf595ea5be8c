/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "rpc/handles.h"

#include "rpc/call.h"
#include "zt/list.h"
#include "zt/reader.h"
#include "zt/writer.h"

enum zt_err
handle_place(struct call *c, enum handle_kind kind, struct handle **out)
{
	static const size_t most[] = { [HANDLE_READER] = RPC_READERS_MAX,
		[HANDLE_WRITER] = RPC_WRITERS_MAX,
		[HANDLE_LIST] = RPC_LISTS_MAX,
		[HANDLE_EXPORT] = RPC_EXPORTS_MAX };
	struct handles *all = &c->lane->handles;
	struct handle *place = NULL;
	size_t n = 0;

	for (size_t i = 0; i < HANDLES_MAX; i++)
		if (all->place[i].kind == kind)
			n++;
		else if (all->place[i].kind == HANDLE_NONE)
			place = &all->place[i];
	if (n >= most[kind])
		return call_refuse_number(c, ZT_ERR_TOO_BIG,
		    "%s files or folders are open in this way, and no more may be", n);
	*out = place; /* there is one for each that may be open */
	return ZT_OK;
}

void
handle_fill(struct call *c, struct handle *h, enum handle_kind kind, void *of)
{
	*h = (struct handle){ .kind = kind, .number = ++c->lane->handles.last, .of = of };
	c->opened = h;
}

enum zt_err
handle_get(struct call *c, enum handle_kind kind, struct handle **out)
{
	struct handles *all = &c->lane->handles;
	uint64_t number = call_number(c, "handle", 0);

	for (size_t i = 0; i < HANDLES_MAX; i++)
		if (all->place[i].kind == kind && all->place[i].number == number) {
			*out = &all->place[i];
			return ZT_OK;
		}
	return call_refuse_number(c, ZT_ERR_NO_HANDLE, "the handle %s is not open", number);
}

void
handle_close(struct handle *h)
{
	switch (h->kind) {
	case HANDLE_NONE:
		break;
	case HANDLE_READER:
		zt_reader_close(h->of);
		break;
	case HANDLE_WRITER:
		zt_writer_close(h->of);
		break;
	case HANDLE_LIST:
		zt_list_close(h->of);
		break;
	case HANDLE_EXPORT:
		export_close(h->of);
		break;
	}
	*h = (struct handle){ .kind = HANDLE_NONE };
}

void
handles_close(struct handles *all)
{
	for (size_t i = 0; i < HANDLES_MAX; i++)
		handle_close(&all->place[i]);
}
