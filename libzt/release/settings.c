/* SPDX-License-Identifier: Apache-2.0 */
/* settings.c - the settings that bind, and the releases that are accepted: read, and changed by
 * an admin's act. */
#include "log/settings.h"
#include "base/wire.h"
#include "format/limits.h"
#include "format/pb.h"
#include "log/append.h"
#include "log/sync.h"
#include "release/verbs.h"
#include "session/session.h"
#include "trust/policy.h"

enum zt_err
release_settings(struct zt *z, struct zt_settings *out)
{
	struct org_policy p;
	enum zt_err err;

	z->message[0] = 0;
	if ((err = log_fetch(z)))
		return err;
	p = policy_at(z->state, ORG_NEVER);
	*out = (struct zt_settings){ .browsers = (enum zt_browsers)p.browsers,
		.creators = (enum zt_creators)p.creators,
		.deletion_delay = p.deletion_delay };
	return ZT_OK;
}

struct change {
	const enum zt_browsers *browsers;
	const enum zt_creators *creators;
	const uint64_t *deletion_delay;
};

static void
change(void *ctx, Zt__Settings *m)
{
	const struct change *c = ctx;

	if (c->browsers != NULL)
		m->browser_devices = (Zt__BrowserDevices)*c->browsers;
	if (c->creators != NULL)
		m->workspaces_by = (Zt__WorkspacesBy)*c->creators;
	if (c->deletion_delay != NULL)
		m->deletion_delay = *c->deletion_delay;
}

enum zt_err
release_settings_change(struct zt *z, const enum zt_browsers *browsers,
    const enum zt_creators *creators, const uint64_t *deletion_delay)
{
	struct change c = { browsers, creators, deletion_delay };

	z->message[0] = 0;
	if (deletion_delay != NULL &&
	    (*deletion_delay < LIMIT_DELETION_MS || *deletion_delay > LIMIT_DELETION_DELAY_MS))
		return session_refuse(z, ZT_ERR_INVALID,
		    "a deletion is due one day to 30 days after its announcement");
	return log_change_settings(z, change, &c);
}

/* ---- releases ---- */

enum zt_err
release_list(struct zt *z, void (*each)(void *ctx, const char *release), void *ctx)
{
	char text[ZT_RELEASE];
	enum zt_err err;

	z->message[0] = 0;
	if ((err = log_fetch(z)))
		return err;
	for (size_t i = 0; i < z->state->release_count; i++) {
		hex_print(z->state->releases[i].b, HASH_BYTES, text);
		each(ctx, text);
	}
	return ZT_OK;
}

struct pinning {
	struct hash release[2 * LIMIT_RELEASES];
	ProtobufCBinaryData list[2 * LIMIT_RELEASES];
	size_t given, count;
	enum zt_pin how;
	Zt__WebReleasePinned act;
};

static void
pin(struct pinning *p, const struct hash *release)
{
	for (size_t i = 0; i < p->count; i++)
		if (bytes_equal(pb_bytes(p->list[i]), bytes_of(release->b, sizeof release->b)))
			return;
	p->list[p->count++] = pb_field(release->b, sizeof release->b);
}

static bool
is_given(const struct pinning *p, const struct hash *release)
{
	for (size_t i = 0; i < p->given; i++)
		if (hash_equal(&p->release[i], release))
			return true;
	return false;
}

/* Over those that are accepted by now: two admins who add or withdraw one each have done both.
 */
static enum zt_err
fill(struct zt *z, void *ctx, Zt__EntryBody *b)
{
	struct pinning *p = ctx;

	p->count = 0;
	for (size_t i = 0; p->how != ZT_PIN_EXACTLY && i < z->state->release_count; i++) {
		p->release[LIMIT_RELEASES + i] = z->state->releases[i];
		if (p->how == ZT_PIN_TOO || !is_given(p, &z->state->releases[i]))
			pin(p, &p->release[LIMIT_RELEASES + i]);
	}
	for (size_t i = 0; p->how != ZT_PIN_NO_MORE && i < p->given; i++)
		pin(p, &p->release[i]);
	zt__web_release_pinned__init(&p->act);
	p->act.manifests = p->list;
	p->act.n_manifests = p->count;
	b->action_case = ZT__ENTRY_BODY__ACTION_WEB_RELEASE_PINNED;
	b->web_release_pinned = &p->act;
	return ZT_OK;
}

enum zt_err
release_pin(struct zt *z, const char *const *releases, size_t count, enum zt_pin how)
{
	struct pinning p = { .given = count, .how = how };

	z->message[0] = 0;
	if (count > LIMIT_RELEASES)
		return session_refuse(
		    z, ZT_ERR_LIMIT, "an organization accepts 16 releases at most");
	for (size_t i = 0; i < count; i++)
		if (hex_parse(releases[i], strlen(releases[i]), p.release[i].b, HASH_BYTES))
			return session_refuse(z, ZT_ERR_INVALID,
			    "%.80s is no release: 64 hexadecimal digits, the SHA-256 of its "
			    "zt-web.manifest",
			    releases[i]);
	return log_append(z, &z->org, fill, &p);
}
