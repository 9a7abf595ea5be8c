/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "frame/policy.h"

#include <pthread.h>
#include <stdlib.h>

#include "bus/clock.h"
#include "bus/line.h"
#include "crypto/hash.h"
#include "crypto/idmap.h"
#include "crypto/labels.h"
#include "format/pb.h"
#include "proto/auth.pb-c.h"

enum { KEPT_MAX = 100000, ASK_MS = 5000 };

struct org_cache {
	struct idmap kept; /* by device and workspace */
};

struct policy {
	struct peer *auth;
	pthread_mutex_t lock;
	struct idmap orgs;
	size_t count;
	uint64_t epoch; /* grows with each forgetting: an answer asked before is not kept */
	uint64_t heard_ms;
	bool is_deaf;
};

static void
free_cache(void *p)
{
	struct org_cache *c = p;

	idmap_free(&c->kept, free);
	free(c);
}

enum zt_err
policy_new(struct peer *auth, struct policy **out)
{
	struct policy *p = calloc(1, sizeof *p);

	if (p == NULL)
		return ZT_ERR_MEMORY;
	p->auth = auth;
	(void)pthread_mutex_init(&p->lock, NULL);
	*out = p;
	return ZT_OK;
}

void
policy_free(struct policy *p)
{
	if (p == NULL)
		return;
	idmap_free(&p->orgs, free_cache);
	(void)pthread_mutex_destroy(&p->lock);
	free(p);
}

/* Takes everything out of P, which is locked, for the caller to free without the lock. */
static struct idmap
empty(struct policy *p)
{
	struct idmap all = p->orgs;

	p->orgs = (struct idmap){ 0 };
	p->count = 0;
	return all;
}

void
policy_forget(struct policy *p, const struct id *org)
{
	struct idmap all = { 0 };
	struct org_cache *c = NULL;

	(void)pthread_mutex_lock(&p->lock);
	p->epoch++;
	if (org == NULL)
		all = empty(p);
	else if ((c = idmap_remove(&p->orgs, org)) != NULL)
		p->count -= c->kept.count;
	(void)pthread_mutex_unlock(&p->lock);
	if (c != NULL)
		free_cache(c);
	idmap_free(&all, free_cache);
}

void
policy_heard(struct policy *p, uint64_t now_ms)
{
	(void)pthread_mutex_lock(&p->lock);
	p->heard_ms = now_ms;
	p->is_deaf = false;
	(void)pthread_mutex_unlock(&p->lock);
}

void
policy_deaf(struct policy *p)
{
	(void)pthread_mutex_lock(&p->lock);
	p->is_deaf = true;
	(void)pthread_mutex_unlock(&p->lock);
	policy_forget(p, NULL); /* events until it is connected again are lost */
}

static void
key_of(const struct id *device, const struct id *workspace, struct id *out)
{
	struct bytes parts[] = { bytes_of(device->b, ID_BYTES),
		bytes_of(workspace->b, ID_BYTES) };
	struct hash h;

	hash_blake2b_parts(LABEL_POLICY, parts, 2, &h);
	memcpy(out->b, h.b, ID_BYTES);
}

/* Whether the cache may be used at NOW_MS; P is locked. Checks the clock itself: a process
 * that was stopped for a while has not noticed yet. */
static bool
is_whole(const struct policy *p, uint64_t now_ms)
{
	return !p->is_deaf && now_ms <= p->heard_ms + LINE_SILENT_MS;
}

static bool
look_up(struct policy *p, const struct id *org, const struct id *key, uint64_t now_ms,
    struct decision *out, uint64_t *epoch)
{
	const struct org_cache *c;
	const struct decision *d = NULL;

	(void)pthread_mutex_lock(&p->lock);
	*epoch = p->epoch;
	if (is_whole(p, now_ms) && (c = idmap_get(&p->orgs, org)) != NULL &&
	    (d = idmap_get(&c->kept, key)) != NULL) {
		if (now_ms - d->asked_ms <= POLICY_KEPT_MS)
			*out = *d;
		else
			d = NULL;
	}
	(void)pthread_mutex_unlock(&p->lock);
	return d != NULL;
}

/* The place for what is known by KEY of ORG; NULL without memory. P is locked. */
static struct decision *
place_of(struct policy *p, const struct id *org, const struct id *key)
{
	struct org_cache *c = idmap_get(&p->orgs, org);
	struct decision *d;

	if (c == NULL) {
		if ((c = calloc(1, sizeof *c)) == NULL || idmap_put(&p->orgs, org, c)) {
			free(c);
			return NULL;
		}
	}
	if ((d = idmap_get(&c->kept, key)) != NULL)
		return d;
	if ((d = calloc(1, sizeof *d)) == NULL || idmap_put(&c->kept, key, d)) {
		free(d);
		return NULL;
	}
	p->count++;
	return d;
}

void
policy_keep(struct policy *p, const struct id *org, const struct id *device,
    const struct id *workspace, const struct decision *d)
{
	struct idmap all = { 0 };
	struct decision *place;
	struct id key;

	if (!d->is_news || !d->live || (!id_is_zero(workspace) && d->role == ROLE_NONE))
		return;
	key_of(device, workspace, &key);
	(void)pthread_mutex_lock(&p->lock);
	if (is_whole(p, clock_ms()) && d->epoch == p->epoch) {
		if (p->count >= KEPT_MAX)
			all = empty(p);
		if ((place = place_of(p, org, &key)) != NULL) {
			*place = *d;
			place->is_news = false;
		}
	}
	(void)pthread_mutex_unlock(&p->lock);
	idmap_free(&all, free_cache);
}

static enum zt_err
ask(struct policy *p, const struct id *org, const struct id *device, const struct id *workspace,
    struct decision *out)
{
	Zt__DecisionAsk q = ZT__DECISION_ASK__INIT;
	Zt__Decision *m = NULL;
	struct buf body = buf_init(256), answer = buf_init(4096);
	struct decision d = { 0 };
	enum zt_err err;

	q.org = pb_field(org->b, ID_BYTES);
	q.device = pb_field(device->b, ID_BYTES);
	q.workspace = pb_field(workspace->b, ID_BYTES);
	if ((err = pb_encode(&q, &body)) ||
	    (err = peer_call(p->auth, "/decision", buf_bytes(&body), ASK_MS, &answer)) ||
	    (err = pb_decode(&zt__decision__descriptor, buf_bytes(&answer), 4096, &m)) ||
	    (err = pb_id(m->user, &d.user)) ||
	    (err = pb_exact(m->sign_key, d.sign_key, sizeof d.sign_key)))
		goto out;
	d.profile = (enum profile)m->profile;
	d.role = (enum role)m->role;
	d.generation = m->generation;
	d.live = m->live != 0;
	d.needs_rotation = m->open != 0;
	d.archived = m->archived != 0;
	d.deletion_due = m->deletion_due;
	d.frozen = m->frozen != 0;
	d.restored = m->restored != 0;
	d.expires = m->expires;
	d.storage_limit = m->storage_limit;
	*out = d;
out:
	pb_free(m);
	buf_free(&body);
	buf_free(&answer);
	return err;
}

enum zt_err
policy_decide(struct policy *p, const struct id *org, const struct id *device,
    const struct id *workspace, bool fresh, struct decision *out)
{
	struct id key;
	uint64_t epoch, now = clock_ms();
	enum zt_err err;

	key_of(device, workspace, &key);
	if (look_up(p, org, &key, now, out, &epoch) && !fresh)
		return ZT_OK;
	if ((err = ask(p, org, device, workspace, out)))
		return err;
	out->asked_ms = now;
	out->epoch = epoch;
	out->is_news = true;
	return ZT_OK;
}
