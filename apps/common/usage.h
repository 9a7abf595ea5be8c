/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* usage.h - how many files and folders a listing has, and how many bytes. */
#ifndef ZT_COMMON_USAGE_H
#define ZT_COMMON_USAGE_H

#include <stdint.h>

#include "zt/file.h"

struct usage {
	uint64_t files, folders, bytes;
};

/* For zt_ls with details, whose context is a struct usage that began as zeros: adds F. */
void usage_add(void *usage, const struct zt_file *f);

#endif
