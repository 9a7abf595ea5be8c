/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* people.c - methods about this device, the people of the organization, and how one joins. */
#include <stdlib.h>
#include <string.h>

#include "encode/encode.h"
#include "rpc/call.h"
#include "rpc/person.h"

EACH(act, zt_act)
EACH(user, zt_user)
EACH(way, zt_way)
EACH(invitation, zt_invitation)
EACH(join_request, zt_pki_open)
EACH(anchor, zt_pki_item)

/* ---- this device ---- */

enum zt_err
method_device_whoami(struct call *c)
{
	struct zt_identity id;

	zt_whoami(c->z, &id);
	return call_answer(c, ZT_OK, encode_identity(&id));
}

enum zt_err
method_device_sync(struct call *c)
{
	enum zt_err err = zt_sync(c->z);

	return err != ZT_OK ? err : method_log_head(c);
}

PAGED(device_acts, "acts", zt_device_acts(c->z, call_text(c, "device"), each_act, &p))

enum zt_err
method_device_revoke(struct call *c)
{
	return zt_device_revoke(c->z, call_text(c, "device"));
}

/* A page of devices, of one user or of all. */
struct devices {
	struct page page;
	const char *user; /* NULL: all */
};

static void
each_device(void *ctx, const struct zt_device *d)
{
	struct devices *of = ctx;

	if ((of->user == NULL || strcmp(of->user, d->user) == 0) && page_wants(&of->page))
		page_add(&of->page, encode_device(d));
}

enum zt_err
method_device_new(struct call *c)
{
	struct devices all = { .user = NULL };

	page_begin(&all.page, c);
	return page_end(&all.page, c, zt_new_devices(c->z, each_device, &all), "devices");
}

enum zt_err
method_device_acknowledge(struct call *c)
{
	unsigned n = 0;
	enum zt_err err = zt_device_acknowledge(c->z, call_text(c, "device"), &n);

	return call_answer(c, err, json_pack("{s:o}", "acknowledged", encode_number(n)));
}

/* ---- people ---- */

PAGED(organization_people, "people", zt_users(c->z, each_user, &p))

enum zt_err
method_people_find(struct call *c)
{
	struct zt_person p;
	enum zt_err err = zt_find_person(c->z, call_text(c, "user"), &p);

	return err != ZT_OK ? err : call_answer(c, ZT_OK, encode_person(&p));
}

enum zt_err
method_people_devices(struct call *c)
{
	struct devices of = { .user = call_text(c, "user") };

	page_begin(&of.page, c);
	return page_end(&of.page, c, zt_devices(c->z, each_device, &of), "devices");
}

enum zt_err
method_people_profile(struct call *c)
{
	return zt_user_profile(c->z, call_text(c, "user"), call_text(c, "profile"));
}

enum zt_err
method_people_revoke(struct call *c)
{
	return zt_user_revoke(c->z, call_text(c, "user"));
}

PAGED(recovery_ways, "ways", zt_ways_back(c->z, each_way, &p))

enum zt_err
method_recovery_create(struct call *c)
{
	enum zt_words language = strcmp(call_text(c, "language"), "french") == 0
				     ? ZT_WORDS_FRENCH
				     : ZT_WORDS_ENGLISH;
	char words[ZT_RECOVERY_WORDS] = "";
	enum zt_err err = zt_recovery_create(c->z, language, words);

	err = call_answer(c, err, json_pack("{s:o}", "words", encode_text(words)));
	explicit_bzero(words, sizeof words);
	return err;
}

enum zt_err
method_recovery_end_older(struct call *c)
{
	unsigned ended = 0;
	enum zt_err err = zt_recovery_end_older(c->z, &ended);

	return call_answer(c, err, json_pack("{s:o}", "ended", encode_number(ended)));
}

enum zt_err
method_recovery_colleagues(struct call *c)
{
	const json_t *users = json_object_get(c->params, "users"), *user;
	uint64_t need = call_number(c, "need", 0);
	size_t n = json_array_size(users), i;
	const char **names = calloc(n + 1, sizeof *names);
	struct zt_split split = { .users = names,
		.count = (unsigned)n,
		.need = need <= n ? (unsigned)need : (unsigned)n + 1,
		.keep = call_flag(c, "keep") };
	unsigned ended = 0;
	enum zt_err err;

	if (names == NULL)
		return call_lack_memory(c);
	json_array_foreach(users, i, user) names[i] = json_string_value(user);
	err = zt_recovery_colleagues(c->z, &split, &ended);
	free(names);
	return call_answer(c, err, json_pack("{s:o}", "ended", encode_number(ended)));
}

/* ---- joining ---- */

enum zt_err
method_invitations_create(struct call *c)
{
	const char *kind = call_text(c, "kind");
	enum zt_invitation_kind of = strcmp(kind, "user") == 0     ? ZT_INVITE_USER
				     : strcmp(kind, "device") == 0 ? ZT_INVITE_DEVICE
								   : ZT_INVITE_RECOVERY;
	char link[1024] = "";
	enum zt_err err = zt_invite(c->z, of, link);

	return call_answer(c, err, json_pack("{s:o}", "link", encode_text(link)));
}

PAGED(invitations_list, "invitations", zt_invitations(c->z, each_invitation, &p))

enum zt_err
method_invitations_cancel(struct call *c)
{
	return zt_invite_cancel(c->z, call_text(c, "id"));
}

enum zt_err
method_invitations_mail(struct call *c)
{
	return zt_invite_mail(c->z, call_text(c, "link"), call_text(c, "email"));
}

enum zt_err
method_exchange_greet(struct call *c)
{
	struct zt_greeted who = { .is_fetched = false };
	struct zt_codes codes;
	enum zt_err err;

	rpc_codes(c, &codes);
	err = rpc_asked(c, zt_greet(c->z, call_text(c, "link"), &codes, &who));
	return call_answer(c, err,
	    json_pack("{s:o,s:b}", "email", encode_text(who.email), "fetched", who.is_fetched));
}

enum zt_err
method_pki_state(struct call *c)
{
	const char *state = "";
	enum zt_err err = zt_pki_state(c->z, &state);

	return call_answer(c, err, json_pack("{s:o}", "state", encode_text(state)));
}

PAGED(pki_requests, "requests", zt_pki_requests(c->z, each_join_request, &p))

enum zt_err
method_pki_accept(struct call *c)
{
	return zt_pki_accept(c->z, call_text(c, "id"), call_text(c, "profile"));
}

enum zt_err
method_pki_reject(struct call *c)
{
	return zt_pki_reject(c->z, call_text(c, "id"));
}

PAGED(pki_trusted, "anchors", zt_pki_show(c->z, each_anchor, &p))
