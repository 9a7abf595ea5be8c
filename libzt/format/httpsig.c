/* SPDX-License-Identifier: Apache-2.0 */
#include "format/httpsig.h"

#include <inttypes.h>
#include <stdio.h>

#include "crypto/base64.h"
#include "crypto/hash.h"
#include "format/limits.h"

enum { COMPONENTS_MAX = 16 };

/* The text of Signature-Input, cut in its parts; all borrowed from it. */
struct input {
	struct bytes label, params; /* params: from "(" to the end, as RFC 9421 2.3 signs it */
	struct bytes component[COMPONENTS_MAX];
	size_t count;
	const char *rest; /* ";created=..." */
};

static bool
is_key_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
	       c == '*' || c == '.';
}

static enum zt_err
cut(const char *text, struct input *in)
{
	const char *p = text;

	if (strlen(text) > LIMIT_HEAD)
		return ZT_ERR_INVALID;
	while (is_key_char(*p))
		p++;
	in->label = bytes_of(text, (size_t)(p - text));
	in->count = 0;
	if (in->label.n == 0 || *p != '=' || p[1] != '(')
		return ZT_ERR_INVALID;
	in->params = bytes_text(p + 1);
	for (p += 2; *p == '"'; p += *p == ' ') {
		const char *from = ++p;

		while (is_key_char(*p) || *p == '@')
			p++;
		if (*p != '"' || p == from || in->count == COMPONENTS_MAX)
			return ZT_ERR_INVALID;
		in->component[in->count++] = bytes_of(from, (size_t)(p - from));
		p++;
		if (*p != ' ' && *p != ')')
			return ZT_ERR_INVALID;
	}
	if (*p != ')')
		return ZT_ERR_INVALID;
	in->rest = p + 1;
	return ZT_OK;
}

static bool
covers(const struct input *in, const char *name)
{
	for (size_t i = 0; i < in->count; i++)
		if (bytes_equal(in->component[i], bytes_text(name)))
			return true;
	return false;
}

/* The value of one component, appended (RFC 9421, 2.1 and 2.2). */
static enum zt_err
value_of(const struct httpsig_message *m, struct bytes name, struct buf *out)
{
	const char *query = strchr(m->target, '?');
	size_t path = query != NULL ? (size_t)(query - m->target) : strlen(m->target);
	char field[64];
	const char *v;

	if (bytes_equal(name, bytes_text("@method")))
		buf_add_text(out, m->method);
	else if (bytes_equal(name, bytes_text("@path")))
		buf_add(out, bytes_of(m->target, path));
	else if (bytes_equal(name, bytes_text("@query")))
		buf_add_text(out, query != NULL ? query : "?");
	else if (bytes_equal(name, bytes_text("@authority")))
		buf_add_text(out, m->authority);
	else {
		if (name.p[0] == '@' || name.n >= sizeof field)
			return ZT_ERR_INVALID;
		memcpy(field, name.p, name.n);
		field[name.n] = 0;
		if ((v = m->field != NULL ? m->field(m->ctx, field) : NULL) == NULL)
			return ZT_ERR_INVALID;
		buf_add_text(out, v);
	}
	return ZT_OK;
}

enum zt_err
httpsig_base(const struct httpsig_message *m, const char *signature_input, struct bytes *label,
    struct buf *out)
{
	struct input in;
	enum zt_err err = cut(signature_input, &in);

	for (size_t i = 0; err == ZT_OK && i < in.count; i++) {
		for (size_t k = 0; k < i; k++) /* RFC 9421, 2: each component once */
			if (bytes_equal(in.component[i], in.component[k]))
				return ZT_ERR_INVALID;
		buf_add_byte(out, '"');
		buf_add(out, in.component[i]);
		buf_add_text(out, "\": ");
		err = value_of(m, in.component[i], out);
		buf_add_byte(out, '\n');
	}
	if (err)
		return err;
	buf_add_text(out, "\"@signature-params\": ");
	buf_add(out, in.params);
	*label = in.label;
	return buf_err(out);
}

enum zt_err
httpsig_signature(const char *field, struct bytes label, uint8_t out[SIGN_BYTES])
{
	size_t n = strlen(field);

	if (n < label.n + 4 || memcmp(field, label.p, label.n) != 0 || field[label.n] != '=' ||
	    field[label.n + 1] != ':' || field[n - 1] != ':')
		return ZT_ERR_INVALID;
	return base64_parse(bytes_of(field + label.n + 2, n - label.n - 3), out, SIGN_BYTES);
}

/* The value of parameter NAME in ;a=1;b="x"; quotes are taken off. Errors: INVALID. */
static enum zt_err
param(const char *rest, const char *name, struct bytes *out)
{
	size_t n = strlen(name);
	bool found = false;

	for (const char *p = rest; *p == ';';) {
		const char *key = ++p, *from, *end;

		while (is_key_char(*p))
			p++;
		size_t key_n = (size_t)(p - key);

		if (*p++ != '=')
			return ZT_ERR_INVALID;
		if (*p == '"') {
			from = ++p;
			while (*p != 0 && *p != '"' && *p != '\\')
				p++;
			end = p;
			if (*p++ != '"')
				return ZT_ERR_INVALID;
		} else {
			from = p;
			while (*p >= '0' && *p <= '9')
				p++;
			end = p;
		}
		if (*p != ';' && *p != 0)
			return ZT_ERR_INVALID;
		if (key_n == n && memcmp(key, name, n) == 0) {
			if (found)
				return ZT_ERR_INVALID;
			*out = bytes_of(from, (size_t)(end - from));
			found = true;
		}
	}
	return found ? ZT_OK : ZT_ERR_INVALID;
}

static enum zt_err
seconds(const char *rest, const char *name, uint64_t *out)
{
	struct bytes v;
	uint64_t s = 0;

	if (param(rest, name, &v) || v.n == 0 || v.n > 12)
		return ZT_ERR_INVALID;
	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] < '0' || v.p[i] > '9')
			return ZT_ERR_INVALID;
		s = s * 10 + (uint64_t)(v.p[i] - '0');
	}
	*out = s;
	return ZT_OK;
}

enum zt_err
httpsig_params(const char *signature_input, struct httpsig_params *out)
{
	struct input in;
	struct bytes keyid, nonce, alg;
	struct httpsig_params p = { 0 };

	if (cut(signature_input, &in) || !covers(&in, "@method") || !covers(&in, "@path") ||
	    !covers(&in, "@query") || seconds(in.rest, "created", &p.created_s) ||
	    seconds(in.rest, "expires", &p.expires_s) || param(in.rest, "nonce", &nonce) ||
	    nonce.n != HTTPSIG_NONCE || param(in.rest, "alg", &alg) ||
	    !bytes_equal(alg, bytes_text("ed25519")) || param(in.rest, "keyid", &keyid) ||
	    keyid.n != 65 || keyid.p[32] != '/' ||
	    id_parse((const char *)keyid.p, 32, &p.org) ||
	    id_parse((const char *)keyid.p + 33, 32, &p.device))
		return ZT_ERR_INVALID;
	memcpy(p.nonce, nonce.p, HTTPSIG_NONCE);
	p.covers_digest = covers(&in, "content-digest");
	*out = p;
	return ZT_OK;
}

enum zt_err
httpsig_sign(const struct httpsig_message *m, const struct httpsig_params *p,
    const struct sign_key *key, struct buf *input, struct buf *signature)
{
	struct buf base = buf_init(2 * LIMIT_HEAD);
	char org[ID_TEXT], device[ID_TEXT];
	uint8_t sig[SIGN_BYTES];
	struct bytes label;
	enum zt_err err;

	id_print(&p->org, org);
	id_print(&p->device, device);
	buf_printf(input,
	    "zt=(\"@method\" \"@path\" \"@query\"%s);created=%" PRIu64 ";expires=%" PRIu64
	    ";nonce=\"%s\";keyid=\"%s/%s\";alg=\"ed25519\"",
	    p->covers_digest ? " \"content-digest\"" : "", p->created_s, p->expires_s, p->nonce,
	    org, device);
	if ((err = httpsig_base(m, buf_text(input), &label, &base)) ||
	    (err = sign_detached(key, "", buf_bytes(&base), sig)))
		goto out;
	buf_add_text(signature, "zt=:");
	base64_print(bytes_of(sig, sizeof sig), signature);
	buf_add_text(signature, ":");
	err = buf_err(signature);
out:
	buf_free(&base);
	return err;
}

enum zt_err
httpsig_verify(const struct httpsig_message *m, const char *signature_input,
    const char *signature, const uint8_t key[SIGN_PUBLIC_BYTES])
{
	struct buf base = buf_init(2 * LIMIT_HEAD);
	uint8_t sig[SIGN_BYTES];
	struct bytes label;
	enum zt_err err;

	if ((err = httpsig_base(m, signature_input, &label, &base)) == ZT_OK &&
	    (err = httpsig_signature(signature, label, sig)) == ZT_OK)
		err = sign_verify(key, "", buf_bytes(&base), bytes_of(sig, sizeof sig));
	buf_free(&base);
	return err;
}

void
httpsig_digest(struct bytes body, struct buf *out)
{
	uint8_t d[HASH_SHA512_BYTES];

	hash_sha512(body, d);
	buf_add_text(out, "sha-512=:");
	base64_print(bytes_of(d, sizeof d), out);
	buf_add_text(out, ":");
}

enum zt_err
httpsig_digest_check(const char *value, struct bytes body)
{
	struct buf want = buf_init(256);
	bool same;

	httpsig_digest(body, &want);
	same = bytes_equal(bytes_text(value), buf_bytes(&want));
	buf_free(&want);
	return same ? ZT_OK : ZT_ERR_DIGEST;
}
