/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "gateway/proof.h"

#include <stdlib.h>

#include "bus/clock.h"
#include "bus/rpc.h"
#include "format/limits.h"
#include "format/pb.h"
#include "frame/verify.h"
#include "proto/auth.pb-c.h"

enum { SETS = 2048, WAYS = 4, ASKED_MAX = 256 };

/* A key with which somebody has proved who they are: strangers cannot fill this table. */
struct known {
	uint64_t name, until_ms;
	struct id user;
	uint8_t key[SIGN_PUBLIC_BYTES];
};

struct proofs {
	struct upstream *auth;
	unsigned asked;
	struct known known[SETS][WAYS];
};

struct proof {
	struct upstream_call call; /* first: a call is its proof */
	struct proofs *of;
	uint64_t name;
	nng_msg *request; /* NULL: nobody waits */
	proof_done *done;
	void *who;
};

enum zt_err
proofs_new(struct upstream *auth, struct proofs **out)
{
	struct proofs *p = calloc(1, sizeof *p);

	if (p == NULL)
		return ZT_ERR_MEMORY;
	p->auth = auth;
	*out = p;
	return ZT_OK;
}

void
proofs_free(struct proofs *p)
{
	free(p);
}

/* What is known of NAME, or NULL. */
static const struct known *
look_up(struct proofs *p, uint64_t name)
{
	struct known *set = p->known[name % SETS];

	for (size_t i = 0; i < WAYS; i++)
		if (set[i].name == name && set[i].until_ms > clock_ms())
			return &set[i];
	return NULL;
}

static void
keep(struct proofs *p, const struct known *one)
{
	struct known *set = p->known[one->name % SETS], *oldest = set;

	for (size_t i = 0; i < WAYS; i++) {
		if (set[i].name == one->name) {
			oldest = &set[i];
			break;
		}
		if (set[i].until_ms < oldest->until_ms)
			oldest = &set[i];
	}
	*oldest = *one;
	oldest->until_ms = clock_ms() + PROOF_KEPT_MS;
}

/* Whether the head of REQUEST was signed with KEY. */
static enum zt_err
check(nng_msg *request, const uint8_t key[SIGN_PUBLIC_BYTES])
{
	struct wire_reader r = wire_read(bytes_of(nng_msg_body(request), nng_msg_len(request)));
	struct bytes head;
	Zt__Call *call = NULL;
	enum zt_err err;

	wire_expect_u32(&r, 1);
	head = wire_counted(&r, LIMIT_CALL);
	if (r.bad)
		return ZT_ERR_CORRUPT;
	if ((err = pb_decode(&zt__call__descriptor, head, LIMIT_CALL, &call)) == ZT_OK)
		err = verify_head(call, key);
	pb_free(call);
	return err;
}

/* What auth says of the device: its key and user, if it may do anything at all. */
static enum zt_err
read_decision(struct bytes body, struct known *out)
{
	Zt__Decision *m = NULL;
	enum zt_err err;

	if ((err = pb_decode(&zt__decision__descriptor, body, 4096, &m)) ||
	    (err = pb_exact(m->sign_key, out->key, SIGN_PUBLIC_BYTES)) ||
	    (err = pb_id(m->user, &out->user)))
		goto out;
	if (!m->live)
		err = ZT_ERR_REVOKED;
	else if (m->frozen)
		err = ZT_ERR_FROZEN;
out:
	pb_free(m);
	return err;
}

/* Auth answered. */
static void
answered(struct upstream_call *c, struct upstream_answer *a)
{
	struct proof *p = (struct proof *)c;
	struct known one = { .name = p->name };
	enum zt_err err = a->err;

	p->of->asked--;
	if (p->request != NULL) {
		if (err == ZT_OK && (err = read_decision(a->body, &one)) == ZT_OK &&
		    (err = check(p->request, one.key)) == ZT_OK)
			keep(p->of, &one);
		p->done(p->who, err, err ? NULL : &one.user);
	}
	free(p);
}

static enum zt_err
question(const struct httpsig_params *claim, nng_msg **out)
{
	static const struct id none;
	Zt__DecisionAsk q = ZT__DECISION_ASK__INIT;
	Zt__Call call = ZT__CALL__INIT;
	struct buf body = buf_init(256);
	nng_msg *m = NULL;
	enum zt_err err;

	q.org = pb_field(claim->org.b, ID_BYTES);
	q.device = pb_field(claim->device.b, ID_BYTES);
	q.workspace = pb_field(none.b, ID_BYTES);
	call.method = (char *)(uintptr_t) "ASK";
	call.target = (char *)(uintptr_t) "/decision";
	if ((err = pb_encode(&q, &body)) || (err = rpc_new(1, &m)) ||
	    (err = rpc_add_call(m, &call, body.n)))
		goto out;
	if (nng_msg_append(m, body.p, body.n) != 0) {
		err = ZT_ERR_MEMORY;
		goto out;
	}
	*out = m;
	m = NULL;
out:
	if (m != NULL)
		nng_msg_free(m);
	buf_free(&body);
	return err;
}

enum zt_err
proof_ask(struct proofs *p, const struct httpsig_params *claim, uint64_t name, nng_msg *request,
    proof_done *done, void *who, struct id *user, struct proof **pending)
{
	const struct known *known = look_up(p, name);
	struct proof *one;
	enum zt_err err;

	*pending = NULL;
	if (known != NULL) {
		*user = known->user;
		return check(request, known->key);
	}
	if (p->asked >= ASKED_MAX)
		return ZT_ERR_RATE;
	if ((one = calloc(1, sizeof *one)) == NULL)
		return ZT_ERR_MEMORY;
	if ((err = question(claim, &one->call.msg))) {
		free(one);
		return err;
	}
	one->call.batch = true;
	one->call.done = answered;
	one->of = p;
	one->name = name;
	one->request = request;
	one->done = done;
	one->who = who;
	p->asked++;
	*pending = one;
	upstream_send(p->auth, &one->call);
	return ZT_OK;
}

void
proof_leave(struct proof *p)
{
	if (p != NULL)
		p->request = NULL;
}
