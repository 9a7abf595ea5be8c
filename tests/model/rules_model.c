/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "rules_model.h"

#include <sodium.h>
#include <string.h>

static bool
device_is_live(const struct model *m, unsigned d)
{
	return d < m->devices && m->device[d].live && m->user[m->device[d].user].live;
}

/* What somebody can do: the revoked nothing, an outsider at most write. */
static enum model_role
role_of(const struct model *m, const struct model_space *w, unsigned user)
{
	if (!m->user[user].live)
		return M_NONE;
	if (m->user[user].profile == M_OUTSIDER && w->role[user] > M_CONTRIBUTOR)
		return M_CONTRIBUTOR;
	return w->role[user];
}

/* No two entries pin different chains at one place. */
static bool
contradicts(const struct model_space *w, const struct model_step *s)
{
	bool other = s->odd == M_OTHER_LINK;

	for (unsigned i = 0; i < w->pins; i++)
		if (!w->pin[i].is_void && s->pinned > 0 && w->pin[i].position == s->pinned &&
		    w->pin[i].of_other != other)
			return true;
	return false;
}

static bool
may_change_role(const struct model *m, const struct model_space *w, const struct model_step *s,
    unsigned author)
{
	enum model_role was, mine = role_of(m, w, author);
	bool is_high;

	if (s->user >= m->users || !m->user[s->user].live || s->user == author ||
	    s->value > M_OWNER)
		return false;
	was = role_of(m, w, s->user);
	is_high = was >= M_MANAGER || s->value >= M_MANAGER;
	if (mine < M_MANAGER || (is_high && mine != M_OWNER) || was == s->value)
		return false;
	if (m->user[s->user].profile == M_OUTSIDER && s->value >= M_MANAGER)
		return false;
	/* a loss of the right to write, and nothing else, has a place of the chain with it */
	if (s->has_pin != (was >= M_CONTRIBUTOR && s->value < M_CONTRIBUTOR) ||
	    (s->has_pin && contradicts(w, s)))
		return false;
	return !w->needs_rotation || s->value == M_NONE || s->has_pin;
}

static bool
may_claim(const struct model *m, const struct model_space *w, unsigned author)
{
	enum model_role mine = role_of(m, w, author);

	if (mine == M_NONE || m->user[author].profile == M_OUTSIDER)
		return false;
	for (unsigned u = 0; u < m->users; u++) {
		enum model_role r = role_of(m, w, u);

		if (r == M_OWNER || (r > mine && m->user[u].profile != M_OUTSIDER))
			return false;
	}
	return true;
}

/* The furthest place that a rotation has pinned. */
static uint64_t
pinned(const struct model_space *w)
{
	uint64_t far = 0;

	for (unsigned i = 0; i < w->pins; i++)
		if (w->pin[i].is_rotation && !w->pin[i].is_void && w->pin[i].position > far)
			far = w->pin[i].position;
	return far;
}

/* Older keys that a rotation brings along: each once, in order, none that comes by itself. */
static bool
older_are_good(const struct model_step *s)
{
	for (unsigned i = 0; i < s->olders; i++)
		if (s->older[i] == 0 || s->older[i] + 1 >= s->generation ||
		    (i > 0 && s->older[i] <= s->older[i - 1]))
			return false;
	return (s->odd != M_OLDER_SHORT || s->olders == 0) &&
	       (s->odd != M_PREVIOUS_SHORT || s->lacks_previous);
}

static struct model_pin *
pin_of(struct model_space *w, uint64_t entry)
{
	for (unsigned i = 0; i < w->pins; i++)
		if (w->pin[i].entry == entry && !w->pin[i].is_void)
			return &w->pin[i];
	return NULL;
}

/* How long a deletion has to be announced. */
static uint64_t
delay(const struct model *m)
{
	return m->settings.delay > MODEL_DAY ? m->settings.delay : MODEL_DAY;
}

static bool
may_in_space(const struct model *m, const struct model_step *s, unsigned author)
{
	const struct model_space *w = &m->space[s->space];
	enum model_role mine;

	if (s->space >= m->workspaces)
		return false;
	mine = role_of(m, w, author);
	switch ((int)s->act) {
	case M_ROLE_CHANGED:
		return may_change_role(m, w, s, author);
	case M_KEY_ROTATED:
		return mine >= M_MANAGER && s->generation == w->generation + 1 &&
		       s->pinned >= pinned(w) && !contradicts(w, s) && older_are_good(s);
	case M_OWNERSHIP_CLAIMED:
		return may_claim(m, w, author);
	case M_SPACE_RENAMED:
		return mine == M_OWNER && !w->needs_rotation && s->generation == w->generation;
	case M_SPACE_ARCHIVED:
		return mine == M_OWNER && !w->needs_rotation && (s->value != 0) != w->archived;
	case M_PIN_VOIDED:
		return mine == M_OWNER && pin_of((struct model_space *)(uintptr_t)w, s->names);
	case M_CHANGESET_VOIDED:
		return mine == M_OWNER && s->names > 0 &&
		       !(w->voided[s->odd == M_OTHER_LINK] & 1u << s->names);
	default: /* a deletion: to come, or one to come taken back */
		return mine == M_OWNER &&
		       (s->due != 0 ? !w->needs_rotation && s->due >= s->time + delay(m)
				    : w->due > s->time);
	}
}

/* Whether somebody of PROFILE may have the new device of S. */
static bool
may_be_there(const struct model *m, const struct model_step *s, unsigned profile)
{
	if (!s->in_browser)
		return true;
	return s->odd != M_BAD_ORIGIN && m->settings.browsers != M_NOBODY &&
	       (m->settings.browsers == M_EVERYBODY || profile != M_ADMIN);
}

/* Nobody becomes an admin who has what no admin may have. */
static bool
may_rise(const struct model *m, const struct model_step *s)
{
	if (s->value != M_ADMIN || m->settings.browsers == M_EVERYBODY)
		return true;
	for (unsigned d = 0; d < m->devices; d++)
		if (m->device[d].live && m->device[d].in_browser &&
		    m->device[d].user == s->user)
			return false;
	return true;
}

static bool
are_settings(const struct model_settings *t)
{
	return t->browsers <= M_NOBODY && t->creators <= M_ADMINS_ONLY &&
	       (t->delay == 0 || (t->delay >= MODEL_DAY && t->delay <= MODEL_MONTH));
}

static bool
are_releases(const struct model_step *s)
{
	return s->releases <= MODEL_RELEASES &&
	       (s->odd != M_RELEASE_TWICE || s->releases < 2) &&
	       (s->odd != M_RELEASE_SHORT || s->releases == 0);
}

static unsigned
admins(const struct model *m)
{
	unsigned n = 0;

	for (unsigned u = 0; u < m->users; u++)
		n += m->user[u].live && m->user[u].profile == M_ADMIN;
	return n;
}

/* The time of the newest entry of the topic of S. */
static uint64_t
newest(const struct model *m, const struct model_step *s)
{
	if (s->act < M_SPACE_CREATED)
		return m->time;
	return s->space < m->workspaces ? m->space[s->space].time : 0;
}

bool
model_allows(const struct model *m, const struct model_step *s)
{
	unsigned author;
	bool is_admin;

	if (s->is_behind || s->is_forged || s->is_forked || s->odd == M_MISPLACED ||
	    s->odd == M_SEES_AHEAD || !device_is_live(m, s->author) || s->time < newest(m, s))
		return false;
	author = m->device[s->author].user;
	is_admin = m->user[author].profile == M_ADMIN;
	switch ((int)s->act) {
	case M_USER_ADDED:
		return is_admin && s->user >= m->users && may_be_there(m, s, s->value);
	case M_DEVICE_ADDED:
		return s->user == author &&
		       s->device >= m->devices && /* fewer than 64 in all */
		       may_be_there(m, s, m->user[author].profile);
	case M_PROFILE_CHANGED:
		return is_admin && s->user < m->users && m->user[s->user].live &&
		       s->value >= M_ADMIN && s->value <= M_OUTSIDER &&
		       s->value != m->user[s->user].profile &&
		       (m->user[s->user].profile != M_ADMIN || admins(m) > 1) && may_rise(m, s);
	case M_USER_REVOKED:
		return is_admin && s->user < m->users && m->user[s->user].live &&
		       s->user != author;
	case M_DEVICE_REVOKED:
		return device_is_live(m, s->device) && s->device != s->author &&
		       (is_admin || m->device[s->device].user == author);
	case M_USER_KEY_ROTATED:
		return s->user == author && s->generation == m->user[author].generation + 1 &&
		       s->seals_to_all && s->odd != M_SEALED_TWICE &&
		       s->odd != M_SEALED_ELSEWHERE && s->odd != M_SEALED_SHORT &&
		       older_are_good(s);
	case M_ORG_SETTINGS:
		return is_admin && are_settings(&s->settings);
	case M_RELEASES_PINNED:
		return is_admin && are_releases(s);
	case M_SPACE_CREATED:
		return m->user[author].profile != M_OUTSIDER && s->space >= m->workspaces &&
		       (is_admin || m->settings.creators == M_STANDARD_TOO);
	default:
		return may_in_space(m, s, author);
	}
}

/* USER, or a device of theirs, is gone: everything that they could read needs another key. */
static void
lose(struct model *m, unsigned user)
{
	for (unsigned w = 0; w < m->workspaces; w++)
		if (m->space[w].role[user] != M_NONE)
			m->space[w].needs_rotation = true;
}

static void
apply_in_space(struct model *m, const struct model_step *s, unsigned author)
{
	struct model_space *w = &m->space[s->space];
	bool other = s->odd == M_OTHER_LINK;

	w->time = s->time;
	switch ((int)s->act) {
	case M_ROLE_CHANGED:
		w->role[s->user] = s->value;
		if (s->has_pin)
			w->pin[w->pins++] =
			    (struct model_pin){ s->entry, s->pinned, false, false, other };
		w->needs_rotation = w->needs_rotation || s->value == M_NONE;
		return;
	case M_KEY_ROTATED:
		w->generation++;
		w->pin[w->pins++] =
		    (struct model_pin){ s->entry, s->pinned, true, false, other };
		w->needs_rotation = false;
		return;
	case M_OWNERSHIP_CLAIMED:
		w->role[author] = M_OWNER;
		return;
	case M_SPACE_ARCHIVED:
		w->archived = s->value != 0;
		return;
	case M_SPACE_DELETION:
		w->due = s->due;
		return;
	case M_PIN_VOIDED:
		pin_of(w, s->names)->is_void = true;
		return;
	case M_CHANGESET_VOIDED:
		w->voided[other] |= 1u << s->names;
		return;
	default: /* a name is of no consequence */
		return;
	}
}

void
model_apply(struct model *m, const struct model_step *s)
{
	unsigned author = m->device[s->author].user;

	if (s->act < M_SPACE_CREATED)
		m->time = s->time;
	switch ((int)s->act) {
	case M_USER_ADDED:
		m->user[m->users] = (struct model_user){ true, s->value, 1 };
		m->device[m->devices++] =
		    (struct model_device){ true, m->users++, s->in_browser };
		return;
	case M_DEVICE_ADDED:
		m->device[m->devices++] = (struct model_device){ true, s->user, s->in_browser };
		return;
	case M_PROFILE_CHANGED:
		m->user[s->user].profile = s->value;
		return;
	case M_USER_REVOKED:
		lose(m, s->user);
		m->user[s->user].live = false;
		return;
	case M_DEVICE_REVOKED:
		m->device[s->device].live = false;
		lose(m, m->device[s->device].user);
		return;
	case M_USER_KEY_ROTATED:
		m->user[author].generation++;
		return;
	case M_ORG_SETTINGS:
		m->settings = s->settings;
		return;
	case M_RELEASES_PINNED: /* of consequence to those alone who fetch the page */
		return;
	case M_SPACE_CREATED:
		m->space[m->workspaces] =
		    (struct model_space){ .generation = 1, .time = s->time };
		m->space[m->workspaces++].role[author] = M_OWNER;
		return;
	default:
		apply_in_space(m, s, author);
	}
}

/* ---- the format ---- */

static void
hash(const char *purpose, const uint8_t *const part[], const size_t n[], unsigned parts,
    uint8_t out[32])
{
	crypto_generichash_state h;

	(void)crypto_generichash_init(&h, NULL, 0, 32);
	(void)crypto_generichash_update(&h, (const uint8_t *)purpose, strlen(purpose) + 1);
	for (unsigned i = 0; i < parts; i++)
		(void)crypto_generichash_update(&h, part[i], n[i]);
	(void)crypto_generichash_final(&h, out, 32);
}

void
model_leaf(const uint8_t topic[16], uint64_t index, const uint8_t *prev, const uint8_t *body,
    size_t body_n, const uint8_t signature[64], uint8_t tag[32], uint8_t leaf[32])
{
	uint8_t number[8], digest[32], zero = 0;
	crypto_hash_sha256_state h;

	for (unsigned i = 0; i < 8; i++)
		number[i] = (uint8_t)(index >> 8 * (7 - i));
	hash("zt entry tag 1", (const uint8_t *const[]){ topic, number, prev },
	    (const size_t[]){ 16, 8, prev != NULL ? 32 : 0 }, 3, tag);
	hash("zt entry 1", (const uint8_t *const[]){ body, signature },
	    (const size_t[]){ body_n, 64 }, 2, digest);
	(void)crypto_hash_sha256_init(&h);
	(void)crypto_hash_sha256_update(&h, &zero, 1);
	(void)crypto_hash_sha256_update(&h, tag, 32);
	(void)crypto_hash_sha256_update(&h, digest, 32);
	(void)crypto_hash_sha256_final(&h, leaf);
}
