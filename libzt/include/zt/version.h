/* SPDX-License-Identifier: Apache-2.0 */
/* zt/version.h - the version of these headers; zt_version() is that of the library. Made by
 * mk/rules.mk from the file VERSION. */
#ifndef ZT_VERSION_H
#define ZT_VERSION_H

#define ZT_VERSION_MAJOR 0
#define ZT_VERSION_MINOR 1
#define ZT_VERSION_PATCH 0
/* To be compared: 0.1.0 is 100, 1.2.3 is 10203. */
#define ZT_VERSION_NUMBER (ZT_VERSION_MAJOR * 10000 + ZT_VERSION_MINOR * 100 + ZT_VERSION_PATCH)

#endif
