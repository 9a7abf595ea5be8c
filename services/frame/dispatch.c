/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "frame/dispatch.h"

#include "bus/clock.h"
#include "format/limits.h"
#include "format/pb.h"
#include "frame/audit.h"
#include "frame/log.h"

/* What is written under a key generation is judged by the newest: the word of a rotation may
 * still be under way when its author deposits the key. */
static bool
is_under_a_key(enum route r)
{
	return r == ROUTE_PUSH || r == ROUTE_KEYS_PUT || r == ROUTE_REWRAP;
}

/* The workspace in which the caller's role counts; zero where none does. */
static const struct id *
workspace_of(const struct request *rq)
{
	static const struct id none;
	enum who who = route_row(rq->route)->who;

	return who == WHO_READER || who == WHO_WRITER ? &rq->params.id : &none;
}

/* What an organization does not take while its log is shorter than it once was: a device that
 * was revoked since, or knows nothing of it, would end it. */
static bool
is_new(enum route r)
{
	return r == ROUTE_LOG_APPEND || r == ROUTE_PUSH || r == ROUTE_KEYS_PUT ||
	       r == ROUTE_REWRAP || r == ROUTE_CHECKPOINT_PUT;
}

static enum zt_err
decide(struct dispatch *d, struct request *rq, bool fresh)
{
	const struct id *w = workspace_of(rq);

	if (d->def->decide != NULL)
		return d->def->decide(
		    d->state, rq->db, &rq->params.org, &rq->device, w, &rq->caller);
	return policy_decide(d->policy, &rq->params.org, &rq->device, w, fresh, &rq->caller);
}

/* Who asked is who it says: what auth said of it may be kept. */
static void
keep(const struct dispatch *d, const struct request *rq)
{
	if (d->policy != NULL)
		policy_keep(
		    d->policy, &rq->params.org, &rq->device, workspace_of(rq), &rq->caller);
}

static enum zt_err
may(const struct route_row *row, const struct request *rq, const char **message)
{
	*message = N_("the device or its user was revoked");
	if (!rq->caller.live)
		return ZT_ERR_REVOKED;
	*message = "";
	if (rq->caller.frozen)
		return ZT_ERR_FROZEN;
	if (rq->caller.expires != 0 && rq->caller.expires <= rq->now_ms)
		return ZT_ERR_EXPIRED;
	*message = N_("you are not a member of this workspace, or no longer");
	if (row->who >= WHO_READER && rq->caller.role == ROLE_NONE)
		return ZT_ERR_NOT_MEMBER;
	*message = N_("the workspace was deleted");
	if (row->who >= WHO_READER && rq->caller.deletion_due != 0 &&
	    rq->caller.deletion_due <= rq->now_ms)
		return ZT_ERR_NOT_FOUND;
	*message = "";
	if (rq->caller.restored && is_new(rq->route))
		return ZT_ERR_RESTORED;
	*message = N_("readers do not write");
	if (row->who == WHO_WRITER && rq->caller.role < ROLE_CONTRIBUTOR)
		return ZT_ERR_FORBIDDEN;
	*message = "";
	return ZT_OK;
}

/* The auth service knows the operator's token; the others ask it. */
static enum zt_err
is_operator(struct dispatch *d, const char *authorization)
{
	struct buf answer = buf_init(64);
	enum zt_err err;

	if (d->def->is_operator != NULL)
		return d->def->is_operator(d->state, authorization) ? ZT_OK : ZT_ERR_FORBIDDEN;
	if (service_auth(d->service) == NULL)
		return ZT_ERR_FORBIDDEN;
	err = peer_call(
	    service_auth(d->service), "/operator", bytes_text(authorization), 5000, &answer);
	buf_free(&answer);
	return err;
}

/* Tells the gateway that the caller is who it says, also when it may not do this. A
 * caller that is shut out has no share of the gateway's places and memory, whatever it signs.
 */
static void
prove(const struct request *rq, struct rpc_answer *out)
{
	out->is_proved = rq->caller.live && !rq->caller.frozen;
	if (out->is_proved)
		out->user = rq->caller.user;
}

/* Who calls, by signature or token, and whether the row lets them. */
static enum zt_err
admit(struct dispatch *d, const Zt__Call *call, struct request *rq, struct rpc_answer *out,
    const char **message)
{
	const struct route_row *row = route_row(rq->route);
	struct httpsig_params p;
	bool fresh;
	enum zt_err err;

	*message = "";
	if (row->who == WHO_ANYONE)
		return ZT_OK; /* the handler asks for the token that its body carries */
	if (row->who == WHO_OPERATOR) {
		err = is_operator(d, call->authorization);
		out->is_proved = err == ZT_OK;
		return err;
	}
	if ((err = verify_claims(
		 &d->window, call, row, &rq->params, rq->body.n, rq->now_ms, &p, message)))
		return err;
	*message = "";
	rq->device = p.device;
	fresh = is_under_a_key(rq->route);
	if ((err = decide(d, rq, fresh)))
		return err;
#ifndef ZT_BENCH_UNVERIFIED /* only a build made to measure what verification costs defines it \
			     */
	if ((err = verify_signed(&d->window, call, &p, rq->caller.sign_key, rq->body)))
		return err;
#endif
	prove(rq, out);
	keep(d, rq);
	if (out->is_proved && d->def->seen != NULL)
		d->def->seen(d->state, rq->db, &rq->params.org, &rq->device, rq->now_ms);
	if (d->rate != NULL &&
	    (err = rate_take(d->rate, &rq->params.org, &rq->caller.user, clock_ms(), message)))
		return err;
	*message = "";
	if ((err = may(row, rq, message)) == ZT_OK || fresh)
		return err;
	/* A cached decision may be too old to refuse a device that was just entered: ask
	 * auth. */
	*message = "";
	if ((err = decide(d, rq, true)))
		return err;
	prove(rq, out);
	keep(d, rq);
	return may(row, rq, message);
}

static enum zt_err
ask(struct dispatch *d, struct db *db, const Zt__Call *call, struct bytes body,
    struct rpc_answer *out)
{
	struct request rq = { .target = call->target,
		.body = body,
		.db = db,
		.service = d->service,
		.now_ms = clock_wall_ms() };
	struct buf text = buf_init(1024 * 1024);
	enum zt_err err;

	for (size_t i = 0; i < d->def->rpc_count; i++)
		if (strcmp(call->target, d->def->rpcs[i].what) == 0)
			return d->def->rpcs[i].run(d->state, &rq, out);
	if (strcmp(call->target, "/health") == 0)
		return ZT_OK;
	if (strcmp(call->target, "/metrics") != 0)
		return ZT_ERR_METHOD;
	metrics_print(&d->metrics, d->def->name, &text);
	if ((err = buf_err(&text)) == ZT_OK)
		rpc_answer_add(out, buf_bytes(&text));
	buf_free(&text);
	return err;
}

static enum zt_err
run(struct dispatch *d, struct request *rq, const Zt__Call *call, struct rpc_answer *out)
{
	const struct route_row *row = route_row(rq->route);
	const char *message = "";
	enum zt_err err;

	if (row->service != d->def->service || d->def->handlers[rq->route] == NULL)
		return ZT_ERR_METHOD;
	if (rq->body.n > row->limit)
		return ZT_ERR_TOO_BIG;
	if ((err = admit(d, call, rq, out, &message)))
		return service_refuse(out, err, message);
	return d->def->handlers[rq->route](d->state, rq, out);
}

static void
note(const struct request *rq, enum zt_err err, const char *detail, uint64_t us)
{
	char org[ID_TEXT], device[ID_TEXT], ms[32];

	id_print(&rq->params.org, org);
	id_print(&rq->device, device);
	(void)snprintf(ms, sizeof ms, "%.1f", (double)us / 1000);
	log_line(err == ZT_ERR_DATABASE || err == ZT_ERR_IO ? "error" : "info", "refused",
	    "call", route_row(rq->route)->name, "org", org, "device", device, "error",
	    err_name(err), "why", detail, "ms", ms, NULL);
}

/* Refusals that tell of an attempt, and not of a mistake. */
static void
audit_refusal(const struct dispatch *d, const struct request *rq, enum zt_err err)
{
	if (err == ZT_ERR_REVOKED || err == ZT_ERR_FROZEN || err == ZT_ERR_SIGNATURE ||
	    err == ZT_ERR_REPLAY || err == ZT_ERR_UNKNOWN_DEVICE || err == ZT_ERR_FORBIDDEN ||
	    err == ZT_ERR_NOT_MEMBER)
		audit(d->service, err_name(err), &rq->params.org, &rq->device, NULL);
}

static uint64_t
now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

enum zt_err
dispatch_call(
    struct dispatch *d, struct db *db, const Zt__Call *call, struct bytes body, nng_msg *msg)
{
	struct request rq = { .body = body,
		.target = call->target,
		.service = d->service,
		.db = db,
		.now_ms = clock_wall_ms() };
	struct rpc_answer out = rpc_answer_begin(msg);
	uint64_t began = now_us();
	enum zt_err err;

	if (strcmp(call->method, "ASK") == 0)
		return rpc_answer_end(&out, ask(d, db, call, body, &out));
	if ((err = route_match(call->method, call->target, &rq.route, &rq.params)))
		return rpc_answer_end(&out, err);
	err = run(d, &rq, call, &out);
	metrics_count(&d->metrics, rq.route, err, now_us() - began);
	if (err) {
		note(&rq, err, out.detail, now_us() - began);
		audit_refusal(d, &rq, err);
	}
	return rpc_answer_end(&out, err);
}

enum zt_err
dispatch_message(struct dispatch *d, struct db *db, struct bytes request, nng_msg **out)
{
	struct wire_reader r = wire_read(request);
	uint32_t count = wire_u32(&r), done = 0;
	nng_msg *m = NULL;
	enum zt_err err;

	if (count == 0 || count > LIMIT_BATCH)
		return ZT_ERR_CORRUPT;
	if ((err = rpc_new(count, &m)))
		return err;
	for (; err == ZT_OK && done < count && nng_msg_len(m) < RPC_FILL; done++) {
		struct bytes head = wire_counted(&r, LIMIT_CALL);
		struct bytes body = wire_counted(&r, LIMIT_PAGE + LIMIT_PUSH);
		Zt__Call *call = NULL;

		err = r.bad ? ZT_ERR_CORRUPT
			    : pb_decode(&zt__call__descriptor, head, LIMIT_CALL, &call);
		if (err == ZT_OK)
			err = dispatch_call(d, db, call, body, m);
		pb_free(call);
	}
	if (err == ZT_OK && done == count && wire_end(&r))
		err = ZT_ERR_CORRUPT;
	if (err) {
		nng_msg_free(m);
		return err;
	}
	rpc_set_count(m, done);
	*out = m;
	return ZT_OK;
}
