/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* qr.h - a text as a QR code on a terminal, for a phone to read. */
#ifndef ZT_COMMON_QR_H
#define ZT_COMMON_QR_H

#include <stdbool.h>

/* Prints TEXT (ISO/IEC 18004, error correction M) in half blocks, dark on light with any
 * terminal colours, with the quiet zone of four modules. False: too long, or no memory. */
bool qr_print(const char *text);

#endif
