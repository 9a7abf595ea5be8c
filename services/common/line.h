/* line.h - the line on which one service tells others of events: what is said on it, and
 * whether anything of it was missed. Decides, and does no I/O.
 *
 * nng's PUB/SUB drops without a word. So each frame is marked with the key that the services
 * share, and carries which life of its publisher made it, how many frames that life has sent,
 * and how many events. A frame without an event is a heartbeat, every LINE_BEAT_MS: it tells of
 * an event lost just before it. A line is whole while it is heard of every LINE_SILENT_MS and
 * no event is missing; whoever keeps what a line may take back keeps nothing while it is not.
 *
 *   0 mark 32 | 32 service 1 | 33 boot 8 | 41 frames 8 | 49 events 8 | 57 the event, or nothing
 */
#ifndef ZT_COMMON_LINE_H
#define ZT_COMMON_LINE_H

#include "base/buf.h"
#include "crypto/secret.h"
#include "format/route.h"

#define LINE_BEAT_MS 250
#define LINE_SILENT_MS 800

/* The publisher's end. */
struct line_end {
	enum route_service service;
	uint64_t boot, frames, events;
};
/* Begins a life of SERVICE's publisher. */
struct line_end line_begin(enum route_service service);
/* Appends the next frame to OUT: with EVENT, or as a heartbeat when that is empty. */
void line_write(
    struct line_end *l, const struct secret *key, struct bytes event, struct buf *out);

/* The listener's end; all zeros is one that has heard nothing. */
struct line {
	uint64_t boot, frames, events, heard_ms;
	bool is_known;
};

struct line_news {
	enum route_service from;
	struct bytes event; /* empty: a heartbeat. Borrowed from the frame */
	bool lost;          /* something before this was missed: forget what it may have said */
};
/* Takes FRAME, which came at NOW_MS, into the line of LINES, by service, that it belongs to.
 * Errors: CORRUPT, SIGNATURE (not made with KEY), REPLAY (heard before, or out of order): the
 * frame is as if it had not come. */
ZT_CHECKED enum zt_err line_take(struct line lines[SERVICE_COUNT], const struct secret *key,
    struct bytes frame, uint64_t now_ms, struct line_news *out);
bool line_is_whole(const struct line *l, uint64_t now_ms);

#endif
