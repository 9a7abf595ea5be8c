/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* config.h - a service's settings from a YAML file: flat keys, each typed, required or with a
 * default. Errors name file, line and key. */
#ifndef ZT_BUS_CONFIG_H
#define ZT_BUS_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* CONFIG_ADDRESS: nng addresses that link.h takes, separated by commas. */
enum config_type { CONFIG_TEXT, CONFIG_INT, CONFIG_ADDRESS };

#define CONFIG_TEXT_MAX 512

struct config_key {
	const char *name;
	enum config_type type;
	size_t offset;        /* of a char[CONFIG_TEXT_MAX] or an int64_t in the struct */
	const char *fallback; /* NULL: required */
	int64_t min, max;     /* of an integer */
	const char *help;
};

/* Reads FILE into SETTINGS by the COUNT KEYS. On error MESSAGE[200] names file, line and key.
 * Errors: CONFIG, NOT_FOUND. */
ZT_CHECKED enum zt_err config_load(const char *file, const struct config_key *keys,
    size_t count, void *settings, char message[200]);

/* Whether one of the addresses in SETTINGS is on a network (link.h). */
bool config_is_far(const struct config_key *keys, size_t count, const void *settings);

#endif
