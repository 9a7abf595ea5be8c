/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "bus/line.h"

#include "base/wire.h"
#include "crypto/labels.h"
#include "crypto/suite.h"

enum { MAX = 16 * 1024 * 1024 };

static const char purpose[] = LABEL_LINE;

struct line_end
line_begin(enum route_service service)
{
	struct line_end l = { .service = service };

	random_bytes(&l.boot, sizeof l.boot);
	return l;
}

void
line_write(struct line_end *l, const struct secret *key, struct bytes event, struct buf *out)
{
	struct buf said = buf_init(MAX);
	struct bytes part;
	uint8_t mark[SECRET_MARK];

	l->frames++;
	l->events += event.n > 0;
	wire_put_u8(&said, (uint8_t)l->service);
	wire_put_u64(&said, l->boot);
	wire_put_u64(&said, l->frames);
	wire_put_u64(&said, l->events);
	buf_add(&said, event);
	part = buf_bytes(&said);
	secret_mark(key, purpose, &part, 1, mark);
	buf_add(out, bytes_of(mark, sizeof mark));
	buf_add(out, part);
	buf_free(&said);
}

/* Whether what was said up to FRAMES and EVENTS follows on what L has heard. */
static bool
follows(const struct line *l, uint64_t boot, uint64_t events, bool is_event, uint64_t now_ms)
{
	return l->is_known && l->boot == boot && events == l->events + is_event &&
	       line_is_whole(l, now_ms);
}

enum zt_err
line_take(struct line lines[SERVICE_COUNT], const struct secret *key, struct bytes frame,
    uint64_t now_ms, struct line_news *out)
{
	struct wire_reader r = wire_read(frame);
	struct bytes mark = wire_span(&r, SECRET_MARK), said = bytes_of(r.p, r.left);
	uint8_t wanted[SECRET_MARK], service = wire_u8(&r);
	uint64_t boot = wire_u64(&r), frames = wire_u64(&r), events = wire_u64(&r);
	struct bytes event = wire_span(&r, r.left);
	struct line *l;

	if (wire_end(&r) || service >= SERVICE_COUNT)
		return ZT_ERR_CORRUPT;
	secret_mark(key, purpose, &said, 1, wanted);
	if (!ct_equal(mark, bytes_of(wanted, sizeof wanted)))
		return ZT_ERR_SIGNATURE;
	l = &lines[service];
	if (l->is_known && l->boot == boot && frames <= l->frames)
		return ZT_ERR_REPLAY;
	*out = (struct line_news){ .from = (enum route_service)service,
		.event = event,
		.lost = !follows(l, boot, events, event.n > 0, now_ms) };
	*l = (struct line){ boot, frames, events, now_ms, true };
	return ZT_OK;
}

bool
line_is_whole(const struct line *l, uint64_t now_ms)
{
	return l->is_known && now_ms - l->heard_ms <= LINE_SILENT_MS;
}
