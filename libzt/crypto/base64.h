/* SPDX-License-Identifier: Apache-2.0 */
/* base64.h - RFC 4648 base64 with padding, as HTTP structured fields (RFC 8941) write bytes. */
#ifndef ZT_CRYPTO_BASE64_H
#define ZT_CRYPTO_BASE64_H

#include "base/buf.h"

/* Appends the text of BYTES. */
void base64_print(struct bytes bytes, struct buf *out);
/* Reads exactly N bytes; refuses anything that is not the one spelling of them. Errors:
 * INVALID. */
ZT_CHECKED enum zt_err base64_parse(struct bytes text, uint8_t *out, size_t n);

#endif
