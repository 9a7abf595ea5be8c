/* SPDX-License-Identifier: Apache-2.0 */
/* invite.c - invitations: made, listed, ended. */
#include "people/invite.h"

#include <stdio.h>

#include "crypto/suite.h"
#include "format/invite_link.h"
#include "format/limits.h"
#include "format/pb.h"
#include "people/verbs.h"
#include "proto/auth.pb-c.h"
#include "session/session.h"

enum { KINDS = 3 };

enum zt_invitation_kind
invitation_kind(const struct id *invitation)
{
	return (enum zt_invitation_kind)(invitation->b[0] & 3);
}

enum zt_err
people_invite(struct zt *z, enum zt_invitation_kind kind, char *link)
{
	struct invite_link l = { .org = z->org };
	struct route_params p = { .org = z->org };
	Zt__Invitation m = ZT__INVITATION__INIT;
	struct buf body = buf_init(256), answer = buf_init(256), text = buf_init(1024);
	enum zt_err err;

	z->message[0] = 0;
	random_bytes(l.invitation.b, ID_BYTES);
	l.invitation.b[0] = (uint8_t)((l.invitation.b[0] & ~3) | (int)kind);
	p.id = l.invitation;
	m.kind = (Zt__InvitationKind)kind;
	(void)snprintf(l.server, sizeof l.server, "%s", z->server);
	invite_link_print(&l, &text);
	if ((err = pb_encode(&m, &body)) == ZT_OK &&
	    (err = session_call(z, ROUTE_INVITE, &p, NULL, buf_bytes(&body), &answer)) == ZT_OK)
		(void)snprintf(link, 1024, "%s", buf_text(&text));
	buf_free(&body);
	buf_free(&answer);
	buf_free(&text);
	return err;
}

enum zt_err
people_invitations(
    struct zt *z, void (*each)(void *ctx, const struct zt_invitation *i), void *ctx)
{
	static const char *const kinds[] = { "", "user", "device", "recovery" };
	static const char *const states[] = { "", N_("open"), N_("accepted"), N_("cancelled") };
	struct route_params p = { .org = z->org };
	struct buf answer = buf_init(LIMIT_PAGE);
	Zt__Invitations *m = NULL;
	enum zt_err err;

	z->message[0] = 0;
	if ((err = session_call(z, ROUTE_INVITATIONS, &p, NULL, bytes_of(NULL, 0), &answer)) ==
	    ZT_OK)
		err =
		    pb_decode(&zt__invitations__descriptor, buf_bytes(&answer), LIMIT_PAGE, &m);
	for (size_t i = 0; err == ZT_OK && i < m->n_items; i++) {
		const Zt__Invitation *one = m->items[i];
		char text[ID_TEXT], by[ID_TEXT];
		struct id id, author;
		struct zt_invitation out = {
			.id = text, .author = by, .created = one->created
		};

		if ((err = pb_id(one->id, &id)) || (err = pb_id(one->author, &author)) ||
		    (unsigned)one->kind > KINDS || (unsigned)one->state > 3)
			continue;
		id_print(&id, text);
		id_print(&author, by);
		out.kind = kinds[one->kind];
		out.state = states[one->state];
		each(ctx, &out);
	}
	pb_free(m);
	buf_free(&answer);
	return err;
}

enum zt_err
invitation_end(struct zt *z, const struct id *invitation, bool accepted)
{
	struct route_params p = { .org = z->org, .id = *invitation };
	Zt__InvitationEnd m = ZT__INVITATION_END__INIT;
	struct buf body = buf_init(64), answer = buf_init(64);
	enum zt_err err;

	m.accepted = accepted;
	if ((err = pb_encode(&m, &body)) == ZT_OK)
		err =
		    session_call(z, ROUTE_INVITATION_END, &p, NULL, buf_bytes(&body), &answer);
	buf_free(&body);
	buf_free(&answer);
	return err;
}

enum zt_err
invitation_of(struct zt *z, const char *text, struct id *out)
{
	struct invite_link l;

	if (id_parse(text, strlen(text), out) == ZT_OK)
		return ZT_OK;
	if (invite_link_parse(text, &l) || !id_equal(&l.org, &z->org))
		return session_refuse(
		    z, ZT_ERR_INVALID, "that is not an invitation of this organization");
	*out = l.invitation;
	return ZT_OK;
}

enum zt_err
invitation_note(struct zt *z, const struct id *invitation, const char *how)
{
	return store_put(
	    z->store, STORE_INVITATION, bytes_of(invitation->b, ID_BYTES), 0, bytes_text(how));
}

enum zt_err
people_invite_cancel(struct zt *z, const char *id)
{
	struct id invitation;
	enum zt_err err;

	z->message[0] = 0;
	if ((err = invitation_of(z, id, &invitation)) ||
	    (err = invitation_note(z, &invitation, "cancelled")))
		return err;
	return invitation_end(z, &invitation, false);
}

enum zt_err
people_invite_mail(struct zt *z, const char *link, const char *email)
{
	struct route_params p = { .org = z->org };
	Zt__InvitationMail m = ZT__INVITATION_MAIL__INIT;
	struct buf body = buf_init(1024), answer = buf_init(64);
	enum zt_err err;

	z->message[0] = 0;
	m.email = (char *)(uintptr_t)email;
	if ((err = invitation_of(z, link, &p.id)) == ZT_OK &&
	    (err = pb_encode(&m, &body)) == ZT_OK)
		err = session_call(z, ROUTE_INVITE_MAIL, &p, NULL, buf_bytes(&body), &answer);
	buf_free(&body);
	buf_free(&answer);
	return err;
}
