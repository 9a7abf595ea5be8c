/* recover.c - the recovery device: a device of the user whose keys come from words on paper.
 * The words name the organization, whose id pins its root key, so that they and the server's
 * address are enough to come back. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "client/acts.h"
#include "client/recovery.h"
#include "crypto/suite.h"
#include "format/pb.h"
#include "format/words.h"
#include "store/device_file.h"
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
	    (err = secret_derive(root, "zt recovery sign 1", &seed)) == ZT_OK &&
	    (err = secret_derive(root, "zt recovery id 1", &id)) == ZT_OK &&
	    (err = sign_from_seed(secret_bytes(seed), &out->sign)) == ZT_OK &&
	    (err = secret_derive(root, "zt recovery seal 1", &out->seal)) == ZT_OK)
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
	if ((err = hpke_seal(me->key, bytes_text("zt device label 1"),
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
	if ((err = client_append(z, &z->org, fill_device, &a)) == ZT_OK)
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
		err = client_renew_user_key(z);
	paper_free(&p);
	return err;
}

enum zt_err
zt_recovery_create(struct zt *z, char words[ZT_RECOVERY_WORDS])
{
	struct secret *secret = NULL;
	struct buf text = buf_init(ZT_RECOVERY_WORDS);
	uint8_t sheet[SHEET];
	enum zt_err err;

	z->why[0] = 0;
	if ((err = secret_generate(&secret)) || (err = recovery_add(z, secret, 0, WAYS_WORDS)))
		goto out;
	memcpy(sheet, z->org.b, ID_BYTES);
	memcpy(sheet + ID_BYTES, secret_bytes(secret).p, SECRET_BYTES);
	words_print(bytes_of(sheet, sizeof sheet), &text);
	(void)snprintf(words, ZT_RECOVERY_WORDS, "%s", buf_text(&text));
out:
	suite_wipe(sheet, sizeof sheet);
	secret_free(secret);
	buf_free(&text);
	return err;
}

/* ---- coming back ---- */

static enum zt_err
read_words(const char *words, struct id *org, struct secret **out)
{
	uint8_t sheet[SHEET];
	enum zt_err err = words_parse(bytes_text(words), sheet, sizeof sheet);

	if (err == ZT_OK) {
		memcpy(org->b, sheet, ID_BYTES);
		err = secret_from(bytes_of(sheet + ID_BYTES, SECRET_BYTES), out);
	}
	suite_wipe(sheet, sizeof sheet);
	return err;
}

/* The state folder of the recovery device, for as long as it acts: in HOME, and of no other
 * recovery's that is under way. */
static enum zt_err
make_folder(const char *home, char *out, size_t size)
{
	enum zt_err err = device_file_folder(home);

	if (err)
		return err;
	if (snprintf(out, size, "%s/recovering-XXXXXX", home) >= (int)size)
		return ZT_ERR_TOO_BIG;
	return mkdtemp(out) != NULL ? ZT_OK : ZT_ERR_IO;
}

static void
remove_folder(const char *folder)
{
	static const char *const names[] = { "store.db", "store.db-wal", "store.db-shm",
		"lock" };
	char path[4300];

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		(void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
		(void)unlink(path);
	}
	(void)rmdir(folder);
}

/* The recovery device as a client: what it is, then the log, which says whose it is. */
static enum zt_err
open_paper(const struct zt_options *o, const char *server, const struct id *org,
    const struct paper *p, const char *folder, struct zt **out)
{
	struct zt *z = calloc(1, sizeof *z);
	const struct org_device *d;
	enum zt_err err = ZT_ERR_MEMORY;

	if (z == NULL)
		return err;
	*out = z;
	z->in_clear = o->in_clear;
	z->translate = o->translate;
	z->working = o->working;
	z->working_ctx = o->working_ctx;
	z->damaged = o->damaged;
	z->damaged_ctx = o->damaged_ctx;
	z->org = *org;
	z->device = p->device;
	z->root_by_id = true;
	z->server = strdup(server);
	z->ca_file = o->ca_file != NULL ? strdup(o->ca_file) : NULL;
	if (z->server == NULL)
		return err;
	if ((err = sign_from_seed(sign_seed(p->sign), &z->sign)) ||
	    (err = secret_from(secret_bytes(p->seal), &z->seal)) ||
	    (err = secret_generate(&z->local)) || (err = device_file_folder(folder)) ||
	    (err = store_open(folder, z->local, &z->store)) || (err = client_connect(z)) ||
	    (err = org_state_new(&z->org, &z->state)) || (err = client_sync_log(z)))
		return err;
	if ((d = org_state_device(z->state, &z->device)) == NULL)
		return client_refuse(
		    z, ZT_ERR_UNKNOWN_DEVICE, "the log knows no such recovery device");
	z->user = d->user->id;
	if ((err = client_sync_log(z)))
		return err;
	if (z->user_key_count == 0)
		return client_refuse(
		    z, ZT_ERR_MISSING_KEY, "the user's newest key has not reached this device");
	return ZT_OK;
}

/* ---- whose device this is going to be ---- */

/* The workspaces where Z's user has a role, by name as far as they open here. */
static enum zt_err
list_workspaces(struct zt *z, char (**names)[260], const char ***list, unsigned *count)
{
	const struct org_user *me = org_state_user(z->state, &z->user);
	struct org_workspace *w;
	struct space *s;
	size_t at = 0, most = z->state->workspaces.count + 1;
	enum zt_err err;

	*names = calloc(most, sizeof **names);
	*list = calloc(most, sizeof **list);
	if (*names == NULL || *list == NULL)
		return ZT_ERR_MEMORY;
	while ((w = idmap_next(&z->state->workspaces, &at)) != NULL) {
		if (org_state_role(w, me, ORG_NEVER) == ROLE_NONE)
			continue;
		if ((err = space_of(z, w, &s)))
			return err;
		space_name(s, (*names)[*count]);
		(*list)[*count] = (*names)[*count];
		++*count;
	}
	z->why[0] = 0;
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

	client_person(z, org_state_user(z->state, &z->user), &who.person);
	while ((d = idmap_next(&z->state->devices, &at)) != NULL)
		who.devices += id_equal(&d->user->id, &z->user) &&
			       strcmp(d->purpose, "recovery") != 0 &&
			       org_state_device_live(d, ORG_NEVER);
	who.workspaces = list;
	if (err == ZT_OK && !r->confirm(r->ctx, &who))
		err = client_refuse(z, ZT_ERR_WHO, "you did not say that this is you");
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
	enum zt_err err = client_sync_handles(z);

	if (err == ZT_OK && r->email != NULL && r->email[0] != 0) {
		err = client_find_user(z, r->email, &u);
		if ((err == ZT_OK && !id_equal(&u->id, &z->user)) || err == ZT_ERR_NOT_FOUND)
			err = client_refuse(z, ZT_ERR_WHO,
			    "what came back is a device of another user than %.100s: whoever "
			    "helped is not honest, or was mistaken",
			    r->email);
	}
	if (err == ZT_OK && r->confirm != NULL)
		err = ask_human(z, r, need);
	return err;
}

static enum zt_err
become_device(struct zt *z, const struct zt_options *o, const char *label)
{
	struct client_new_device d = {
		.server = z->server, .slug = z->state->slug, .org = z->org
	};
	struct client_handle h;
	struct sign_key *sign = NULL;
	struct secret *seal = NULL;
	enum zt_err err;

	suite_random(d.device.b, ID_BYTES);
	if ((err = sign_generate(&sign)) || (err = secret_generate(&seal)) ||
	    (err = add_device(z, &d.device, sign, seal, "desktop", label)))
		goto out;
	client_handle(z, &z->user, &h);
	d.email = h.email;
	d.user = z->user;
	memcpy(d.root_key, z->state->root_key, SIGN_PUBLIC_BYTES);
	d.sign = sign;
	d.seal = seal;
	d.user_key_count = client_hand_user_keys(z, d.user_keys);
	d.tree_size = merkle_size(z->state->tree);
	if ((err = merkle_root(z->state->tree, d.tree_size, &d.root)) == ZT_OK)
		err = client_write_device(o, &d);
out:
	sign_free(sign);
	secret_free(seal);
	return err;
}

enum zt_err
recovery_return(const struct zt_options *o, const struct zt_recovery *r, const char *server,
    const struct id *org, const struct secret *secret, unsigned need, char *why)
{
	struct paper p = { .sign = NULL };
	struct zt *z = NULL;
	char folder[4200];
	enum zt_err err;

	if ((err = derive(secret, need, &p)))
		return err;
	if ((err = make_folder(o->home, folder, sizeof folder)))
		goto out;
	if ((err = open_paper(o, server, org, &p, folder, &z)) == ZT_OK &&
	    (err = check_who(z, r, need)) == ZT_OK)
		err = become_device(z, o, r->device_label);
	if (why != NULL && z != NULL)
		(void)snprintf(why, CLIENT_WHY, "%s", z->why);
	zt_close(z);
	remove_folder(folder);
	(void)rmdir(o->home); /* where it made that folder and nothing more */
out:
	paper_free(&p);
	return err;
}

enum zt_err
zt_recover(const struct zt_options *o, const struct zt_recovery *r, char *why)
{
	struct secret *secret = NULL;
	struct id org;
	enum zt_err err;

	if (why != NULL)
		why[0] = 0;
	if ((err = suite_start()) || (err = device_file_may_begin(o->home)))
		return err;
	if (r->link_count > 0)
		return colleagues_ask(o, r, why);
	if ((err = read_words(r->words, &org, &secret)) == ZT_OK)
		err = recovery_return(o, r, r->server, &org, secret, 0, why);
	secret_free(secret);
	return err;
}
