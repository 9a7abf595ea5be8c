/* SPDX-License-Identifier: Apache-2.0 */
/* ways.c - the ways back that a user has: recovery devices, and what their labels, which only
 * the user's own devices can read, say of them. */
#include "people/ways.h"

#include <stdio.h>
#include <stdlib.h>

#include "crypto/shamir.h"
#include "format/limits.h"
#include "log/handles.h"
#include "people/acts.h"
#include "people/devices.h"
#include "people/verbs.h"
#include "session/session.h"
#include "workspace/verbs.h"
#include "zt/recover.h"
#include "zt/workspace.h"

/* "colleagues NEED ID ID...": half an id is enough to know a colleague by, and sixteen of them
 * fit into a label. */
static const char by_colleagues[] = "colleagues ";
enum { HALF = ID_BYTES / 2 };

void
ways_label(unsigned need, struct org_user *const *helpers, unsigned count, struct buf *out)
{
	char half[2 * HALF + 1];

	buf_printf(out, "%s%u", by_colleagues, need);
	for (unsigned i = 0; i < count; i++) {
		hex_print(helpers[i]->id.b, HALF, half);
		buf_printf(out, " %s", half);
	}
}

static const struct org_user *
user_of_half(struct zt *z, const char *half)
{
	const struct org_user *u;
	char text[2 * HALF + 1];
	size_t at = 0;

	while ((u = idmap_next(&z->state->users, &at)) != NULL) {
		hex_print(u->id.b, HALF, text);
		if (strncmp(text, half, sizeof text - 1) == 0)
			return u;
	}
	return NULL;
}

static void
add_name(struct zt *z, const struct org_user *u, struct buf *out)
{
	struct log_handle h;
	char id[ID_TEXT];

	log_handle(z, &u->id, &h);
	id_print(&u->id, id);
	buf_printf(out, "%s%s", out->n > 0 ? ", " : "", h.email[0] != 0 ? h.email : id);
}

/* What D's label says: its number and helpers; 0 when words hold its secret. */
static unsigned
read_label(struct zt *z, const struct org_device *d, struct buf *helpers, struct buf *gone)
{
	struct buf label = buf_init(1024);
	const struct org_user *u;
	const char *p;
	char *end = NULL;
	unsigned need = 0;

	people_device_label(z, d, &label);
	p = buf_text(&label);
	if (label.n > 0 && strncmp(p, by_colleagues, sizeof by_colleagues - 1) == 0) {
		need = (unsigned)strtoul(p + sizeof by_colleagues - 1, &end, 10);
		for (p = end; *p == ' '; p += strcspn(p, " ")) {
			if ((u = user_of_half(z, ++p)) == NULL)
				continue;
			add_name(z, u, helpers);
			if (!org_state_user_live(u, ORG_NEVER))
				add_name(z, u, gone);
		}
	}
	buf_free(&label);
	return need;
}

static bool
is_way_back(struct zt *z, const struct org_device *d)
{
	return id_equal(&d->user->id, &z->user) && strcmp(d->purpose, "recovery") == 0 &&
	       org_state_device_live(d, ORG_NEVER);
}

void
ways_describe(struct zt *z, const struct org_device *d, struct buf *out)
{
	struct buf helpers = buf_init(8192), gone = buf_init(8192);
	unsigned need = read_label(z, d, &helpers, &gone);

	if (need == 0)
		buf_add_text(out, session_translate(z, "recovery by words on paper"));
	else
		buf_printf(out, session_translate(z, "recovery by any %u of %s"), need,
		    buf_text(&helpers));
	buf_free(&helpers);
	buf_free(&gone);
}

enum zt_err
ways_end_others(struct zt *z, const struct id *except, bool by_words, unsigned *count)
{
	struct id *others = calloc(z->state->devices.count + 1, sizeof *others);
	struct org_device *d;
	size_t at = 0;
	unsigned n = 0, done = 0;
	enum zt_err err = others != NULL ? ZT_OK : ZT_ERR_MEMORY;

	while (err == ZT_OK && (d = idmap_next(&z->state->devices, &at)) != NULL) {
		struct buf nobody = buf_init(8192), none = buf_init(8192);

		if (is_way_back(z, d) && !id_equal(&d->id, except) &&
		    (read_label(z, d, &nobody, &none) == 0) == by_words)
			others[n++] = d->id;
		buf_free(&nobody);
		buf_free(&none);
	}
	while (err == ZT_OK && done < n)
		if ((err = people_revoke_device(z, &others[done])) == ZT_OK)
			done++;
	free(others);
	if (err == ZT_OK)
		*count = n;
	/* What a revoked one knew is renewed. */
	return err || n == 0 ? err : workspace_maintain_keys(z, NULL);
}

enum zt_err
people_recovery_end_older(struct zt *z, unsigned *ended)
{
	struct id newest = { { 0 } };
	const struct org_device *d;
	uint64_t added = 0;
	size_t at = 0;

	z->message[0] = 0;
	while ((d = idmap_next(&z->state->devices, &at)) != NULL) {
		struct buf nobody = buf_init(8192), none = buf_init(8192);

		if (is_way_back(z, d) && d->added >= added &&
		    read_label(z, d, &nobody, &none) == 0) {
			added = d->added;
			newest = d->id;
		}
		buf_free(&nobody);
		buf_free(&none);
	}
	return ways_end_others(z, &newest, true, ended);
}

enum zt_err
people_ways_back(struct zt *z, void (*each)(void *ctx, const struct zt_way *w), void *ctx)
{
	struct org_device *d;
	size_t at = 0;

	z->message[0] = 0;
	while ((d = idmap_next(&z->state->devices, &at)) != NULL) {
		struct buf helpers = buf_init(8192), gone = buf_init(8192);
		char id[ID_TEXT];
		struct zt_way w = { .device = id };

		if (is_way_back(z, d)) {
			id_print(&d->id, id);
			w.need = read_label(z, d, &helpers, &gone);
			w.helpers = buf_text(&helpers);
			w.gone = buf_text(&gone);
			w.added = acts_time(z, d->added, NULL);
			each(ctx, &w);
		}
		buf_free(&helpers);
		buf_free(&gone);
	}
	return ZT_OK;
}
