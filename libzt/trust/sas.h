/* SPDX-License-Identifier: Apache-2.0 */
/* sas.h - the enrolment exchange: commit, reveal, compare codes; a state machine without
 * I/O.
 *
 *   0 claimer -> greeter   X25519 key
 *   1 greeter -> claimer   X25519 key, commitment to the greeter's nonce and all keys so far
 *   2 claimer -> greeter   nonce
 *   3 greeter -> claimer   nonce (must fit the commitment)
 *     both screens show codes; each human picks the other's
 *   4 claimer -> greeter   confirmation    5 greeter -> claimer   confirmation
 *   6 claimer -> greeter   sealed claim    7 greeter -> claimer   sealed welcome
 *
 * A man in the middle must choose its nonce before it knows the other side's, so its codes
 * agree with probability 2^-20 (P8). Everything is bound to organization, invitation and
 * attempt: steps of two attempts do not mix (J3). Source: docs/protocol.md 7. */
#ifndef ZT_TRUST_SAS_H
#define ZT_TRUST_SAS_H

#include "base/buf.h"
#include "base/id.h"
#include "crypto/secret.h"

#define SAS_CODE 5 /* four characters and a zero byte: 20 bits */
#define SAS_CHOICES 4
#define SAS_STEPS 8

enum sas_side { SAS_CLAIMER, SAS_GREETER };

struct sas;

/* A new exchange; the caller frees. Errors: MEMORY. */
ZT_CHECKED enum zt_err sas_new(enum sas_side side, const struct id *org,
    const struct id *invitation, const struct id *attempt, struct sas **out);
/* The secret for sas_resume once the codes were compared, for a side that may end its process
 * then. The caller frees. Errors: INVALID (before step 6), MEMORY. */
ZT_CHECKED enum zt_err sas_keep(const struct sas *s, struct secret **root);
/* Resumes an exchange at STEP, 6 or 7, from sas_keep's secret. Errors: MEMORY. */
ZT_CHECKED enum zt_err sas_resume(enum sas_side side, const struct id *org,
    const struct id *invitation, const struct id *attempt, const struct secret *root,
    unsigned step, struct sas **out);
/* Wipes and releases. NULL is nothing. */
void sas_free(struct sas *s);
/* The next step, 0 to SAS_STEPS; even steps are the claimer's. */
unsigned sas_step(const struct sas *s);
/* Whether the next step is this side's to send. */
bool sas_is_my_turn(const struct sas *s);
/* Appends this side's next message. CLEAR is the content of steps 6 and 7, else empty. Steps 4
 * and 5 need sas_pick before. Errors: INVALID (not its turn), CODES (no pick yet), MEMORY. */
ZT_CHECKED enum zt_err sas_send(struct sas *s, struct bytes clear, struct buf *out);
/* Takes the other side's next message; content of steps 6 and 7 is appended to CLEAR. After any
 * error the exchange is dead. Errors: ABORTED (out of order, another attempt, a reveal that
 * does not fit its commitment), CORRUPT. */
ZT_CHECKED enum zt_err sas_receive(struct sas *s, struct bytes message, struct buf *clear);
/* The code to show on this side's screen. Errors: INVALID (before step 4). */
ZT_CHECKED enum zt_err sas_my_code(const struct sas *s, char out[SAS_CODE]);
/* SAS_CHOICES codes in random order, one of which is the other screen's. Errors: INVALID. */
ZT_CHECKED enum zt_err sas_choices(struct sas *s, char out[SAS_CHOICES][SAS_CODE]);
/* The human picked CODE. A wrong pick burns the exchange. Errors: CODES, INVALID. */
ZT_CHECKED enum zt_err sas_pick(struct sas *s, const char *code);

#endif
