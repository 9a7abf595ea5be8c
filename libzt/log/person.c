/* SPDX-License-Identifier: Apache-2.0 */
/* person.c - whom an address means. An address is what a newcomer typed and an admin accepted;
 * nothing in the log keeps two users from bearing one. So an address is looked up by what a
 * person sees in it, must be one live user's, and means the same user whom it meant on
 * this device before. */
#include "log/person.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "crypto/labels.h"
#include "format/limits.h"
#include "log/handles.h"
#include "log/sync.h"
#include "log/verbs.h"
#include "session/session.h"
#include "zt/org.h"

enum { FOLDED = 8 * LIMIT_TEXT };

typedef enum zt_err form(struct bytes text, struct buf *out);

/* Whether A and B are the same in FORM; what has no such form is like nothing. */
static bool
are_alike(form *of, const char *a, const char *b)
{
	struct buf x = buf_init(FOLDED), y = buf_init(FOLDED);
	bool same = of(bytes_text(a), &x) == ZT_OK && of(bytes_text(b), &y) == ZT_OK &&
		    x.n > 0 && bytes_equal(buf_bytes(&x), buf_bytes(&y));

	buf_free(&x);
	buf_free(&y);
	return same;
}

bool
log_same_address(const char *a, const char *b)
{
	return are_alike(utf8_fold, a, b);
}

/* ---- what this device remembers ---- */

/* The name of ADDRESS in the store, which shows no addresses. */
static enum zt_err
place_of(struct zt *z, const char *address, struct hash *out)
{
	struct buf folded = buf_init(FOLDED);
	struct secret *key = NULL;
	enum zt_err err;

	if ((err = utf8_fold(bytes_text(address), &folded)) == ZT_OK &&
	    (err = secret_derive(z->local, LABEL_PERSON, &key)) == ZT_OK) {
		struct bytes parts[] = { secret_bytes(key), buf_bytes(&folded) };

		hash_blake2b_parts(LABEL_PERSON, parts, 2, out);
	}
	secret_free(key);
	buf_free(&folded);
	return err;
}

static enum zt_err
remember(struct zt *z, const char *address, const struct id *user)
{
	struct hash place;
	enum zt_err err = place_of(z, address, &place);

	return err ? err
		   : store_put(z->store, STORE_PERSON, bytes_of(place.b, HASH_BYTES), 0,
			 bytes_of(user->b, ID_BYTES));
}

enum zt_err
log_meant(struct zt *z, const struct id *user)
{
	struct log_handle h;

	log_handle(z, user, &h);
	return h.email[0] != 0 ? remember(z, h.email, user) : ZT_OK;
}

/* The first use of an address decides; a later one must agree. */
static enum zt_err
check_remembered(struct zt *z, const char *address, const struct id *user)
{
	struct buf was = buf_init(ID_BYTES);
	char before[ID_TEXT], now[ID_TEXT];
	struct hash place;
	struct id id;
	enum zt_err err = place_of(z, address, &place);

	if (err == ZT_OK)
		err = store_get(z->store, STORE_PERSON, bytes_of(place.b, HASH_BYTES), 0, &was);
	if (err == ZT_ERR_NOT_FOUND) {
		err = remember(z, address, user);
	} else if (err == ZT_OK && was.n == ID_BYTES) {
		memcpy(id.b, was.p, ID_BYTES);
		if (!id_equal(&id, user)) {
			id_print(&id, before);
			id_print(user, now);
			err = session_refuse(z, ZT_ERR_WHO,
			    "%.60s was user %s on this device before, and is %s now: ask them, "
			    "then name them by that id",
			    address, before, now);
		}
	}
	buf_free(&was);
	return err;
}

/* ---- looked up ---- */

static enum zt_err
find_by_id(struct zt *z, const struct id *id, struct org_user **out)
{
	struct org_user *u = org_state_user(z->state, id);
	char text[ID_TEXT];

	id_print(id, text);
	if (u == NULL)
		return session_refuse(z, ZT_ERR_NOT_FOUND, "there is no user %.200s", text);
	*out = u;
	return ZT_OK;
}

/* The next user of ADDRESS behind *AT who is live, or who is not; NULL: no more. */
static struct org_user *
next_of_address(struct zt *z, const char *address, bool live, size_t *at)
{
	struct org_user *u;

	while ((u = idmap_next(&z->state->users, at)) != NULL) {
		struct log_handle h;

		log_handle(z, &u->id, &h);
		if (org_state_user_live(u, ORG_NEVER) == live &&
		    log_same_address(h.email, address))
			return u;
	}
	return NULL;
}

enum zt_err
log_find_user(struct zt *z, const char *text, struct org_user **out)
{
	struct org_user *found, *other;
	struct id id;
	size_t at = 0;
	enum zt_err err;

	if (id_parse(text, strlen(text), &id) == ZT_OK)
		return find_by_id(z, &id, out);
	if ((found = next_of_address(z, text, true, &at)) == NULL)
		return session_refuse(z, ZT_ERR_NOT_FOUND, "there is no user %.200s", text);
	if ((other = next_of_address(z, text, true, &at)) != NULL) {
		char one[ID_TEXT], two[ID_TEXT];

		id_print(&found->id, one);
		id_print(&other->id, two);
		return session_refuse(z, ZT_ERR_WHO,
		    "%.60s is the address of two users, %s and %s: ask them which id is "
		    "theirs, and name them by it",
		    text, one, two);
	}
	if ((err = check_remembered(z, text, &found->id)))
		return err;
	*out = found;
	return ZT_OK;
}

enum zt_err
log_check_new_address(struct zt *z, const char *address)
{
	char id[ID_TEXT];
	size_t at = 0;
	const struct org_user *u = next_of_address(z, address, true, &at);

	if (u == NULL)
		return ZT_OK;
	id_print(&u->id, id);
	return session_refuse(z, ZT_ERR_WHO,
	    "%.100s is the address of a user already (%s): revoke that one first, or let the "
	    "newcomer take another",
	    address, id);
}

/* ---- what a person should look at twice ---- */

/* Whether U was there before OF (NULL: a newcomer): the later one is to be doubted. */
static bool
was_before(const struct org_user *u, const struct org_user *of)
{
	return of == NULL || u->added < of->added;
}

/* Somebody else whose address reads the same. */
static bool
find_look_alike(
    struct zt *z, const char *address, const struct org_user *of, struct log_handle *out)
{
	struct org_user *u;
	size_t at = 0;

	while ((u = idmap_next(&z->state->users, &at)) != NULL) {
		if (!org_state_user_live(u, ORG_NEVER) || !was_before(u, of))
			continue;
		log_handle(z, &u->id, out);
		if (!log_same_address(out->email, address) &&
		    are_alike(utf8_skeleton, out->email, address))
			return true;
	}
	return false;
}

void
log_doubt_address(
    struct zt *z, const char *address, const struct id *user, char out[SESSION_MESSAGE])
{
	char text[2 * SESSION_MESSAGE] = "", id[ID_TEXT];
	const struct org_user *u, *of = user != NULL ? org_state_user(z->state, user) : NULL;
	struct log_handle like;
	size_t at = 0;

	if (address[0] == 0) {
		out[0] = 0;
		return;
	}
	if (find_look_alike(z, address, of, &like))
		(void)snprintf(text, sizeof text,
		    session_translate(
			z, "this address looks like another one that is known: %.150s"),
		    like.email);
	else if (utf8_is_mixed(bytes_text(address)))
		(void)snprintf(text, sizeof text, "%s",
		    session_translate(z, "this address mixes letters of several alphabets"));
	while (text[0] == 0 && (u = next_of_address(z, address, false, &at)) != NULL)
		if (was_before(u, of)) {
			id_print(&u->id, id);
			(void)snprintf(text, sizeof text,
			    session_translate(z,
				"this address was that of another user before, who "
				"was revoked: "
				"%s"),
			    id);
		}
	utf8_show_text(text, out, SESSION_MESSAGE);
}

void
log_fingerprint(const struct org_user *u, char out[ZT_FINGERPRINT])
{
	struct bytes parts[] = { bytes_of(u->id.b, ID_BYTES), bytes_of(u->keys[0].key, 32) };
	struct hash h;

	hash_blake2b_parts(LABEL_USER_FINGERPRINT, parts, 2, &h);
	for (unsigned i = 0; i < 5; i++)
		(void)snprintf(out + 5 * i, ZT_FINGERPRINT - 5 * i, "%02x%02x%s", h.b[2 * i],
		    h.b[2 * i + 1], i < 4 ? "-" : "");
}

void
log_person(struct zt *z, const struct org_user *u, struct zt_person *out)
{
	struct log_handle h;

	log_handle(z, &u->id, &h);
	*out = (struct zt_person){ .is_live = org_state_user_live(u, ORG_NEVER) };
	id_print(&u->id, out->id);
	(void)snprintf(out->email, sizeof out->email, "%s", h.email);
	(void)snprintf(out->name, sizeof out->name, "%s", h.name);
	log_fingerprint(u, out->fingerprint);
	log_doubt_address(z, h.email, &u->id, out->doubt);
}

enum zt_err
log_find_person(struct zt *z, const char *user, struct zt_person *out)
{
	struct org_user *u;
	enum zt_err err;

	z->message[0] = 0;
	if ((err = log_fetch(z)) || (err = log_sync_handles(z)) ||
	    (err = log_find_user(z, user, &u)))
		return err;
	log_person(z, u, out);
	return ZT_OK;
}
