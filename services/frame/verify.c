/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "frame/verify.h"

#include "format/limits.h"

enum { VALID_MAX_S = 120 };

/* A path that names the body's hash binds it: the handler checks that one hash and no other. */
static bool
binds_body(const struct route_row *row)
{
	return strstr(row->path, "{hash}") != NULL;
}

enum zt_err
verify_claims(const struct verify_window *w, const Zt__Call *call, const struct route_row *row,
    const struct route_params *params, size_t body, uint64_t now_ms, struct httpsig_params *out,
    const char **message)
{
	uint64_t created, expires;

	*message = N_("the request is not signed as RFC 9421 and this server ask");
	if (httpsig_params(call->signature_input, out))
		return ZT_ERR_SIGNATURE;
	if (body > 0 && !out->covers_digest && !binds_body(row))
		return ZT_ERR_SIGNATURE;
	*message = N_("the request was signed for another organization");
	if (!id_equal(&out->org, &params->org))
		return ZT_ERR_FORBIDDEN;
	created = out->created_s * 1000;
	expires = out->expires_s * 1000;
	*message =
	    N_("the request was signed at a time that this server's clock does not accept");
	if (created > now_ms + LIMIT_CLOCK_MS || created + LIMIT_CLOCK_MS < now_ms ||
	    expires < created || expires - created > VALID_MAX_S * 1000 ||
	    expires + LIMIT_CLOCK_MS < now_ms)
		return ZT_ERR_CLOCK;
	*message = N_("the request was signed before this service started; sign it again");
	if (created + 999 < w->started_ms) /* its nonce may be in a memory that is gone */
		return ZT_ERR_REPLAY;
	return ZT_OK;
}

static const char *
field(const void *ctx, const char *name)
{
	const Zt__Call *call = ctx;

	return strcmp(name, "content-digest") == 0 ? call->content_digest : NULL;
}

enum zt_err
verify_head(const Zt__Call *call, const uint8_t key[SIGN_PUBLIC_BYTES])
{
	struct httpsig_message m = { .method = call->method,
		.target = call->target,
		.authority = call->authority,
		.field = field,
		.ctx = call };

	return httpsig_verify(&m, call->signature_input, call->signature, key) == ZT_OK
		   ? ZT_OK
		   : ZT_ERR_SIGNATURE;
}

enum zt_err
verify_signed(const struct verify_window *w, const Zt__Call *call,
    const struct httpsig_params *p, const uint8_t key[SIGN_PUBLIC_BYTES], struct bytes body)
{
	struct id nonce;
	enum zt_err err;

	if ((err = verify_head(call, key)))
		return err;
	if (p->covers_digest && (err = httpsig_digest_check(call->content_digest, body)))
		return err;
	if (id_parse(p->nonce, HTTPSIG_NONCE, &nonce))
		return ZT_ERR_SIGNATURE;
	return replay_take(w->replay, &p->org, &p->device, &nonce, p->created_s * 1000);
}
