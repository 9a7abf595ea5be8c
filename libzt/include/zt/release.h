/* SPDX-License-Identifier: Apache-2.0 */
/* zt/release.h - settings of the organization that bind everybody by an admin's signature, the
 * releases of the page that it accepts, and whether a server sends one of them. */
#ifndef ZT_RELEASE_H
#define ZT_RELEASE_H

#include <stdbool.h>

#include "zt/zt.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Who may have devices in a browser, whose code comes from a server, and who may create
 * workspaces.
 */
enum zt_browsers { ZT_BROWSERS_EVERYBODY, ZT_BROWSERS_NOT_ADMINS, ZT_BROWSERS_NOBODY };
enum zt_creators { ZT_CREATORS_STANDARD, ZT_CREATORS_ADMINS };
struct zt_settings {
	enum zt_browsers browsers; /* of devices that are added from now on */
	enum zt_creators creators; /* STANDARD: admins and standard users */
	/* Least milliseconds between the announcement of a workspace's deletion and its time: a
	 * day to 30 days. */
	uint64_t deletion_delay;
};
/* What is in force. */
ZT_CALL enum zt_err zt_settings(struct zt *z, struct zt_settings *out);
/* Changes what is not NULL, for admins, over the newest settings: what others set stays.
 * Errors: FORBIDDEN, CORRUPT (a value is out of bounds). */
ZT_CALL enum zt_err zt_settings_change(struct zt *z, const enum zt_browsers *browsers,
    const enum zt_creators *creators, const uint64_t *deletion_delay);

#define ZT_RELEASE                                                                             \
	65 /* a release's name: SHA-256 of its zt-web.manifest, 64 hexadecimal digits */
#define ZT_RELEASES 16
/* Lists the releases of the page that the organization accepts; none: it has not said. */
ZT_CALL enum zt_err zt_releases(
    struct zt *z, void (*each)(void *ctx, const char *release), void *ctx);
/* What becomes of the list: RELEASES exactly, these as well, or the others alone. */
enum zt_pin { ZT_PIN_EXACTLY, ZT_PIN_TOO, ZT_PIN_NO_MORE };
/* Accepts COUNT RELEASES, at most ZT_RELEASES, or no more, as HOW says of the newest list; for
 * admins. With none on the list any release is accepted. Errors: INVALID (none of them is one),
 * LIMIT, FORBIDDEN. */
ZT_CALL enum zt_err zt_release_pin(
    struct zt *z, const char *const *releases, size_t count, enum zt_pin how);
/* The release whose manifest is the file PATH. Errors: NOT_FOUND, IO, CORRUPT (it is no
 * manifest). */
ZT_CALL enum zt_err zt_release_of(const char *path, char release[ZT_RELEASE]);

enum zt_page_state {
	ZT_PAGE_NONE,    /* no page is served */
	ZT_PAGE_GOOD,    /* each file is of a release that the organization accepts */
	ZT_PAGE_UNKNOWN, /* the files are of one release, and the organization has not said
			    which */
	/* Alarms: */
	ZT_PAGE_ALTERED, /* FILE is not as its release says */
	ZT_PAGE_FOREIGN, /* a release that the organization never accepted */
	ZT_PAGE_OLD,     /* one that it accepts no more */
	ZT_PAGE_GONE,    /* there was a page before: is it hidden from this device? */
	/* No alarm before it has lasted for a day, which is ZT_PAGE_GONE then: */
	ZT_PAGE_UNSEEN /* the server answered this device, and the look at its page failed */
};
struct zt_page {
	enum zt_page_state state;
	uint64_t time; /* of the look; 0: there was none */
	unsigned files;
	char origin[256], release[ZT_RELEASE], file[256];
};
ZT_CALL bool zt_page_is_alarm(enum zt_page_state state);
/* Fetches the page at URL (NULL: at the device's own server) with all its files, as a stranger
 * would, and compares them with the releases. What it finds at the own server is kept, also
 * that it failed, and an alarm until zt_page_clear. Other handles may have the device
 * meanwhile. Errors: NETWORK and the like; INVALID, CLEAR (of URL). */
ZT_CALL enum zt_err zt_page_check(struct zt *z, const char *url, struct zt_page *out);
/* The newest look at the own server, and the alarm; their time is 0 where there is none. */
ZT_CALL enum zt_err zt_page_known(struct zt *z, struct zt_page *newest, struct zt_page *alarm);
/* Ends the alarm, for a person who has found its reason. */
ZT_CALL enum zt_err zt_page_clear(struct zt *z);

struct zt_page_watch {
	void *ctx;
	uint64_t every_ms; /* on average; the times are random, so that no server knows them */
	void (*alarm)(void *ctx, const struct zt_page *page);
};
/* Has zt_watch of Z look at the own server's page now and then. The text of an alarm is
 * borrowed for the callback. */
ZT_API void zt_watch_page(struct zt *z, const struct zt_page_watch *w);

#ifdef __cplusplus
}
#endif

#endif
