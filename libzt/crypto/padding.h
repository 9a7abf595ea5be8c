/* SPDX-License-Identifier: Apache-2.0 */
/* padding.h - Padmé: sizes rounded so that at most log log n bits of them leak, at most 12%
 * more bytes. Source: Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and
 * Communication with PURBs", 4.1. */
#ifndef ZT_CRYPTO_PADDING_H
#define ZT_CRYPTO_PADDING_H

#include <stddef.h>
#include <stdint.h>

/* The padded size of N; N itself when N < 2 or when padding would pass 2^63. */
uint64_t padding_size(uint64_t n);

#endif
