/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* line.h - the protocol of events between services: frames, and how a listener detects missed
 * ones. Decides, and does no I/O.
 *
 * nng's PUB/SUB drops messages silently. So each frame has a MAC by the services' shared key,
 * the publisher's boot number, and how many frames and events it has sent since boot. A frame
 * without an event is a heartbeat, every LINE_BEAT_MS: it reveals an event lost just before it.
 * A line is whole while a frame arrives every LINE_SILENT_MS and no event is missing; a service
 * must not cache what an event could revoke while its line is not whole.
 *
 *   0 mark 32 | 32 service 1 | 33 boot 8 | 41 frames 8 | 49 events 8 | 57 the event, or nothing
 */
#ifndef ZT_BUS_LINE_H
#define ZT_BUS_LINE_H

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
/* Starts SERVICE's publisher with a new boot number. */
struct line_end line_begin(enum route_service service);
/* Appends the next frame to OUT: with EVENT, or as a heartbeat when that is empty. */
void line_write(
    struct line_end *l, const struct secret *key, struct bytes event, struct buf *out);

/* The listener's end; all zeros: no frame has arrived. */
struct line {
	uint64_t boot, frames, events, heard_ms;
	bool is_known;
};

struct line_news {
	enum route_service from;
	struct bytes event; /* empty: a heartbeat. Borrowed from the frame */
	bool lost;          /* earlier events were missed: drop what they may have revoked */
};
/* Applies FRAME, received at NOW_MS, to its service's line in LINES. Errors: CORRUPT, SIGNATURE
 * (not made with KEY), REPLAY (seen before, or out of order): the frame has no effect. */
ZT_CHECKED enum zt_err line_take(struct line lines[SERVICE_COUNT], const struct secret *key,
    struct bytes frame, uint64_t now_ms, struct line_news *out);
bool line_is_whole(const struct line *l, uint64_t now_ms);

#endif
