/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* settings.h - the settings that every service has. */
#ifndef ZT_FRAME_SETTINGS_H
#define ZT_FRAME_SETTINGS_H

#include "bus/config.h"
#include "bus/link.h"

/* A service's own struct begins with it, as its member base. */
struct service_settings {
	char listen[CONFIG_TEXT_MAX], events[CONFIG_TEXT_MAX], subscribe[CONFIG_TEXT_MAX],
	    key_file[CONFIG_TEXT_MAX], auth[CONFIG_TEXT_MAX], database[CONFIG_TEXT_MAX],
	    audit_file[CONFIG_TEXT_MAX], audit_syslog[CONFIG_TEXT_MAX];
	char database_file[CONFIG_TEXT_MAX];
	struct link_settings peers;
	int64_t workers, sweep, user_rate, org_rate;
};

#define SERVICE_KEYS(type)                                                                     \
	{ "listen", CONFIG_ADDRESS, offsetof(type, base.listen), NULL, 0, 0,                   \
		"nng address of this service" },                                               \
	    { "events", CONFIG_ADDRESS, offsetof(type, base.events), "", 0, 0,                 \
		    "nng address on which it publishes events" },                              \
	    { "subscribe", CONFIG_ADDRESS, offsetof(type, base.subscribe), "", 0, 0,           \
		    "addresses of other services' events, separated by commas" },              \
	    { "key_file", CONFIG_TEXT, offsetof(type, base.key_file), NULL, 0, 0,              \
		    "file with the key that all services share for their events" },            \
	    { "auth", CONFIG_ADDRESS, offsetof(type, base.auth), "", 0, 0,                     \
		    "nng address of the auth service" },                                       \
	    { "database", CONFIG_TEXT, offsetof(type, base.database), "", 0, 0,                \
		    "libpq connection string" },                                               \
	    { "database_file", CONFIG_TEXT, offsetof(type, base.database_file), "", 0, 0,      \
		    "file with it instead, for this service alone" },                          \
	    LINK_KEYS(type, base.peers),                                                       \
	    { "audit_file", CONFIG_TEXT, offsetof(type, base.audit_file), "", 0, 0,            \
		    "file for the audit trail, JSON lines" },                                  \
	    { "audit_syslog", CONFIG_TEXT, offsetof(type, base.audit_syslog), "", 0, 0,        \
		    "unix:PATH or udp:HOST:PORT: the trail as RFC 5424 messages" },            \
	    { "workers", CONFIG_INT, offsetof(type, base.workers), "4", 1, 256, "threads" },   \
	    { "user_rate", CONFIG_INT, offsetof(type, base.user_rate), "5000", 1, 1000000,     \
		    "requests a second of one user, in the mean of a minute" },                \
	    { "org_rate", CONFIG_INT, offsetof(type, base.org_rate), "20000", 1, 1000000,      \
		    "the same of one organization" },                                          \
	{                                                                                      \
		"sweep", CONFIG_INT, offsetof(type, base.sweep), "3600", 1, 86400,             \
		    "seconds between two looks at what is due to be deleted"                   \
	}

#endif
