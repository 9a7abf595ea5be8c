/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* encode.h - the structs of include/zt as JSON, each once, by the TYPE rows of methods.def.
 *
 * Each returns a new value, or NULL without memory, which json_pack's "o" passes on. */
#ifndef ZT_ENCODE_ENCODE_H
#define ZT_ENCODE_ENCODE_H

#include <jansson.h>

#include "zt/chat.h"
#include "zt/enrol.h"
#include "zt/file.h"
#include "zt/history.h"
#include "zt/org.h"
#include "zt/pki.h"
#include "zt/recover.h"
#include "zt/release.h"
#include "zt/workspace.h"

#define ENCODE_NUMBER_MAX (((json_int_t)1 << 53) - 1) /* and as much below 0 */

/* TEXT of any bytes; NULL is "". */
json_t *encode_text(const char *text);
/* N, or the most that a program of TypeScript counts to exactly: a member may sign any. */
json_t *encode_number(uint64_t n);
/* ENGLISH with PARAMETER (or NULL) in the place of its one %s, cut to SIZE bytes. */
void encode_sentence(const char *english, const char *parameter, char *out, size_t size);

/* OBJECT with MEMBER as KEY, and takes both: for members that are not always there, which "o*"
 * would leave out where there is no memory. */
json_t *encode_with(json_t *object, const char *key, json_t *member);

/* VALUE as ASCII and a zero byte, in *N bytes; NULL: there was no memory. The caller frees.
 * (json_dumps leaves bytes out where it finds none.) */
char *encode_json(const json_t *value, size_t *n);

json_t *encode_head(const struct zt_identity *id);
json_t *encode_identity(const struct zt_identity *id);
json_t *encode_user(const struct zt_user *u);
json_t *encode_person(const struct zt_person *p);
json_t *encode_device(const struct zt_device *d);
json_t *encode_act(const struct zt_act *a);
json_t *encode_way(const struct zt_way *w);
json_t *encode_invitation(const struct zt_invitation *i);
json_t *encode_join_request(const struct zt_pki_open *r);
json_t *encode_anchor(const struct zt_pki_item *i);
json_t *encode_workspace(const struct zt_workspace *w);
json_t *encode_member(const struct zt_member *m);
json_t *encode_channel(const struct zt_channel *c);
json_t *encode_message(const struct zt_message *m);
/* F in its folder, and in its workspace; DETAILS: F has them. */
json_t *encode_entry(const struct zt_file *f, bool details);
json_t *encode_found(const struct zt_file *f, bool details);
json_t *encode_version(const struct zt_version *v);
json_t *encode_removed(const struct zt_removed *r);
json_t *encode_check(const struct zt_check *k);
json_t *encode_log_entry(const struct zt_entry *e);
json_t *encode_page_look(const struct zt_page *p);

#endif
