/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "terminal/progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "common/l10n.h"
#include "common/output.h"
#include "terminal/advice.h"

enum { WIDTH = 24, EVERY_MS = 100, MOMENT_MS = 500 };

static uint64_t
now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* [######......]  42%  108 MiB  36 MiB/s  0:04 */
static void
step(void *ctx, const struct zt_progress_step *s)
{
	struct progress *p = ctx;
	uint64_t now = now_ms(), passed = now - p->began_ms + 1, done = s->done,
		 total = s->total, left;
	unsigned filled = total > 0 ? (unsigned)(done * WIDTH / total) : 0;

	if (p->drawn_ms != 0 && now - p->drawn_ms < EVERY_MS)
		return;
	p->drawn_ms = now;
	left = done > 0 && total > done ? passed * (total - done) / done / 1000 : 0;
	(void)fprintf(stderr, "\r[");
	for (unsigned i = 0; i < WIDTH; i++)
		(void)fputc(i < filled ? '#' : '.', stderr);
	(void)fprintf(stderr, "] %3u%%  %llu MiB  %llu MiB/s  %llu:%02llu\033[K",
	    total > 0 ? (unsigned)(done * 100 / total) : 0, (unsigned long long)(done >> 20),
	    (unsigned long long)(done * 1000 / passed >> 20), (unsigned long long)(left / 60),
	    (unsigned long long)(left % 60));
}

static void
skipped(void *ctx, const char *name, const char *message)
{
	struct progress *p = ctx;

	progress_end(p);
	p->excluded++;
	if (p->checks)
		cli_note(p->json, "damaged", _("damaged"), name, advice(message));
	else
		cli_note(p->json, "left_out", _("left out"), name, advice(message));
}

static void
kept_both(void *ctx, const char *name, const char *as)
{
	struct progress *p = ctx;
	char message[1024];

	progress_end(p);
	if (p->json) {
		output_json(stderr, "kept_both", "{s:o,s:o,s:o}", "path", output_text(name),
		    "as", output_text(as), "reason",
		    output_text(_("what is there stays; what came is beside it")));
		return;
	}
	(void)snprintf(
	    message, sizeof message, _("what is there stays; what came is %.900s"), as);
	cli_note(false, "kept_both", _("kept both"), name, message);
}

void
progress_damaged(void *ctx, const char *path, const char *what)
{
	struct cli *c = ctx;

	progress_end(&c->work);
	c->named++;
	cli_note(c->json, "damaged", _("damaged"), path, what);
}

void
progress_work(void *ctx, enum zt_work what, uint64_t done, uint64_t total)
{
	static const char *const words[] = {
		[ZT_WORK_VERIFY_LOG] = N_("verifying the trust log"),
		[ZT_WORK_VERIFY_HISTORY] = N_("verifying the history of the workspace"),
		[ZT_WORK_WRAP_KEYS] = N_("wrapping the keys again"),
	};
	struct cli *c = ctx;
	struct progress *p = &c->work;
	uint64_t now = now_ms();

	if (p->began_ms == 0)
		*p = (struct progress){ .began_ms = now,
			.shown = !c->quiet && !c->json && isatty(STDERR_FILENO) };
	if (done >= total) {
		progress_end(p);
		p->began_ms = 0;
	} else if (p->shown && now - p->began_ms >= MOMENT_MS &&
		   now - p->drawn_ms >= EVERY_MS) {
		p->drawn_ms = now;
		(void)fprintf(stderr, "\r%s: %llu / %llu\033[K", _(words[what]),
		    (unsigned long long)done, (unsigned long long)total);
	}
}

struct zt_progress
progress_begin(struct progress *p, const struct cli *c)
{
	*p = (struct progress){ .began_ms = now_ms(),
		.json = c->json,
		.shown = !c->quiet && !c->json && isatty(STDERR_FILENO) };
	return (struct zt_progress){ .ctx = p,
		.step = p->shown ? step : NULL,
		.skipped = skipped,
		.kept_both = kept_both };
}

void
progress_end(struct progress *p)
{
	if (p->shown && p->drawn_ms != 0)
		(void)fprintf(stderr, "\r\033[K");
	p->drawn_ms = 0;
}
