/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* types.h - JSON against the TypeScript types of methods.def, so that table and code cannot
 * differ: the frame judges each request by them, and tests judge each answer. */
#ifndef ZT_RPC_TYPES_H
#define ZT_RPC_TYPES_H

#include <jansson.h>
#include <stdbool.h>

#include "encode/encode.h"

#define TYPE_NUMBER_MAX ENCODE_NUMBER_MAX

enum type_fault_kind { TYPE_MISSING, TYPE_UNKNOWN, TYPE_OTHER };
struct type_fault {
	enum type_fault_kind kind;
	char where[128]; /* as "user" or "entries[3].path"; cut where it is longer */
};

/* Whether VALUE is of TYPE, in which numbers are whole and within TYPE_NUMBER_MAX; FROM_ZERO:
 * and not negative. Else FAULT is the first place where it is not. */
bool type_check(
    const char *type, bool from_zero, const json_t *value, struct type_fault *fault);
/* The type of an event of methods.def, or of a question's value, and of its data; or NULL.
 * Static. */
const char *type_of_event(const char *event);
const char *type_of_question(const char *question);
const char *type_of_data(const char *question);

#endif
