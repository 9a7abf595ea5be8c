/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/sas.h"

#include <stdlib.h>

#include "crypto/aead.h"
#include "crypto/hash.h"
#include "crypto/hkdf.h"
#include "crypto/hpke.h"
#include "crypto/labels.h"
#include "crypto/suite.h"
#include "format/limits.h"
#include "format/pb.h"
#include "proto/enrol.pb-c.h"

enum { NONCE_BYTES = 32 };

struct sas {
	enum sas_side side;
	struct id org, invitation, attempt;
	unsigned step;
	bool dead, picked, has_codes;
	struct secret *mine; /* X25519 */
	struct secret *root; /* of all keys below, once both nonces are known */
	uint8_t key[2][HPKE_PUBLIC_BYTES], nonce[2][NONCE_BYTES]; /* by side */
	struct hash commitment;
	char code[2][SAS_CODE];
};

static enum sas_side
sender(unsigned step)
{
	return step % 2 == 0 ? SAS_CLAIMER : SAS_GREETER;
}

enum zt_err
sas_new(enum sas_side side, const struct id *org, const struct id *invitation,
    const struct id *attempt, struct sas **out)
{
	struct sas *s = calloc(1, sizeof *s);
	enum zt_err err;

	if (s == NULL)
		return ZT_ERR_MEMORY;
	s->side = side;
	s->org = *org;
	s->invitation = *invitation;
	s->attempt = *attempt;
	if ((err = secret_generate(&s->mine))) {
		sas_free(s);
		return err;
	}
	hpke_public(s->mine, s->key[side]);
	random_bytes(s->nonce[side], NONCE_BYTES);
	*out = s;
	return ZT_OK;
}

enum zt_err
sas_keep(const struct sas *s, struct secret **root)
{
	if (s->step < 6 || !s->picked || s->dead)
		return ZT_ERR_INVALID;
	return secret_from(secret_bytes(s->root), root);
}

enum zt_err
sas_resume(enum sas_side side, const struct id *org, const struct id *invitation,
    const struct id *attempt, const struct secret *root, unsigned step, struct sas **out)
{
	struct sas *s = NULL;
	enum zt_err err = sas_new(side, org, invitation, attempt, &s);

	if (err == ZT_OK && (err = secret_from(secret_bytes(root), &s->root)) == ZT_OK) {
		s->step = step;
		s->picked = true;
		*out = s;
		s = NULL;
	}
	sas_free(s);
	return err;
}

void
sas_free(struct sas *s)
{
	if (s == NULL)
		return;
	secret_free(s->mine);
	secret_free(s->root);
	wipe(s, sizeof *s);
	free(s);
}

unsigned
sas_step(const struct sas *s)
{
	return s->step;
}

bool
sas_is_my_turn(const struct sas *s)
{
	return !s->dead && s->step < SAS_STEPS && sender(s->step) == s->side;
}

static void
commit(const struct sas *s, struct hash *out)
{
	struct bytes parts[] = {
		bytes_of(s->org.b, ID_BYTES),
		bytes_of(s->invitation.b, ID_BYTES),
		bytes_of(s->attempt.b, ID_BYTES),
		bytes_of(s->key[SAS_CLAIMER], HPKE_PUBLIC_BYTES),
		bytes_of(s->key[SAS_GREETER], HPKE_PUBLIC_BYTES),
		bytes_of(s->nonce[SAS_GREETER], NONCE_BYTES),
	};

	hash_blake2b_parts(LABEL_ENROLMENT_COMMITMENT, parts, 6, out);
}

/* 20 bits as four characters of an alphabet without look-alikes. */
static enum zt_err
code_of(const struct sas *s, enum sas_side side, char out[SAS_CODE])
{
	static const char alphabet[] = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
	struct bytes info = bytes_text(side == SAS_CLAIMER ? "claimer code" : "greeter code");
	uint8_t raw[4];
	uint32_t v;
	enum zt_err err = hkdf_expand(secret_bytes(s->root).p, &info, 1, raw, sizeof raw);

	if (err)
		return err;
	v = (uint32_t)raw[0] << 24 | (uint32_t)raw[1] << 16 | (uint32_t)raw[2] << 8 | raw[3];
	for (size_t i = 0; i < SAS_CODE - 1; i++, v >>= 5)
		out[i] = alphabet[v & 31];
	out[SAS_CODE - 1] = 0;
	return ZT_OK;
}

/* Both nonces are known: the root of codes and keys, over the whole transcript. */
static enum zt_err
agree(struct sas *s)
{
	uint8_t dh[HPKE_PUBLIC_BYTES], prk[HKDF_BYTES]; /* wiped below */
	struct bytes ikm = bytes_of(dh, sizeof dh);
	struct hash transcript;
	struct bytes parts[] = {
		bytes_of(s->commitment.b, HASH_BYTES), /* org, invitation, attempt, keys */
		bytes_of(s->nonce[SAS_CLAIMER], NONCE_BYTES),
		bytes_of(s->nonce[SAS_GREETER], NONCE_BYTES),
	};
	enum zt_err err = hpke_x25519(s->mine, s->key[1 - s->side], dh);

	if (err)
		return ZT_ERR_ABORTED;
	hash_blake2b_parts(LABEL_ENROLMENT_TRANSCRIPT, parts, 3, &transcript);
	hkdf_extract(bytes_of(transcript.b, HASH_BYTES), &ikm, 1, prk);
	if ((err = secret_from(bytes_of(prk, sizeof prk), &s->root)) == ZT_OK &&
	    (err = code_of(s, SAS_CLAIMER, s->code[SAS_CLAIMER])) == ZT_OK &&
	    (err = code_of(s, SAS_GREETER, s->code[SAS_GREETER])) == ZT_OK)
		s->has_codes = true;
	wipe(dh, sizeof dh);
	wipe(prk, sizeof prk);
	return err;
}

static enum zt_err
confirmation(const struct sas *s, unsigned step, uint8_t out[HKDF_BYTES])
{
	struct bytes info = bytes_text(step == 4 ? "claimer confirms" : "greeter confirms");

	return hkdf_expand(secret_bytes(s->root).p, &info, 1, out, HKDF_BYTES);
}

/* The message key of step 6 or 7. */
static enum zt_err
message_key(const struct sas *s, unsigned step, struct secret **out)
{
	return secret_derive(s->root, step == 6 ? LABEL_CLAIM : LABEL_WELCOME, out);
}

static enum zt_err
seal(const struct sas *s, struct bytes clear, struct buf *out)
{
	struct secret *key = NULL;
	enum zt_err err = message_key(s, s->step, &key);

	if (err == ZT_OK)
		err = aead_seal(key, bytes_of(s->attempt.b, ID_BYTES), clear, out);
	secret_free(key);
	return err;
}

static enum zt_err
fill(struct sas *s, struct bytes clear, Zt__ExchangeMessage *m, uint8_t mac[HKDF_BYTES],
    struct buf *sealed)
{
	enum zt_err err = ZT_OK;

	switch (s->step) {
	case 1:
		commit(s, &s->commitment);
		m->commitment = pb_field(s->commitment.b, HASH_BYTES);
		m->key = pb_field(s->key[s->side], HPKE_PUBLIC_BYTES);
		break;
	case 0:
		m->key = pb_field(s->key[s->side], HPKE_PUBLIC_BYTES);
		break;
	case 2:
		m->nonce = pb_field(s->nonce[s->side], NONCE_BYTES);
		break;
	case 3:
		m->nonce = pb_field(s->nonce[s->side], NONCE_BYTES);
		err = agree(s);
		break;
	case 4:
	case 5:
		if (!s->picked)
			return ZT_ERR_CODES;
		err = confirmation(s, s->step, mac);
		m->confirmation = pb_field(mac, HKDF_BYTES);
		break;
	default:
		err = seal(s, clear, sealed);
		m->sealed = pb_field(sealed->p, sealed->n);
	}
	return err;
}

enum zt_err
sas_send(struct sas *s, struct bytes clear, struct buf *out)
{
	Zt__ExchangeMessage m = ZT__EXCHANGE_MESSAGE__INIT;
	struct buf sealed = buf_init(LIMIT_EXCHANGE);
	uint8_t mac[HKDF_BYTES];
	enum zt_err err = ZT_ERR_INVALID;

	if (!sas_is_my_turn(s))
		return ZT_ERR_INVALID;
	m.step = s->step;
	m.attempt = pb_field(s->attempt.b, ID_BYTES);
	if ((err = fill(s, clear, &m, mac, &sealed)) == ZT_OK &&
	    (err = pb_encode(&m, out)) == ZT_OK)
		s->step++;
	buf_free(&sealed);
	return err;
}

/* The greeter's nonce must be the committed one. */
static enum zt_err
check_reveal(struct sas *s)
{
	struct hash is;

	commit(s, &is);
	return hash_equal(&is, &s->commitment) ? agree(s) : ZT_ERR_ABORTED;
}

static enum zt_err
take(struct sas *s, const Zt__ExchangeMessage *m, struct buf *clear)
{
	enum sas_side from = sender(s->step);
	struct secret *key = NULL;
	uint8_t mac[HKDF_BYTES];
	enum zt_err err;

	switch (s->step) {
	case 0:
		return pb_exact(m->key, s->key[from], HPKE_PUBLIC_BYTES);
	case 1:
		if ((err = pb_hash(m->commitment, &s->commitment)))
			return err;
		return pb_exact(m->key, s->key[from], HPKE_PUBLIC_BYTES);
	case 2:
		return pb_exact(m->nonce, s->nonce[from], NONCE_BYTES);
	case 3:
		if ((err = pb_exact(m->nonce, s->nonce[from], NONCE_BYTES)))
			return err;
		return check_reveal(s);
	case 4:
	case 5:
		if ((err = confirmation(s, s->step, mac)))
			return err;
		return ct_equal(pb_bytes(m->confirmation), bytes_of(mac, sizeof mac))
			   ? ZT_OK
			   : ZT_ERR_ABORTED;
	default:
		if ((err = message_key(s, s->step, &key)) == ZT_OK)
			err = aead_open(
			    key, bytes_of(s->attempt.b, ID_BYTES), pb_bytes(m->sealed), clear);
		secret_free(key);
		return err;
	}
}

enum zt_err
sas_receive(struct sas *s, struct bytes message, struct buf *clear)
{
	Zt__ExchangeMessage *m = NULL;
	struct id attempt;
	enum zt_err err;

	if (s->dead || s->step >= SAS_STEPS || sender(s->step) == s->side)
		return ZT_ERR_ABORTED;
	err = pb_decode(&zt__exchange_message__descriptor, message, LIMIT_EXCHANGE + 1024, &m);
	if (err == ZT_OK && (m->step != s->step || pb_id(m->attempt, &attempt) ||
				!id_equal(&attempt, &s->attempt)))
		err = ZT_ERR_ABORTED;
	if (err == ZT_OK)
		err = take(s, m, clear);
	if (err == ZT_OK)
		s->step++;
	else
		s->dead = true;
	pb_free(m);
	return err;
}

enum zt_err
sas_my_code(const struct sas *s, char out[SAS_CODE])
{
	if (!s->has_codes || s->dead)
		return ZT_ERR_INVALID;
	memcpy(out, s->code[s->side], SAS_CODE);
	return ZT_OK;
}

static void
random_code(char out[SAS_CODE])
{
	static const char alphabet[] = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
	uint8_t raw[SAS_CODE - 1];

	random_bytes(raw, sizeof raw);
	for (size_t i = 0; i < sizeof raw; i++)
		out[i] = alphabet[raw[i] & 31];
	out[SAS_CODE - 1] = 0;
}

enum zt_err
sas_choices(struct sas *s, char out[SAS_CHOICES][SAS_CODE])
{
	uint8_t place;

	if (!s->has_codes || s->dead)
		return ZT_ERR_INVALID;
	random_bytes(&place, 1);
	place %= SAS_CHOICES; /* 256 is a multiple of 4: no bias */
	for (size_t i = 0; i < SAS_CHOICES; i++)
		do
			random_code(out[i]);
		while (strcmp(out[i], s->code[1 - s->side]) == 0);
	memcpy(out[place], s->code[1 - s->side], SAS_CODE);
	return ZT_OK;
}

enum zt_err
sas_pick(struct sas *s, const char *code)
{
	if (!s->has_codes || s->dead || s->picked)
		return ZT_ERR_INVALID;
	if (strlen(code) != SAS_CODE - 1 ||
	    !ct_equal(bytes_text(code), bytes_text(s->code[1 - s->side]))) {
		s->dead = true;
		return ZT_ERR_CODES;
	}
	s->picked = true;
	return ZT_OK;
}
