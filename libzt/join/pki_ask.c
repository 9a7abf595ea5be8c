/* SPDX-License-Identifier: Apache-2.0 */
/* pki_ask.c - joining with an X.509 certificate, the newcomer's side: a request that the
 * certificate's key signs, sent when the device is on the disk, and what became of it. */
#include <stdio.h>
#include <stdlib.h>

#include "crypto/suite.h"
#include "format/limits.h"
#include "format/pb.h"
#include "join/newcomer.h"
#include "join/pki_file.h"
#include "join/pki_state.h"
#include "join/verbs.h"
#include "log/open.h"
#include "pki/pki_request.h"
#include "port/token.h"
#include "proto/auth.pb-c.h"
#include "session/device.h"
#include "session/session.h"
#include "store/device_file.h"
#include "zt/pki.h"

struct asking {
	const struct zt_pki_ask *a;
	const struct zt_options *o;
	char *message;
	struct id org, request, user;
	struct newcomer n;
	struct buf certificates, label, body, statement, signature;
	size_t at[LIMIT_CERTIFICATES + 1], size[LIMIT_CERTIFICATES + 1], count;
};

static enum zt_err
report(const struct asking *k, enum zt_err err, const char *text)
{
	if (k->message != NULL)
		(void)snprintf(k->message, SESSION_MESSAGE, "%s", text);
	return err;
}

static enum zt_err
take_certificate(void *ctx, bool is_list, struct bytes der)
{
	struct asking *k = ctx;

	if (is_list || k->count > LIMIT_CERTIFICATES)
		return ZT_OK;
	k->at[k->count] = k->certificates.n;
	k->size[k->count++] = der.n;
	buf_add(&k->certificates, der);
	return buf_err(&k->certificates);
}

static enum zt_err
certificates_of_file(struct asking *k)
{
	struct buf file = buf_init(LIMIT_CERTIFICATE * (LIMIT_CERTIFICATES + 1) * 2);
	enum zt_err err;

	if ((err = pki_file_read(k->a->certificate, &file)) == ZT_OK)
		err = file.n == 0 ? ZT_ERR_CORRUPT
				  : x509_read(buf_bytes(&file), take_certificate, k);
	buf_free(&file);
	return err ? report(k, err, "the certificate's file cannot be read") : ZT_OK;
}

static enum zt_err
sign_by_file(struct asking *k)
{
	struct buf pem = buf_init(64 * 1024);
	const char *message = N_("the key's file cannot be read");
	enum zt_err err;

	if (k->a->key == NULL)
		return report(k, ZT_ERR_USAGE, "a certificate in a file needs its key's file");
	if ((err = pki_file_read(k->a->key, &pem)) ||
	    (err = x509_sign(
		 buf_bytes(&pem), k->a->secret, buf_bytes(&k->statement), &k->signature))) {
		if (err == ZT_ERR_PASSWORD)
			message = N_("the key's file needs its password");
		err = report(k, err, message);
	}
	buf_free(&pem);
	return err;
}

static enum zt_err
sign_by_token(struct asking *k, struct token *t)
{
	struct buf bare = buf_init(4096);
	bool is_ecdsa = false;
	enum zt_err err = token_sign(t, buf_bytes(&k->statement), &is_ecdsa, &bare);

	if (err == ZT_OK && is_ecdsa)
		err = x509_ecdsa(buf_bytes(&bare), &k->signature);
	else if (err == ZT_OK)
		buf_add(&k->signature, buf_bytes(&bare));
	buf_free(&bare);
	return err ? report(k, err, "the token does not sign with the certificate's key")
		   : ZT_OK;
}

static enum zt_err
compose_body(struct asking *k)
{
	Zt__PkiRequestBody m = ZT__PKI_REQUEST_BODY__INIT;
	ProtobufCBinaryData chain[LIMIT_CERTIFICATES];
	enum zt_err err;

	m.suite = SUITE_1;
	m.org = pb_field(k->org.b, ID_BYTES);
	m.request = pb_field(k->request.b, ID_BYTES);
	m.time = session_now_ms();
	m.email = (char *)(uintptr_t)k->a->email;
	m.name = (char *)(uintptr_t)k->a->name;
	m.user = pb_field(k->user.b, ID_BYTES);
	m.user_key = pb_field(k->n.user_public, 32);
	m.device = pb_field(k->n.device.b, ID_BYTES);
	m.sign_key = pb_field(k->n.sign_public, 32);
	m.seal_key = pb_field(k->n.seal_public, 32);
	m.sealed_label = pb_field(k->label.p, k->label.n);
	m.certificate = pb_field(k->certificates.p, k->size[0]);
	for (size_t i = 1; i < k->count; i++)
		chain[m.n_chain++] = pb_field(k->certificates.p + k->at[i], k->size[i]);
	m.chain = chain;
	if ((err = pb_encode(&m, &k->body)) == ZT_OK)
		pki_request_statement(buf_bytes(&k->body), &k->statement);
	return err ? err : buf_err(&k->statement);
}

/* The certificate from where it is, then a request that its key signs. */
static enum zt_err
compose(struct asking *k)
{
	struct token *t = NULL;
	struct buf der = buf_init(LIMIT_CERTIFICATE);
	bool on_token = token_is_uri(k->a->certificate);
	const char *message = N_("there is no such certificate on a token here");
	enum zt_err err = ZT_OK;

	if (on_token && ((err = token_open(k->a->certificate, k->a->secret, &t)) ||
			    (err = token_certificate(t, &der)) ||
			    (err = take_certificate(k, false, buf_bytes(&der))))) {
		if (err == ZT_ERR_PASSWORD)
			message = N_("the token refuses this PIN");
		if (err == ZT_ERR_LOCKED)
			message = N_("the token is locked after too many wrong PINs");
		if (err == ZT_ERR_INVALID)
			message =
			    N_("that is not the URI of a token (pkcs11:token=...;object=...), "
			       "without a PIN");
		err = report(k, err, message);
	}
	if (!on_token)
		err = certificates_of_file(k);
	if (err == ZT_OK && k->count == 0)
		err = report(k, ZT_ERR_CORRUPT, "the certificate's file cannot be read");
	if (err == ZT_OK && (err = compose_body(k)) == ZT_OK)
		err = on_token ? sign_by_token(k, t) : sign_by_file(k);
	token_close(t);
	buf_free(&der);
	return err;
}

static enum zt_err
send(struct asking *k, const struct zt_options *o)
{
	struct calls_options co = { .server = k->a->server,
		.ca_file = o->ca_file,
		.in_clear = o->in_clear,
		.translate = o->translate,
		.stop = session_stop(o) };
	struct route_params p = { .org = k->org, .id = k->request };
	Zt__PkiRequest m = ZT__PKI_REQUEST__INIT;
	struct buf body = buf_init(256 * 1024), answer = buf_init(64);
	struct calls *c = NULL;
	char detail[200] = "";
	enum zt_err err;

	m.body = pb_field(k->body.p, k->body.n);
	m.signature = pb_field(k->signature.p, k->signature.n);
	if ((err = pb_encode(&m, &body)) == ZT_OK && (err = calls_new(&co, &c)) == ZT_OK)
		err = calls_run(c, ROUTE_PKI_ASK, &p, NULL, buf_bytes(&body), &answer, detail);
	calls_free(c);
	buf_free(&body);
	buf_free(&answer);
	return err && detail[0] != 0 ? report(k, err, detail) : err;
}

/* The device, which nobody knows yet; the root key is the one that the organization's id names.
 */
static enum zt_err
write_device(struct asking *k, const struct zt_options *o)
{
	struct new_device d = { .server = k->a->server,
		.slug = "",
		.email = k->a->email,
		.org = k->org,
		.user = k->user,
		.device = k->n.device,
		.root_by_id = true,
		.sign = k->n.sign,
		.seal = k->n.seal,
		.user_keys = { secret_bytes(k->n.user_key) },
		.user_key_count = 1 };
	struct zt *z = NULL;
	enum zt_err err;

	if ((err = device_write(o, &d)) || (err = log_open(o, &z, k->message)))
		return err;
	err = pki_state_note(z, &k->request);
	session_close(z);
	return err;
}

/* The keys of a device that has asked before. */
static enum zt_err
take_keys(struct asking *k, struct zt *z)
{
	const struct secret *user_key = z->user_key_count == 1 ? z->user_keys[0].key : NULL;
	enum zt_err err;

	if (user_key == NULL)
		return ZT_ERR_EXISTS;
	k->user = z->user;
	k->n.device = z->device;
	if ((err = sign_from_seed(sign_seed(z->sign), &k->n.sign)) ||
	    (err = secret_from(secret_bytes(z->seal), &k->n.seal)) ||
	    (err = secret_from(secret_bytes(user_key), &k->n.user_key)))
		return err;
	return newcomer_seal_label(&k->n, k->a->device_label, &k->label);
}

/* A folder whose device has asked and is nobody's: it asks again when it was rejected, when its
 * request never arrived, and with another certificate; one that waits is not asked for twice.
 * Errors: EXISTS (it is an organization's device, or of another one, or its request waits). */
static enum zt_err
ask_again(struct asking *k, struct zt *z)
{
	const char *state = "";
	enum zt_err err;

	if (!z->root_by_id || !id_equal(&z->org, &k->org) || merkle_size(z->state->tree) > 0)
		return report(k, ZT_ERR_EXISTS, "this state folder holds a device already");
	err = join_pki_state(z, &state);
	if (err == ZT_OK && strcmp(state, "open") == 0)
		return report(
		    k, ZT_ERR_EXISTS, "this device has asked already, and waits for an admin");
	if (err == ZT_OK && strcmp(state, "accepted") == 0)
		return report(k, ZT_ERR_EXISTS, "this device was let in");
	if (err && err != ZT_ERR_NOT_FOUND)
		return report(k, err, z->message);
	if ((err = take_keys(k, z)) || (err = compose(k)) ||
	    (err = pki_state_note(z, &k->request)))
		return err;
	return send(k, k->o);
}

static enum zt_err
ask_from_there(struct asking *k)
{
	struct zt *z = NULL;
	enum zt_err err = log_open(k->o, &z, k->message);

	if (err == ZT_OK)
		err = ask_again(k, z);
	session_close(z);
	return err;
}

static enum zt_err
ask_first(struct asking *k)
{
	enum zt_err err;

	random_bytes(k->user.b, ID_BYTES);
	if ((err = newcomer_make(&k->n, k->a->device_label, &k->label)) || (err = compose(k)))
		return err;
	/* The device first: a request whose keys were lost would be of no use. */
	if ((err = write_device(k, k->o)) == ZT_OK && (err = send(k, k->o)) != ZT_OK &&
	    !err_retry(err))
		device_file_discard(k->o->home);
	return err;
}

enum zt_err
join_pki_request(
    const struct zt_options *o, const struct zt_pki_ask *a, char *id, char *message)
{
	struct asking k = { .a = a,
		.o = o,
		.message = message,
		.certificates = buf_init(LIMIT_CERTIFICATE * (LIMIT_CERTIFICATES + 1)),
		.label = buf_init(1024),
		.body = buf_init(128 * 1024),
		.statement = buf_init(128 * 1024 + 64),
		.signature = buf_init(4096) };
	const char *bad = newcomer_bad_text(a->email, a->name, a->device_label);
	enum zt_err err;

	if (message != NULL)
		message[0] = 0;
	if ((err = suite_init()))
		return err;
	if (bad != NULL)
		return report(&k, ZT_ERR_INVALID, bad);
	if (id_parse(a->org, strlen(a->org), &k.org))
		return report(&k, ZT_ERR_INVALID, "that is not the id of an organization");
	random_bytes(k.request.b, ID_BYTES);
	if ((err = device_file_may_begin(o->home)) == ZT_ERR_EXISTS)
		err = ask_from_there(&k);
	else if (err == ZT_OK)
		err = ask_first(&k);
	device_explain(o, err, message);
	if (err == ZT_OK)
		id_print(&k.request, id);
	newcomer_free(&k.n);
	buf_free(&k.certificates);
	buf_free(&k.label);
	buf_free(&k.body);
	buf_free(&k.statement);
	buf_free(&k.signature);
	return err;
}
