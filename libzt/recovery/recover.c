/* SPDX-License-Identifier: Apache-2.0 */
/* recover.c - the recovery device: a device of the user whose keys are made of words on paper.
 * The words name the organization, whose id pins its root key, so that they and the server's
 * address are enough to come back. */
#include <stdio.h>
#include <stdlib.h>

#include "chain/workspace.h"
#include "crypto/labels.h"
#include "crypto/suite.h"
#include "format/pb.h"
#include "format/words.h"
#include "log/append.h"
#include "log/handles.h"
#include "log/person.h"
#include "log/user_keys.h"
#include "people/acts.h"
#include "people/ways.h"
#include "port/page.h"
#include "recovery/colleagues.h"
#include "recovery/recovery.h"
#include "recovery/verbs.h"
#include "recovery/visitor.h"
#include "session/device.h"
#include "session/session.h"
#include "store/joining_file.h"
#include "zt/org.h"

/* What the words say: the organization, then the secret. */
enum { SHEET = ID_BYTES + SECRET_BYTES };

struct paper {
	struct id device;
	struct sign_key *sign;
	struct secret *seal;
};

/* The recovery device's keys and id from its SECRET, for NEED colleagues. */
static enum zt_err
derive(const struct secret *secret, unsigned need, struct paper *out)
{
	struct secret *root = NULL, *seed = NULL, *id = NULL;
	char purpose[40];
	enum zt_err err;

	(void)snprintf(purpose, sizeof purpose, "zt recovery by %u 1", need);
	if ((err = secret_derive(secret, purpose, &root)) == ZT_OK &&
	    (err = secret_derive(root, LABEL_RECOVERY_SIGN, &seed)) == ZT_OK &&
	    (err = secret_derive(root, LABEL_RECOVERY_ID, &id)) == ZT_OK &&
	    (err = sign_from_seed(secret_bytes(seed), &out->sign)) == ZT_OK &&
	    (err = secret_derive(root, LABEL_RECOVERY_SEAL, &out->seal)) == ZT_OK)
		memcpy(out->device.b, secret_bytes(id).p, ID_BYTES);
	secret_free(root);
	secret_free(seed);
	secret_free(id);
	return err;
}

static void
paper_free(struct paper *p)
{
	sign_free(p->sign);
	secret_free(p->seal);
	*p = (struct paper){ .sign = NULL };
}

/* ---- a device is added: the recovery device, or by it a new one ---- */

struct adding {
	struct id user, device;
	uint8_t sign_public[SIGN_PUBLIC_BYTES], seal_public[32];
	const char *purpose, *label;
	char browser[PORT_ORIGIN];
	struct buf sealed;
	Zt__DeviceAdded m;
};

static enum zt_err
fill_device(struct zt *z, void *ctx, Zt__EntryBody *b)
{
	struct adding *a = ctx;
	const struct org_user *me = org_state_user(z->state, &z->user);
	enum zt_err err;

	buf_free(&a->sealed);
	if ((err = hpke_seal(me->key, bytes_text(LABEL_DEVICE_LABEL),
		 bytes_of(a->device.b, ID_BYTES), bytes_text(a->label), &a->sealed)))
		return err;
	a->user = z->user;
	zt__device_added__init(&a->m);
	a->m.user = pb_field(a->user.b, ID_BYTES);
	a->m.device = pb_field(a->device.b, ID_BYTES);
	a->m.sign_key = pb_field(a->sign_public, sizeof a->sign_public);
	a->m.seal_key = pb_field(a->seal_public, sizeof a->seal_public);
	a->m.purpose = (char *)(uintptr_t)a->purpose;
	a->m.sealed_label = pb_field(a->sealed.p, a->sealed.n);
	a->m.browser = a->browser;
	b->action_case = ZT__ENTRY_BODY__ACTION_DEVICE_ADDED;
	b->device_added = &a->m;
	return ZT_OK;
}

static enum zt_err
add_device(struct zt *z, const struct id *device, const struct sign_key *sign,
    const struct secret *seal, const char *purpose, const char *label)
{
	struct adding a = {
		.device = *device, .purpose = purpose, .label = label, .sealed = buf_init(1024)
	};
	enum zt_err err;

	sign_public(sign, a.sign_public);
	hpke_public(seal, a.seal_public);
	if (strcmp(purpose, "recovery") != 0) /* which runs nowhere */
		port_page_origin(a.browser);
	if ((err = log_append(z, &z->org, fill_device, &a)) == ZT_OK)
		err = acts_know_device(z, device);
	buf_free(&a.sealed);
	return err;
}

enum zt_err
recovery_id(const struct secret *secret, unsigned need, struct id *out)
{
	struct paper p = { .sign = NULL };
	enum zt_err err = derive(secret, need, &p);

	if (err == ZT_OK)
		*out = p.device;
	paper_free(&p);
	return err;
}

enum zt_err
recovery_add(struct zt *z, const struct secret *secret, unsigned need, const char *label)
{
	struct paper p = { .sign = NULL };
	enum zt_err err = derive(secret, need, &p);

	if (err == ZT_OK &&
	    (err = add_device(z, &p.device, p.sign, p.seal, "recovery", label)) == ZT_OK)
		err = log_rotate_user_key(z);
	paper_free(&p);
	return err;
}

enum zt_err
recovery_create(struct zt *z, enum zt_words language, char words[ZT_RECOVERY_WORDS])
{
	struct secret *secret = NULL;
	struct buf text = buf_init(ZT_RECOVERY_WORDS);
	uint8_t sheet[SHEET];
	enum zt_err err;

	z->message[0] = 0;
	if ((err = secret_generate(&secret)) || (err = recovery_add(z, secret, 0, WAYS_WORDS)))
		goto out;
	memcpy(sheet, z->org.b, ID_BYTES);
	memcpy(sheet + ID_BYTES, secret_bytes(secret).p, SECRET_BYTES);
	words_print(bytes_of(sheet, sizeof sheet),
	    language == ZT_WORDS_FRENCH ? WORDS_FRENCH : WORDS_ENGLISH, &text);
	if ((err = buf_err(&text)))
		goto out;
	(void)snprintf(words, ZT_RECOVERY_WORDS, "%s", buf_text(&text));
out:
	wipe(sheet, sizeof sheet);
	secret_free(secret);
	buf_free(&text);
	return err;
}

/* ---- coming back ---- */

const char *
returning_words(const struct zt_options *o, const char *text)
{
	return o->translate != NULL ? o->translate(text) : text;
}

/* Which of the words is none, or that together they are not those that were printed. */
static void
report_wrong_words(const struct zt_options *o, size_t wrong, char *message)
{
	if (wrong > 0)
		(void)snprintf(message, SESSION_MESSAGE,
		    returning_words(o, "word %zu is none of those that a sheet can have"),
		    wrong);
	else
		(void)snprintf(message, SESSION_MESSAGE, "%s",
		    returning_words(o,
			"the words do not fit each other: one is written wrongly, or one is "
			"missing or too many"));
}

static enum zt_err
read_words(const char *words, struct id *org, struct secret **out, size_t *wrong)
{
	uint8_t sheet[SHEET];
	enum zt_err err = words_parse(bytes_text(words), sheet, sizeof sheet, wrong);

	if (err == ZT_OK) {
		memcpy(org->b, sheet, ID_BYTES);
		err = secret_from(bytes_of(sheet + ID_BYTES, SECRET_BYTES), out);
	}
	wipe(sheet, sizeof sheet);
	return err;
}

/* The recovery device as a client: the log says whose it is. */
static enum zt_err
open_paper(const struct zt_options *o, const struct returning *k, const struct paper *p,
    struct visitor *v)
{
	struct visitor_keys who = { .server = k->server,
		.org = k->org,
		.device = p->device,
		.sign = p->sign,
		.seal = p->seal };
	enum zt_err err = visitor_open(o, &who, v);

	if (err == ZT_ERR_UNKNOWN_DEVICE && v->z->message[0] == 0)
		err = session_refuse(v->z, err, "the log knows no such recovery device");
	if (err == ZT_OK && v->z->user_key_count == 0)
		err = session_refuse(v->z, ZT_ERR_MISSING_KEY,
		    "the user's newest key has not reached this device");
	return err;
}

/* ---- what the folder keeps, so that a recovery that was ended continues ---- */

static enum zt_err
take_parts(struct returning *k, const Zt__Joining *m)
{
	if (m->n_parts > SHAMIR_MAX)
		return ZT_ERR_CORRUPT;
	for (size_t i = 0; i < m->n_parts; i++) {
		const Zt__JoiningPart *from = m->parts[i];
		struct returning_part *p = &k->part[i];
		enum zt_err err;

		if ((err = pb_exact(from->y, p->part.y, sizeof p->part.y)) ||
		    (err = pb_id(from->device, &p->device)))
			return err;
		if (from->need > SHAMIR_MAX)
			return ZT_ERR_CORRUPT;
		p->part.x = (uint8_t)from->x;
		p->need = from->need;
	}
	k->count = (unsigned)m->n_parts;
	return ZT_OK;
}

static enum zt_err
take_kept(struct returning *k, const Zt__Joining *m)
{
	enum zt_err err;

	if ((err = pb_id(m->org, &k->org)) || (err = pb_id(m->device, &k->device)) ||
	    (err = sign_from_seed(pb_bytes(m->sign_seed), &k->sign)) ||
	    (err = secret_from(pb_bytes(m->seal_key), &k->seal)))
		return err;
	(void)snprintf(k->server, sizeof k->server, "%s", m->server);
	(void)snprintf(k->email, sizeof k->email, "%s", m->email);
	return take_parts(k, m);
}

enum zt_err
returning_read(const struct zt_options *o, struct returning *k, char *message)
{
	Zt__Joining *m = NULL;
	enum zt_err err = joining_file_read(o->home, bytes_text(o->password), &m);

	if (err == ZT_OK && m->invitation.len == 0)
		err = take_kept(k, m);
	else if (err == ZT_OK)
		err = ZT_ERR_NOT_FOUND; /* of a claim */
	pb_wipe(m);
	if (err == ZT_ERR_PASSWORD && message != NULL)
		(void)snprintf(message, SESSION_MESSAGE, "%s",
		    "an earlier try waits in this folder under another password");
	if (err != ZT_ERR_NOT_FOUND)
		return err;
	random_bytes(k->device.b, ID_BYTES);
	if ((err = sign_generate(&k->sign)) == ZT_OK)
		err = secret_generate(&k->seal);
	return err;
}

enum zt_err
returning_keep(const struct zt_options *o, const struct returning *k)
{
	Zt__Joining m = ZT__JOINING__INIT;
	Zt__JoiningPart part[SHAMIR_MAX], *parts[SHAMIR_MAX];

	m.server = (char *)(uintptr_t)k->server;
	m.org = pb_field(k->org.b, ID_BYTES);
	m.device = pb_field(k->device.b, ID_BYTES);
	m.sign_seed = pb_field(sign_seed(k->sign).p, SIGN_SEED_BYTES);
	m.seal_key = pb_field(secret_bytes(k->seal).p, SECRET_BYTES);
	m.email = (char *)(uintptr_t)k->email;
	m.parts = parts;
	for (; m.n_parts < k->count; m.n_parts++) {
		const struct returning_part *p = &k->part[m.n_parts];

		zt__joining_part__init(parts[m.n_parts] = &part[m.n_parts]);
		part[m.n_parts].x = p->part.x;
		part[m.n_parts].y = pb_field(p->part.y, SECRET_BYTES);
		part[m.n_parts].device = pb_field(p->device.b, ID_BYTES);
		part[m.n_parts].need = p->need;
	}
	return joining_file_keep(o->home, &m, bytes_text(o->password));
}

void
returning_free(struct returning *k)
{
	sign_free(k->sign);
	secret_free(k->seal);
	wipe(k, sizeof *k);
}

/* ---- whose device this is going to be ---- */

/* The workspaces where Z's user has a role, by name as far as they open here. */
static enum zt_err
list_workspaces(struct zt *z, char (**names)[260], const char ***list, unsigned *count)
{
	const struct org_user *me = org_state_user(z->state, &z->user);
	struct org_workspace *w;
	struct workspace *s;
	size_t at = 0, max = z->state->workspaces.count + 1;
	enum zt_err err;

	*names = calloc(max, sizeof **names);
	*list = calloc(max, sizeof **list);
	if (*names == NULL || *list == NULL)
		return ZT_ERR_MEMORY;
	while ((w = idmap_next(&z->state->workspaces, &at)) != NULL) {
		if (org_state_role(w, me, ORG_NEVER) == ROLE_NONE)
			continue;
		if ((err = workspace_of(z, w, &s)))
			return err;
		workspace_name(s, (*names)[*count]);
		(*list)[*count] = (*names)[*count];
		++*count;
	}
	z->message[0] = 0;
	return ZT_OK;
}

static enum zt_err
ask_human(struct zt *z, const struct zt_recovery *r, unsigned need)
{
	struct zt_returning who = { .need = need };
	char(*names)[260] = NULL;
	const char **list = NULL;
	struct org_device *d;
	size_t at = 0;
	enum zt_err err = list_workspaces(z, &names, &list, &who.workspace_count);

	log_person(z, org_state_user(z->state, &z->user), &who.person);
	while ((d = idmap_next(&z->state->devices, &at)) != NULL)
		who.devices += id_equal(&d->user->id, &z->user) &&
			       strcmp(d->purpose, "recovery") != 0 &&
			       org_state_device_live(d, ORG_NEVER);
	who.workspaces = list;
	if (err == ZT_OK && !r->confirm(r->ctx, &who))
		err = session_refuse(
		    z, ZT_ERR_DECLINED, "you did not say that this is you: no device was made");
	free(names);
	free(list);
	return err;
}

/* The helpers chose the recovery device, and so whose device this becomes: it must be that of
 * the one live user who bears the address that was typed, by the log's commitment. */
static enum zt_err
check_who(struct zt *z, const struct zt_recovery *r, unsigned need)
{
	struct org_user *u = NULL;
	enum zt_err err = log_sync_handles(z);

	if (err == ZT_OK && r->email != NULL && r->email[0] != 0) {
		err = log_find_user(z, r->email, &u);
		if ((err == ZT_OK && !id_equal(&u->id, &z->user)) || err == ZT_ERR_NOT_FOUND)
			err = session_refuse(z, ZT_ERR_WHO,
			    "what came back is a device of another user than %.100s: the "
			    "people who helped are not honest, or were mistaken",
			    r->email);
	}
	if (err == ZT_OK && r->confirm != NULL)
		err = ask_human(z, r, need);
	return err;
}

/* Stores the new device's keys before they are appended to the log, so that a restart uses the
 * same keys. */
static enum zt_err
enter(struct zt *z, const struct zt_options *o, const struct returning *k, const char *label)
{
	const struct org_device *d = org_state_device(z->state, &k->device);
	enum zt_err err;

	if (d != NULL)
		return id_equal(&d->user->id, &z->user) && org_state_device_live(d, ORG_NEVER)
			   ? ZT_OK
			   : session_refuse(z, ZT_ERR_REVOKED,
				 "an earlier try waits in this folder, and its device was "
				 "revoked since");
	if ((err = returning_keep(o, k)))
		return err;
	return add_device(z, &k->device, k->sign, k->seal, "desktop", label);
}

static enum zt_err
become_device(
    struct zt *z, const struct zt_options *o, const struct returning *k, const char *label)
{
	struct new_device d = { .server = z->server,
		.slug = z->state->slug,
		.org = z->org,
		.device = k->device,
		.sign = k->sign,
		.seal = k->seal };
	struct log_handle h;
	enum zt_err err;

	if ((err = enter(z, o, k, label)))
		return err;
	log_handle(z, &z->user, &h);
	d.email = h.email;
	d.user = z->user;
	memcpy(d.root_key, z->state->root_key, SIGN_PUBLIC_BYTES);
	d.user_key_count = log_hand_user_keys(z, d.user_keys);
	d.tree_size = merkle_size(z->state->tree);
	if ((err = merkle_root(z->state->tree, d.tree_size, &d.root)) == ZT_OK)
		err = device_write(o, &d);
	return err;
}

enum zt_err
recovery_return(const struct zt_options *o, const struct zt_recovery *r,
    const struct returning *k, const struct secret *secret, unsigned need, char *message)
{
	struct paper p = { .sign = NULL };
	struct visitor v;
	enum zt_err err;

	if ((err = derive(secret, need, &p)))
		return err;
	if ((err = open_paper(o, k, &p, &v)) == ZT_OK &&
	    (err = check_who(v.z, r, need)) == ZT_OK)
		err = become_device(v.z, o, k, r->device_label);
	if (message != NULL && v.z != NULL)
		(void)snprintf(message, SESSION_MESSAGE, "%s", v.z->message);
	visitor_close(o, &v);
	paper_free(&p);
	return err;
}

static enum zt_err
return_by_words(const struct zt_options *o, const struct zt_recovery *r, char *message)
{
	struct returning k = { .count = 0 };
	struct secret *secret = NULL;
	struct id org;
	size_t wrong = 0;
	enum zt_err err = read_words(r->words, &org, &secret, &wrong);

	if (err == ZT_ERR_CORRUPT && message != NULL)
		report_wrong_words(o, wrong, message);
	if (err == ZT_OK && (err = returning_read(o, &k, message)) == ZT_OK) {
		k.org = org;
		(void)snprintf(k.server, sizeof k.server, "%s", r->server);
		err = recovery_return(o, r, &k, secret, 0, message);
	}
	returning_free(&k);
	secret_free(secret);
	return err;
}

enum zt_err
recovery_recover(const struct zt_options *o, const struct zt_recovery *r, char *message)
{
	enum zt_err err;

	if (message != NULL)
		message[0] = 0;
	if ((err = suite_init()) == ZT_OK && (err = device_may_begin(o, message)) == ZT_OK)
		err = r->words == NULL || r->link_count > 0 ? colleagues_ask(o, r, message)
							    : return_by_words(o, r, message);
	device_explain(o, err, message);
	return err;
}
