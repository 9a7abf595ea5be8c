/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* releases.c - methods about settings that bind, and about the page that a server sends. */
#include <string.h>

#include "encode/encode.h"
#include "rpc/call.h"

static const char *const browsers[] = { [ZT_BROWSERS_EVERYBODY] = "everybody",
	[ZT_BROWSERS_NOT_ADMINS] = "notAdmins",
	[ZT_BROWSERS_NOBODY] = "nobody" };
static const char *const creators[] = {
	[ZT_CREATORS_STANDARD] = "standard", [ZT_CREATORS_ADMINS] = "admins"
};

/* The place of TEXT in LIST; it is there, as the row's type says. */
static unsigned
place_of(const char *text, const char *const *list)
{
	unsigned i = 0;

	while (strcmp(list[i], text) != 0)
		i++;
	return i;
}

enum zt_err
method_organization_settings(struct call *c)
{
	struct zt_settings s;
	enum zt_err err = zt_settings(c->z, &s);

	if (err)
		return err;
	return call_answer(c, ZT_OK,
	    json_pack("{s:s,s:s,s:o}", "browserDevices", browsers[s.browsers], "workspacesBy",
		creators[s.creators], "deletionDelay", encode_number(s.deletion_delay)));
}

enum zt_err
method_organization_set_settings(struct call *c)
{
	const char *who = call_text(c, "browserDevices"), *by = call_text(c, "workspacesBy");
	bool has_delay = json_object_get(c->params, "deletionDelay") != NULL;
	enum zt_browsers browser =
	    who != NULL ? (enum zt_browsers)place_of(who, browsers) : ZT_BROWSERS_EVERYBODY;
	enum zt_creators creator =
	    by != NULL ? (enum zt_creators)place_of(by, creators) : ZT_CREATORS_STANDARD;
	uint64_t delay = call_number(c, "deletionDelay", 0);
	enum zt_err err = zt_settings_change(c->z, who != NULL ? &browser : NULL,
	    by != NULL ? &creator : NULL, has_delay ? &delay : NULL);

	return err ? err : method_organization_settings(c);
}

/* ---- releases ---- */

struct list {
	json_t *names;
	bool failed;
};

static void
add_release(void *ctx, const char *release)
{
	struct list *l = ctx;

	l->failed |= json_array_append_new(l->names, encode_text(release)) != 0;
}

/* {"releases":[...]}, or NULL without memory. */
static enum zt_err
list_releases(struct call *c, json_t **out)
{
	struct list l = { .names = json_array() };
	enum zt_err err = zt_releases(c->z, add_release, &l);

	if (err || l.failed) {
		json_decref(l.names);
		return err ? err : call_lack_memory(c);
	}
	*out = json_pack("{s:o}", "releases", l.names);
	return ZT_OK;
}

enum zt_err
method_releases_list(struct call *c)
{
	struct zt_page newest, alarm;
	json_t *made = NULL;
	enum zt_err err = list_releases(c, &made);

	if (err)
		return err;
	/* A browser's client does not look: it would ask the one whose code it is. */
	if ((err = zt_page_known(c->z, &newest, &alarm)) == ZT_OK) {
		if (newest.time != 0)
			made = encode_with(made, "newest", encode_page_look(&newest));
		if (alarm.time != 0)
			made = encode_with(made, "alarm", encode_page_look(&alarm));
	} else if (err == ZT_ERR_UNAVAILABLE) {
		err = ZT_OK;
	}
	return call_answer(c, err, made);
}

enum zt_err
method_releases_pin(struct call *c)
{
	const json_t *given = json_object_get(c->params, "releases"), *one;
	const char *list[ZT_RELEASES];
	const char *how = call_text(c, "how");
	json_t *made = NULL;
	size_t i;
	enum zt_err err;

	if (json_array_size(given) > ZT_RELEASES)
		return call_refuse_number(c, ZT_ERR_LIMIT,
		    "an organization accepts %s releases at most", ZT_RELEASES);
	json_array_foreach(given, i, one) list[i] = json_string_value(one);
	if ((err = zt_release_pin(c->z, list, json_array_size(given),
		 strcmp(how, "too") == 0      ? ZT_PIN_TOO
		 : strcmp(how, "noMore") == 0 ? ZT_PIN_NO_MORE
					      : ZT_PIN_EXACTLY)) ||
	    (err = list_releases(c, &made)))
		return err;
	return call_answer(c, ZT_OK, made);
}

enum zt_err
method_releases_check(struct call *c)
{
	struct zt_page p;
	enum zt_err err = zt_page_check(c->z, NULL, &p);

	return err ? err : call_answer(c, ZT_OK, encode_page_look(&p));
}

enum zt_err
method_releases_clear(struct call *c)
{
	return zt_page_clear(c->z);
}
