/* SPDX-License-Identifier: Apache-2.0 */
/* keys.c - a workspace's keys, as they reach this device: stored, sealed to its user by another
 * member, or brought along by a rotation under a newer one. */
#include "chain/keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "chain/workspace.h"
#include "format/limits.h"
#include "format/pb.h"
#include "log/user_keys.h"
#include "proto/metadata.pb-c.h"
#include "session/session.h"
#include "trust/keyring.h"

static enum zt_err
key_room(struct workspace *s)
{
	size_t n = s->w->generation_count;
	struct secret **keys;

	if (n <= s->key_cap)
		return ZT_OK;
	if ((keys = realloc(s->keys, n * sizeof(struct secret *))) == NULL)
		return ZT_ERR_MEMORY;
	for (size_t i = s->key_cap; i < n; i++)
		keys[i] = NULL;
	s->keys = keys;
	s->key_cap = n;
	return ZT_OK;
}

/* A new key is stored before its rotation is appended. If another rotation won, the stored key
 * does not match the generation's commitment: NOT_FOUND. */
static enum zt_err
stored_key(struct workspace *s, unsigned generation, struct secret **out)
{
	struct buf b = buf_init(256);
	struct secret *key = NULL;
	struct hash is;
	enum zt_err err =
	    store_get(s->z->store, STORE_KEY, bytes_of(s->w->id.b, ID_BYTES), generation, &b);

	if (err == ZT_OK && (err = secret_from(buf_bytes(&b), &key)) == ZT_OK) {
		keyring_commit(key, &is);
		if (hash_equal(&is, &s->w->generations[generation - 1].commitment)) {
			*out = key;
			key = NULL;
		} else {
			err = ZT_ERR_NOT_FOUND;
		}
	}
	secret_free(key);
	buf_free(&b);
	return err;
}

static enum zt_err
keep_key(struct workspace *s, unsigned generation, struct secret *key)
{
	s->keys[generation - 1] = key;
	s->all_reachable_from = 0; /* whether the newest leads to it is to be seen */
	return store_put(s->z->store, STORE_KEY, bytes_of(s->w->id.b, ID_BYTES), generation,
	    secret_bytes(key));
}

/* Opens one sealed key and keeps it, unless its generation's key is here. Errors: those of
 * keyring_open. */
static enum zt_err
take_sealed(struct workspace *s, const Zt__Statement *sealed)
{
	struct keyring_subject subject;
	struct statement st;
	const struct secret *mine;
	struct secret *key = NULL;
	struct id author;
	unsigned g;
	enum zt_err err;

	if ((err = statement_of(sealed, &st)) || (err = keyring_read(&st, &subject, &author)))
		return err;
	if ((g = subject.generation) == 0 || g > s->w->generation_count)
		return ZT_ERR_CORRUPT;
	if (s->keys[g - 1] != NULL)
		return ZT_OK;
	subject = (struct keyring_subject){ .org = s->z->org,
		.workspace = s->w->id,
		.user = s->z->user,
		.generation = g,
		.user_generation = subject.user_generation };
	if ((mine = log_user_key(s->z, subject.user_generation)) == NULL)
		return ZT_ERR_KEY;
	err = keyring_open(
	    s->z->state, &subject, &st, mine, &s->w->generations[g - 1].commitment, &key);
	return err ? err : keep_key(s, g, key);
}

/* One page of what members sealed to this user; a bad one is passed over for another (K3, K4).
 * *BAD: there was one. */
static enum zt_err
fetch_page(struct workspace *s, size_t *from, bool *more, bool *bad)
{
	struct route_params p = { .org = s->z->org, .id = s->w->id };
	struct buf answer = buf_init(LIMIT_PAGE);
	Zt__SealedKeys *m = NULL;
	char query[40];
	enum zt_err err;

	(void)snprintf(query, sizeof query, "from=%zu", *from);
	if ((err = session_call(s->z, ROUTE_KEYS_GET, &p, query, bytes_of(NULL, 0), &answer)) ||
	    (err = pb_decode(&zt__sealed_keys__descriptor, buf_bytes(&answer), LIMIT_PAGE, &m)))
		goto out;
	for (size_t i = 0; err == ZT_OK && i < m->n_keys; i++) {
		enum zt_err e = take_sealed(s, m->keys[i]);

		*bad |= e != ZT_OK;
		err = e == ZT_ERR_MEMORY || e == ZT_ERR_STORE || e == ZT_ERR_FULL ? e : ZT_OK;
	}
	*from += m->n_keys;
	*more = m->more && m->n_keys > 0;
out:
	pb_free(m);
	buf_free(&answer);
	return err;
}

/* Opens O, which the rotation to generation G brought along. Errors: KEY (it is not what the
 * log says, or not under G's key). */
static enum zt_err
open_older(struct workspace *s, unsigned g, const struct org_older *o, struct secret **out)
{
	return keyring_open_older(s->keys[g - 1], &s->w->id, g,
	    bytes_of(o->sealed, sizeof o->sealed),
	    &s->w->generations[o->generation - 1].commitment, out);
}

/* All that the rotation to generation G brought along, as far as it is wanted and true. */
static enum zt_err
take_older(struct workspace *s, unsigned g)
{
	const struct org_generation *at = &s->w->generations[g - 1];
	enum zt_err err = ZT_OK;

	for (size_t i = 0; err == ZT_OK && i < at->older_count; i++) {
		unsigned n = at->older[i].generation;
		struct secret *key = NULL;

		if (s->keys[n - 1] == NULL && open_older(s, g, &at->older[i], &key) == ZT_OK)
			err = keep_key(s, n, key);
	}
	return err;
}

/* Looks whether the key of G is here, and what it opens. */
static enum zt_err
look_at(struct workspace *s, unsigned g)
{
	struct secret *key = NULL;

	if (s->keys[g - 1] == NULL && stored_key(s, g, &key) == ZT_OK)
		s->keys[g - 1] = key;
	return s->keys[g - 1] != NULL ? take_older(s, g) : ZT_OK;
}

/* The way back to generation GOAL from all newer ones whose key is here: each opens what its
 * rotation brought along. Ends early when the goal is reached. */
static enum zt_err
go_back_to(struct workspace *s, unsigned goal)
{
	enum zt_err err = ZT_OK;

	for (unsigned g = (unsigned)s->w->generation_count;
	     err == ZT_OK && g >= goal && s->keys[goal - 1] == NULL; g--)
		err = look_at(s, g);
	return err;
}

/* Through what members sealed to this user, the newest first, until the key of GOAL is here or
 * the way back to it. */
static enum zt_err
fetch_keys(struct workspace *s, unsigned goal, bool *bad)
{
	enum { MAX = 1 << 20 }; /* what no server has for one user and workspace */
	size_t from = 0;
	bool more = true;
	enum zt_err err = ZT_OK;

	while (err == ZT_OK && more && from < MAX && s->keys[goal - 1] == NULL)
		if ((err = fetch_page(s, &from, &more, bad)) == ZT_OK)
			err = go_back_to(s, goal);
	return err;
}

const struct secret *
workspace_held_key(struct workspace *s, unsigned generation)
{
	return key_room(s) || go_back_to(s, generation) ? NULL : s->keys[generation - 1];
}

enum zt_err
workspace_key(struct workspace *s, unsigned generation, const struct secret **out)
{
	bool bad = false;
	enum zt_err err;

	if (generation == 0 || generation > s->w->generation_count)
		return session_refuse(
		    s->z, ZT_ERR_KEY, "a key generation that the trust log does not know");
	if (workspace_held_key(s, generation) == NULL &&
	    ((err = key_room(s)) || (err = fetch_keys(s, generation, &bad))))
		return err;
	if (s->keys[generation - 1] == NULL)
		return session_refuse(s->z, bad ? ZT_ERR_KEY : ZT_ERR_MISSING_KEY,
		    bad ? "the server's sealed key is not the key of this workspace; ask a "
			  "manager or an owner to share it with you again, or to rotate the key"
			: N_("the workspace's key has not reached this device; ask a manager "
			     "or "
			     "an "
			     "owner to share it with you again, or to rotate the key"));
	*out = s->keys[generation - 1];
	return ZT_OK;
}

enum zt_err
workspace_key_to_write(struct workspace *s, const struct secret **out)
{
	enum { FIRST_MS = 50, LAST_MS = 800 };
	unsigned newest = (unsigned)s->w->generation_count;
	enum zt_err err = workspace_key(s, newest, out);

	for (int ms = FIRST_MS; err == ZT_ERR_MISSING_KEY && ms <= LAST_MS; ms *= 2) {
		struct timespec t = { .tv_nsec = ms * 1000000L };

		if ((err = session_may_go_on(s->z)))
			break;
		(void)nanosleep(&t, NULL);
		s->z->message[0] = 0;
		err = workspace_key(s, newest, out);
	}
	return err;
}

/* Marks in LEADS (by number) the generations that rotation G makes reachable from its key. */
static void
follow(struct workspace *s, unsigned g, bool *leads)
{
	const struct org_generation *at = &s->w->generations[g - 1];

	for (size_t i = 0; i < at->older_count; i++) {
		struct secret *key = NULL;

		if (!leads[at->older[i].generation] &&
		    open_older(s, g, &at->older[i], &key) == ZT_OK)
			leads[at->older[i].generation] = true;
		secret_free(key);
	}
}

enum zt_err
workspace_unreachable_keys(struct workspace *s, unsigned out[LIMIT_OLDER], size_t *count)
{
	unsigned newest = (unsigned)s->w->generation_count;
	bool *leads = calloc(newest + 1, sizeof *leads);
	enum zt_err err = leads != NULL ? key_room(s) : ZT_ERR_MEMORY;

	*count = 0;
	for (unsigned g = newest; err == ZT_OK && g > 0; g--) {
		/* The newest one is brought along as the previous, if it is here at all. */
		leads[g] |= g == newest;
		err = look_at(s, g);
		if (err || s->keys[g - 1] == NULL)
			continue;
		if (!leads[g] && *count < LIMIT_OLDER) {
			out[(*count)++] = g;
			leads[g] = true;
		}
		if (leads[g])
			follow(s, g, leads);
	}
	for (size_t i = 0; i < *count / 2; i++) { /* oldest first */
		unsigned g = out[i];

		out[i] = out[*count - 1 - i];
		out[*count - 1 - i] = g;
	}
	free(leads);
	return err;
}
