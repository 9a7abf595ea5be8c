#include "common/policy.h"

#include <pthread.h>
#include <stdlib.h>

#include "crypto/hash.h"
#include "crypto/idmap.h"
#include "format/pb.h"
#include "proto/auth.pb-c.h"

enum { MOST_KEPT = 100000, ASK_MS = 5000 };

struct org_cache {
	struct idmap decisions; /* by device and workspace */
};

struct policy {
	struct peer *auth;
	pthread_mutex_t lock;
	struct idmap orgs;
	size_t kept;
	uint64_t epoch; /* grows with each forgetting: an answer asked before is not kept */
	bool connected;
};

static void
free_cache(void *p)
{
	struct org_cache *c = p;

	idmap_free(&c->decisions, free);
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

void
policy_forget(struct policy *p, const struct id *org)
{
	struct org_cache *c;

	(void)pthread_mutex_lock(&p->lock);
	p->epoch++;
	if (org == NULL) {
		idmap_free(&p->orgs, free_cache);
		p->kept = 0;
	} else if ((c = idmap_get(&p->orgs, org)) != NULL) {
		p->kept -= c->decisions.count;
		idmap_free(&c->decisions, free);
	}
	(void)pthread_mutex_unlock(&p->lock);
}

void
policy_connected(struct policy *p, bool is_connected)
{
	policy_forget(p, NULL); /* whatever happened while the line was down */
	(void)pthread_mutex_lock(&p->lock);
	p->connected = is_connected;
	(void)pthread_mutex_unlock(&p->lock);
}

static void
key_of(const struct id *device, const struct id *workspace, struct id *out)
{
	struct bytes parts[] = { bytes_of(device->b, ID_BYTES),
		bytes_of(workspace->b, ID_BYTES) };
	struct hash h;

	hash_purpose("zt policy 1", parts, 2, &h);
	memcpy(out->b, h.b, ID_BYTES);
}

static bool
look_up(struct policy *p, const struct id *org, const struct id *key, struct decision *out,
    uint64_t *epoch)
{
	struct org_cache *c;
	struct decision *d = NULL;

	(void)pthread_mutex_lock(&p->lock);
	*epoch = p->epoch;
	if (p->connected && (c = idmap_get(&p->orgs, org)) != NULL &&
	    (d = idmap_get(&c->decisions, key)) != NULL)
		*out = *d;
	(void)pthread_mutex_unlock(&p->lock);
	return d != NULL;
}

/* Keeps D unless something changed since it was asked for; without memory it is just not kept.
 */
static void
keep(struct policy *p, const struct id *org, const struct id *key, const struct decision *d,
    uint64_t epoch)
{
	struct org_cache *c;
	struct decision *kept;

	(void)pthread_mutex_lock(&p->lock);
	if (!p->connected || epoch != p->epoch)
		goto out;
	if (p->kept >= MOST_KEPT) {
		idmap_free(&p->orgs, free_cache);
		p->kept = 0;
	}
	if ((c = idmap_get(&p->orgs, org)) == NULL) {
		if ((c = calloc(1, sizeof *c)) == NULL)
			goto out;
		if (idmap_put(&p->orgs, org, c)) {
			free(c);
			goto out;
		}
	}
	if ((kept = idmap_get(&c->decisions, key)) == NULL) {
		if ((kept = malloc(sizeof *kept)) == NULL)
			goto out;
		if (idmap_put(&c->decisions, key, kept)) {
			free(kept);
			goto out;
		}
		p->kept++;
	}
	*kept = *d;
out:
	(void)pthread_mutex_unlock(&p->lock);
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
	    (err = peer_ask(p->auth, "/decision", buf_bytes(&body), ASK_MS, &answer)) ||
	    (err = pb_decode(&zt__decision__descriptor, buf_bytes(&answer), 4096, &m)) ||
	    (err = pb_id(m->user, &d.user)) ||
	    (err = pb_exact(m->sign_key, d.sign_key, sizeof d.sign_key)))
		goto out;
	d.profile = (enum profile)m->profile;
	d.role = (enum role)m->role;
	d.generation = m->generation;
	d.live = m->live != 0;
	d.open = m->open != 0;
	d.archived = m->archived != 0;
	d.deletion_due = m->deletion_due;
	d.frozen = m->frozen != 0;
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
	uint64_t epoch;
	enum zt_err err;

	key_of(device, workspace, &key);
	if (look_up(p, org, &key, out, &epoch) && !fresh)
		return ZT_OK;
	if ((err = ask(p, org, device, workspace, out)) == ZT_OK)
		keep(p, org, &key, out, epoch);
	return err;
}
