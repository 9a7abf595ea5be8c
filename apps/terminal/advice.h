/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* advice.h - the sentences of libzt, with what a person can type here. */
#ifndef ZT_TERMINAL_ADVICE_H
#define ZT_TERMINAL_ADVICE_H

/* The sentence ENGLISH of libzt in the user's language, with this program's advice if it has
 * one. Has the printf directives of ENGLISH. For zt_options.translate. A static text. */
const char *advice(const char *english) __attribute__((format_arg(1)));

#endif
