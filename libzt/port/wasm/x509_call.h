/* SPDX-License-Identifier: Apache-2.0 */
/* x509_call.h - what the client's module asks the one that has OpenSSL, and what is answered.
 * Both are of one release. Integers are big-endian; {} is a 32-bit count and what it counts
 * (base/wire.h).
 *
 * CHECK: what 4 | now 8 | {e-mail} | {statement} | {signature} | {certificate} | the chain, the
 * anchors, the revocation lists: each its count 4, then {DER}. Answer: the reason, in English,
 * when it is refused.
 *
 * DESCRIBE: what 4 | {DER}. Answer: from 8 | until 8 | fingerprint 32 | {subject} | {issuer}.
 *
 * DESCRIBE_LIST: the same of a revocation list, without a subject. */
#ifndef ZT_PORT_WASM_X509_CALL_H
#define ZT_PORT_WASM_X509_CALL_H

enum { X509_CALL_CHECK = 1, X509_CALL_DESCRIBE = 2, X509_CALL_DESCRIBE_LIST = 3 };

/* The most bytes of an e-mail, and of an answer. */
enum { X509_CALL_TEXT = 1024, X509_CALL_ANSWER = 1024 };

#endif
