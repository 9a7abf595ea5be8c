/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "encode/encode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/output.h"
#include "zt/history.h"

json_t *
encode_text(const char *text)
{
	json_t *made = json_string(text != NULL ? text : ""); /* NULL: it is not UTF-8 */

	return made != NULL ? made : output_text(text != NULL ? text : "");
}

json_t *
encode_number(uint64_t n)
{
	return json_integer(
	    n <= (uint64_t)ENCODE_NUMBER_MAX ? (json_int_t)n : ENCODE_NUMBER_MAX);
}

/* The same of seconds since 1970, as milliseconds. */
static json_t *
encode_seconds(int64_t s, unsigned ns)
{
	if (s > ENCODE_NUMBER_MAX / 1000 - 1)
		return json_integer(ENCODE_NUMBER_MAX);
	if (s < -ENCODE_NUMBER_MAX / 1000)
		return json_integer(-ENCODE_NUMBER_MAX);
	return json_integer(s * 1000 + ns / 1000000);
}

void
encode_sentence(const char *english, const char *parameter, char *out, size_t size)
{
	const char *place = parameter != NULL ? strstr(english, "%s") : NULL;

	if (place == NULL)
		(void)snprintf(out, size, "%s", english);
	else
		(void)snprintf(out, size, "%.*s%s%s", (int)(place - english), english,
		    parameter, place + 2);
}

json_t *
encode_with(json_t *object, const char *key, json_t *member)
{
	if (json_object_set_new(object, key, member) == 0)
		return object;
	json_decref(object);
	return NULL;
}

char *
encode_json(const json_t *value, size_t *n)
{
	const size_t flags = JSON_COMPACT | JSON_ENSURE_ASCII;
	size_t size = json_dumpb(value, NULL, 0, flags);
	char *text = size > 0 ? malloc(size + 1) : NULL;

	if (text == NULL || json_dumpb(value, text, size, flags) != size) {
		free(text);
		return NULL;
	}
	text[size] = 0;
	*n = size;
	return text;
}

json_t *
encode_head(const struct zt_identity *id)
{
	return json_pack("{s:o,s:o,s:o}", "size", encode_number(id->log_size), "head",
	    encode_text(id->log_head), "root", encode_text(id->log_root));
}

json_t *
encode_identity(const struct zt_identity *id)
{
	return json_pack("{s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "server",
	    encode_text(id->server), "organization", encode_text(id->slug), "organizationId",
	    encode_text(id->org), "user", encode_text(id->user), "device",
	    encode_text(id->device), "email", encode_text(id->email), "fingerprint",
	    encode_text(id->fingerprint), "log", encode_head(id), "marked",
	    encode_number(id->log_marked));
}

json_t *
encode_user(const struct zt_user *u)
{
	return json_pack("{s:o,s:o,s:o,s:o,s:o,s:b,s:b}", "id", encode_text(u->id), "profile",
	    encode_text(u->profile), "email", encode_text(u->email), "name",
	    encode_text(u->name), "fingerprint", encode_text(u->fingerprint), "live",
	    u->is_live, "me", u->is_me);
}

json_t *
encode_person(const struct zt_person *p)
{
	return json_pack("{s:o,s:o,s:o,s:o,s:o,s:b}", "id", encode_text(p->id), "email",
	    encode_text(p->email), "name", encode_text(p->name), "fingerprint",
	    encode_text(p->fingerprint), "doubt", encode_text(p->doubt), "live", p->is_live);
}

json_t *
encode_device(const struct zt_device *d)
{
	return json_pack("{s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:b,s:b,s:o}", "id", encode_text(d->id),
	    "user", encode_text(d->user), "email", encode_text(d->email), "purpose",
	    encode_text(d->purpose), "label", encode_text(d->label), "added",
	    encode_number(d->added), "by", encode_text(d->by), "live", d->is_live, "me",
	    d->is_me, "browser", encode_text(d->browser));
}

json_t *
encode_act(const struct zt_act *a)
{
	static const char *const undo[] = { [ZT_UNDO_NONE] = "none",
		[ZT_UNDO_DEVICE] = "device",
		[ZT_UNDO_USER] = "user",
		[ZT_UNDO_ROLE] = "role",
		[ZT_UNDO_INVITATION] = "invitation" };

	return json_pack("{s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:s}", "index", encode_number(a->index),
	    "time", encode_number(a->time), "action", encode_text(a->action), "by",
	    encode_text(a->by), "subject", encode_text(a->subject), "workspace",
	    encode_text(a->workspace), "what", encode_text(a->what), "undo", undo[a->undo]);
}

json_t *
encode_way(const struct zt_way *w)
{
	return json_pack("{s:o,s:o,s:o,s:o,s:o}", "device", encode_text(w->device), "need",
	    encode_number(w->need), "helpers", encode_text(w->helpers), "gone",
	    encode_text(w->gone), "added", encode_number(w->added));
}

json_t *
encode_invitation(const struct zt_invitation *i)
{
	return json_pack("{s:o,s:o,s:o,s:o,s:o}", "id", encode_text(i->id), "kind",
	    encode_text(i->kind), "state", encode_text(i->state), "author",
	    encode_text(i->author), "created", encode_number(i->created));
}

json_t *
encode_join_request(const struct zt_pki_open *r)
{
	json_t *made = json_pack("{s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "id", encode_text(r->id),
	    "email", encode_text(r->email), "name", encode_text(r->name), "subject",
	    encode_text(r->subject), "issuer", encode_text(r->issuer), "fingerprint",
	    encode_text(r->fingerprint), "time", encode_number(r->time));

	if (r->message == NULL)
		return made;
	return encode_with(made, "refusal", encode_text(r->message));
}

json_t *
encode_anchor(const struct zt_pki_item *i)
{
	return json_pack("{s:b,s:o,s:o,s:o,s:o,s:o}", "list", i->is_list, "subject",
	    encode_text(i->subject), "issuer", encode_text(i->issuer), "fingerprint",
	    encode_text(i->fingerprint), "from", encode_number(i->from), "until",
	    encode_number(i->until));
}

json_t *
encode_workspace(const struct zt_workspace *w)
{
	json_t *made = json_pack("{s:o,s:o,s:o,s:o,s:b,s:o}", "id", encode_text(w->id), "name",
	    encode_text(w->name), "role", encode_text(w->role), "generation",
	    encode_number(w->generation), "archived", w->is_archived, "deletionDue",
	    encode_number(w->deletion_due));

	if (w->rests_on == NULL)
		return made;
	return encode_with(made, "restsOn",
	    json_pack("{s:o,s:o,s:o}", "author", encode_text(w->rests_on), "until",
		encode_number(w->rests_until), "verified", encode_number(w->verified)));
}

json_t *
encode_member(const struct zt_member *m)
{
	return json_pack("{s:o,s:o,s:o,s:o}", "user", encode_text(m->user), "email",
	    encode_text(m->email), "name", encode_text(m->name), "role", encode_text(m->role));
}

json_t *
encode_channel(const struct zt_channel *c)
{
	return json_pack("{s:o,s:o,s:o,s:b,s:b,s:o,s:o}", "id", encode_text(c->id), "name",
	    encode_text(c->name), "role", encode_text(c->role), "direct", c->is_direct,
	    "archived", c->is_archived, "newest", encode_number(c->newest), "unread",
	    encode_number(c->unread));
}

static json_t *
encode_reactions(const struct zt_message *m)
{
	json_t *all = json_array();

	for (size_t i = 0; all != NULL && i < m->reaction_count; i++) {
		const struct zt_reaction *r = &m->reactions[i];

		if (json_array_append_new(
			all, json_pack("{s:o,s:o,s:b}", "emoji", encode_text(r->emoji), "count",
				 encode_number(r->count), "mine", r->is_mine)) != 0) {
			json_decref(all);
			return NULL;
		}
	}
	return all;
}

json_t *
encode_message(const struct zt_message *m)
{
	json_t *made = json_pack("{s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "id",
	    encode_text(m->id), "position", encode_number(m->position), "time",
	    encode_number(m->time), "channel", encode_text(m->channel), "user",
	    encode_text(m->user), "email", encode_text(m->email), "name", encode_text(m->name),
	    "text", encode_text(m->text), "replyTo", encode_text(m->reply_to), "replyPosition",
	    encode_number(m->reply_position));

	if (made != NULL &&
	    json_object_update_new(made,
		json_pack("{s:b,s:b,s:b,s:b,s:b,s:o,s:o,s:o}", "mine", m->is_mine, "deleted",
		    m->is_deleted, "mentionsMe", m->mentions_me, "unreadable", m->is_unreadable,
		    "waiting", m->is_waiting, "edits", encode_number(m->edits), "replies",
		    encode_number(m->replies), "reactions", encode_reactions(m))) == 0)
		return made;
	json_decref(made);
	return NULL;
}

/* F, whose KEY is NAME. */
static json_t *
encode_file(const struct zt_file *f, const char *key, const char *name, bool details)
{
	json_t *made = json_pack("{s:o,s:b}", key, encode_text(name), "folder", f->is_folder);

	if (!details)
		return made;
	return encode_with(made, "details",
	    json_pack("{s:o,s:o,s:o,s:o}", "size", encode_number(f->size), "version",
		encode_number(f->version), "modified",
		encode_seconds(f->modified, f->modified_ns), "mode", encode_number(f->mode)));
}

json_t *
encode_entry(const struct zt_file *f, bool details)
{
	const char *name = strrchr(f->path, '/');

	return encode_file(f, "name", name != NULL ? name + 1 : f->path, details);
}

json_t *
encode_found(const struct zt_file *f, bool details)
{
	return encode_file(f, "path", f->path, details);
}

json_t *
encode_version(const struct zt_version *v)
{
	return json_pack("{s:o,s:o,s:o,s:o,s:o,s:b,s:b}", "version", encode_number(v->version),
	    "time", encode_number(v->time), "size", encode_number(v->size), "position",
	    encode_number(v->position), "author", encode_text(v->author), "newest",
	    v->is_newest, "damaged", v->is_damaged);
}

json_t *
encode_removed(const struct zt_removed *r)
{
	return json_pack("{s:o,s:o,s:b,s:o,s:o,s:o,s:b}", "path", encode_text(r->path),
	    "object", encode_text(r->id), "folder", r->is_folder, "lastThere",
	    encode_number(r->last_there), "removed", encode_number(r->removed), "by",
	    encode_text(r->by), "unlinked", r->is_unlinked);
}

json_t *
encode_check(const struct zt_check *k)
{
	bool is_known = k->unlinked != ZT_UNLINKED_UNKNOWN;

	return json_pack("{s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:b}", "changesets",
	    encode_number(k->changesets), "skipped", encode_number(k->skipped), "folders",
	    encode_number(k->folders), "files", encode_number(k->files), "blocks",
	    encode_number(k->blocks), "bytes", encode_number(k->bytes), "unlinked",
	    encode_number(is_known ? k->unlinked : 0), "unlinkedIsKnown", is_known);
}

json_t *
encode_log_entry(const struct zt_entry *e)
{
	return json_pack("{s:o,s:o,s:o,s:o,s:o,s:o}", "index", encode_number(e->index), "time",
	    encode_number(e->time), "topic", encode_text(e->topic), "action",
	    encode_text(e->action), "author", encode_text(e->author), "leaf",
	    encode_text(e->leaf));
}

json_t *
encode_page_look(const struct zt_page *p)
{
	static const char *const states[] = { [ZT_PAGE_NONE] = "none",
		[ZT_PAGE_GOOD] = "good",
		[ZT_PAGE_UNKNOWN] = "unknown",
		[ZT_PAGE_ALTERED] = "altered",
		[ZT_PAGE_FOREIGN] = "foreign",
		[ZT_PAGE_OLD] = "old",
		[ZT_PAGE_GONE] = "gone",
		[ZT_PAGE_UNSEEN] = "unseen" };

	return json_pack("{s:s,s:b,s:o,s:o,s:o,s:o,s:o}", "state", states[p->state], "alarm",
	    zt_page_is_alarm(p->state), "origin", encode_text(p->origin), "release",
	    encode_text(p->release), "file", encode_text(p->file), "files",
	    encode_number(p->files), "time", encode_number(p->time));
}
