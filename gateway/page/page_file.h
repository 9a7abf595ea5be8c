/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* page_file.h - files of the page, for both who serve them: the gateway, and the agent. */
#ifndef ZT_PAGE_PAGE_FILE_H
#define ZT_PAGE_PAGE_FILE_H

#include <stdbool.h>

/* The Content-Type of the file PATH, by its end; static. */
const char *page_file_type(const char *path);
/* Whether LIST, an Accept-Encoding, has br and does not refuse it. NULL: it has not. */
bool page_file_takes_brotli(const char *list);

#endif
