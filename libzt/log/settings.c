/* SPDX-License-Identifier: Apache-2.0 */
#include "log/settings.h"

#include "format/limits.h"
#include "format/pb.h"
#include "log/append.h"

struct changing {
	void (*change)(void *ctx, Zt__Settings *m);
	void *ctx;
	struct buf encoded;
	Zt__OrgSettings act;
};

static enum zt_err
fill(struct zt *z, void *ctx, Zt__EntryBody *b)
{
	struct changing *c = ctx;
	Zt__Settings *newest = NULL, m;
	enum zt_err err = pb_decode(&zt__settings__descriptor,
	    bytes_of(z->state->settings, z->state->settings_n), LIMIT_SETTINGS, &newest);

	if (err)
		return err;
	m = *newest; /* what a newer zt has set, and this one does not know, stays */
	c->change(c->ctx, &m);
	buf_free(&c->encoded);
	err = pb_encode(&m, &c->encoded);
	pb_free(newest);
	zt__org_settings__init(&c->act);
	c->act.settings = pb_field(c->encoded.p, c->encoded.n);
	b->action_case = ZT__ENTRY_BODY__ACTION_ORG_SETTINGS;
	b->org_settings = &c->act;
	return err;
}

enum zt_err
log_change_settings(struct zt *z, void (*change)(void *ctx, Zt__Settings *m), void *ctx)
{
	struct changing c = {
		.change = change, .ctx = ctx, .encoded = buf_init(LIMIT_SETTINGS)
	};
	enum zt_err err = log_append(z, &z->org, fill, &c);

	buf_free(&c.encoded);
	return err;
}
